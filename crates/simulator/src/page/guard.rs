//! Keeps other web sites out. The page acts as the people of the simulated world without any login, so a site open
//! in the same browser must neither post to it nor read from it.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Page;

/// Nothing from elsewhere, nothing inline, no frames.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) async fn check(State(page): State<Page>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let mut response = if !is_known_host(headers, &page.shared.page_hosts) {
        (
            StatusCode::FORBIDDEN,
            "This host name is not one of the simulator's: open the page as localhost or by an IP address.\n",
        )
            .into_response()
    } else if !is_same_origin(headers) {
        (
            StatusCode::FORBIDDEN,
            "Requests from other sites are refused.\n",
        )
            .into_response()
    } else {
        next.run(request).await
    };
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A site can let its own name resolve to this machine (DNS rebinding); then `Host` is that name.
fn is_known_host(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(host) = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
    else {
        return false;
    };
    let name = without_port(host);
    name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || name.to_ascii_lowercase().ends_with(".localhost")
        || allowed.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Browsers say where a request comes from; what is no browser may say nothing.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value: &HeaderValue| value.to_str().unwrap_or("?"))
    };
    let same_site = matches!(
        text(header::HeaderName::from_static("sec-fetch-site")),
        None | Some("same-origin" | "none")
    );
    let origin = text(header::ORIGIN)
        .map(|origin| origin.split_once("://").map_or(origin, |(_, host)| host));
    same_site && origin.is_none_or(|origin| Some(origin) == text(header::HOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    header::HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn only_hosts_that_mean_this_machine_are_known() {
        let known = |host| is_known_host(&headers(&[("host", host)]), &["desk.example".to_owned()]);
        for host in [
            "localhost",
            "127.0.0.1:8080",
            "[::1]:8080",
            "line.localhost:1",
            "desk.example:443",
        ] {
            assert!(known(host), "{host}");
        }
        for host in [
            "evil.example:8080",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "",
        ] {
            assert!(!known(host), "{host}");
        }
        assert!(!is_known_host(&headers(&[]), &[]));
    }

    #[test]
    fn only_the_page_itself_may_ask() {
        let host = ("host", "localhost:8080");
        assert!(is_same_origin(&headers(&[host])));
        assert!(is_same_origin(&headers(&[
            host,
            ("origin", "http://localhost:8080")
        ])));
        assert!(!is_same_origin(&headers(&[
            host,
            ("origin", "http://localhost:3000")
        ])));
        assert!(!is_same_origin(&headers(&[host, ("origin", "null")])));
        assert!(!is_same_origin(&headers(&[
            host,
            ("sec-fetch-site", "cross-site")
        ])));
        assert!(is_same_origin(&headers(&[
            host,
            ("sec-fetch-site", "none")
        ])));
    }
}
