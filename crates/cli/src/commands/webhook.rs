//! `linebot webhook get|set|test`.

use crate::channel;
use crate::config::Configuration;
use crate::failure::Failure;
use crate::output;
use line::ClientError;
use line::client::{Endpoint, ErrorKind, WebhookTest};

/// LINE's own bound (openapi, `SetWebhookEndpointRequest`).
const MAX_URL_CHARACTERS: usize = 500;

pub(crate) async fn get(configuration: &Configuration) -> Result<(), Failure> {
    match channel::client(configuration)?.webhook_endpoint().await {
        Ok(answer) => {
            let state = if answer.value.active {
                "in use"
            } else {
                "not in use: switch \"Use webhook\" on in the LINE Developers Console"
            };
            output::print(&format!("{}\n{state}\n", answer.value.endpoint)).map(drop)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Err(none_set()),
        Err(error) => Err(failed("cannot get the webhook URL", &error)),
    }
}

pub(crate) async fn set(configuration: &Configuration, url: &str) -> Result<(), Failure> {
    check(url)?;
    channel::client(configuration)?
        .set_webhook_endpoint(url)
        .await
        .map_err(|error| failed("cannot set the webhook URL", &error))?;
    // A proxy may pass on another path as this one, so it is no error.
    let path = url.split(['?', '#']).next().unwrap_or_default();
    if !path.ends_with("/callback") {
        tracing::warn!(
            "the bot listens at /callback, and this URL does not end with it: unless a proxy in front changes the path, LINE gets 404"
        );
    }
    output::print(&format!(
        "{url}\nset; LINE takes up to a minute to use it. Next: linebot webhook test\n"
    ))
    .map(drop)
}

pub(crate) async fn test(configuration: &Configuration, url: Option<&str>) -> Result<(), Failure> {
    url.map_or(Ok(()), check)?;
    match channel::client(configuration)?
        .test_webhook_endpoint(url)
        .await
    {
        Ok(answer) if answer.value.success => {
            output::print("LINE reached the bot and got 200\n").map(drop)
        }
        Ok(answer) => {
            let (problem, cure) = explain(&answer.value);
            Err(Failure::failed(problem).hint(cure))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Err(none_set()),
        Err(error) => Err(failed("cannot test the webhook URL", &error)),
    }
}

/// What LINE met when it called, and the cure.
pub(crate) fn explain(test: &WebhookTest) -> (String, &'static str) {
    let problem = format!(
        "LINE could not deliver to the webhook URL: {} ({}, status {})",
        test.detail, test.reason, test.status_code
    );
    let cure = match test.reason.as_str() {
        "COULD_NOT_CONNECT" => {
            "is the name in DNS, the port open to the internet, the certificate complete and from a known authority?"
        }
        "REQUEST_TIMEOUT" => {
            "the bot has two seconds to answer: is it running, and is its database near?"
        }
        // GET / is there, POST / is not.
        "ERROR_STATUS_CODE" if matches!(test.status_code, 404 | 405) => {
            "the bot listens at /callback: does the URL end with it?"
        }
        "ERROR_STATUS_CODE" if test.status_code == 401 => {
            "the channel secret of the bot at that URL is not this channel's"
        }
        "ERROR_STATUS_CODE" if test.status_code >= 500 => {
            "the proxy in front has no bot to talk to, or the bot no database: see its log and /readyz?verbose"
        }
        _ => "see the log of the bot and of the proxy in front of it",
    };
    (problem, cure)
}

/// What LINE would refuse.
fn check(url: &str) -> Result<(), Failure> {
    let host = url
        .strip_prefix("https://")
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    if !host || url.contains(char::is_whitespace) {
        return Err(Failure::usage(format!("`{url}` is not a webhook URL"))
            .hint("LINE calls https only: https://bot.example.com/callback"));
    }
    if url.chars().count() > MAX_URL_CHARACTERS {
        return Err(Failure::usage(format!(
            "the webhook URL is longer than the {MAX_URL_CHARACTERS} characters LINE allows"
        )));
    }
    Ok(())
}

pub(crate) fn none_set() -> Failure {
    Failure::failed("no webhook URL is set")
        .hint("run: linebot webhook set https://bot.example.com/callback")
}

/// A failed call as a failure of a command.
pub(crate) fn failed(what: &str, error: &ClientError) -> Failure {
    let failure = Failure::failed(format!("{what}: {}", Failure::chain(error)));
    match cure(error) {
        Some(cure) => failure.hint(cure),
        None => failure,
    }
}

/// What to do about a failed call, where LINE's own words do not say it.
pub(crate) fn cure(error: &ClientError) -> Option<&'static str> {
    match error.kind() {
        ErrorKind::BadRequest | ErrorKind::Unauthorized
            if error.endpoint() == Endpoint::IssueStatelessToken =>
        {
            Some(
                "LINE_CHANNEL_ID and LINE_CHANNEL_SECRET do not belong together: copy both from Basic settings",
            )
        }
        ErrorKind::Unauthorized => Some(
            "LINE does not accept the channel access token: issue it again in the LINE Developers Console (Messaging API)",
        ),
        ErrorKind::Forbidden => Some("the account or its plan does not allow this call"),
        ErrorKind::NotSent | ErrorKind::TimedOut | ErrorKind::ConnectionLost => {
            Some("can this machine reach LINE_API_BASE_URL (https, port 443)?")
        }
        ErrorKind::TooManyRequests => Some("too many calls: wait, and try again"),
        ErrorKind::Server => Some("a fault at LINE: try again later"),
        ErrorKind::NotFound
        | ErrorKind::Gone
        | ErrorKind::UnexpectedStatus
        | ErrorKind::UnreadableAnswer => {
            Some("is LINE_API_BASE_URL right? LINE's own is https://api.line.me, and the default")
        }
        ErrorKind::BadRequest
        | ErrorKind::AlreadyAccepted
        | ErrorKind::TooLarge
        | ErrorKind::UnsupportedMediaType
        | ErrorKind::InvalidRequest => None,
    }
}
