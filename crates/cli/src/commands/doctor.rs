//! `linebot doctor`: everything a running bot needs, checked one after the other, each failure with its cure.

use super::webhook;
use crate::channel;
use crate::config::Configuration;
use crate::failure::Failure;
use crate::http_client::HttpClient;
use crate::output;
use crate::store::{self, Access};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use line::client::{ChatMode, ErrorKind};
use line::{ClientError, LineClient};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use std::fmt::Write;

/// How far the clock may be off: retry windows and token lives are counted in minutes, log lines are compared by the
/// second.
const MAX_CLOCK_ERROR: SignedDuration = SignedDuration::from_secs(5);

/// What a channel secret looks like: 32 hexadecimal digits.
const SECRET_DIGITS: usize = 32;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cure: Option<String>,
}

impl Finding {
    fn good(check: &'static str, detail: impl Into<String>) -> Self {
        Self {
            check,
            ok: true,
            detail: detail.into(),
            cure: None,
        }
    }

    fn bad(check: &'static str, detail: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            check,
            ok: false,
            detail: detail.into(),
            cure: Some(cure.into()),
        }
    }

    fn failed(check: &'static str, failure: &Failure) -> Self {
        Self {
            check,
            ok: false,
            detail: failure.message().to_owned(),
            cure: failure.cure().map(ToOwned::to_owned),
        }
    }

    fn refused(check: &'static str, error: &ClientError) -> Self {
        Self {
            check,
            ok: false,
            detail: Failure::chain(error),
            cure: webhook::cure(error).map(ToOwned::to_owned),
        }
    }
}

pub(crate) async fn run(configuration: &Configuration, json: bool) -> Result<(), Failure> {
    let mut findings = vec![complete(configuration)];
    findings.extend(secrets(configuration));
    match channel::client(configuration) {
        Ok(client) => {
            findings.extend(of_channel(configuration, &client).await);
            findings.push(clock(configuration).await);
        }
        Err(failure) => findings.push(Finding::failed("client", &failure)),
    }
    findings.push(database(configuration).await);
    let bad = findings.iter().filter(|finding| !finding.ok).count();
    let text = if json {
        format!(
            "{:#}\n",
            serde_json::json!({"ok": bad == 0, "checks": findings})
        )
    } else {
        as_text(&findings)
    };
    output::print(&text)?;
    if bad == 0 {
        Ok(())
    } else {
        Err(Failure::failed(format!(
            "{bad} of {} checks failed",
            findings.len()
        )))
    }
}

fn as_text(findings: &[Finding]) -> String {
    let width = findings
        .iter()
        .map(|finding| finding.check.len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for Finding {
        check,
        ok,
        detail,
        cure,
    } in findings
    {
        let mark = if *ok { '✓' } else { '✗' };
        // Writing to a string cannot fail.
        let _ = write!(text, "{mark} {check:width$}  {detail}");
        if let Some(cure) = cure {
            let _ = write!(text, "  ({cure})");
        }
        text.push('\n');
    }
    text
}

fn complete(configuration: &Configuration) -> Finding {
    match configuration.missing().as_slice() {
        [] => Finding::good("configuration", "complete"),
        missing => Finding::bad(
            "configuration",
            format!("missing: {}", missing.join(", ")),
            "set them; `linebot serve --help` says what each is",
        ),
    }
}

/// The shape of every secret: a token or an id in its place is a common mistake.
fn secrets(configuration: &Configuration) -> Vec<Finding> {
    const CHECK: &str = "channel secret";
    let looks_right = |secret: &SecretString| {
        let secret = secret.expose_secret();
        secret.len() == SECRET_DIGITS && secret.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let secrets = configuration.settings.channel.secrets();
    let findings = secrets.iter().map(|secret| {
        if looks_right(secret) {
            Finding::good(CHECK, format!("{SECRET_DIGITS} hexadecimal digits"))
        } else {
            Finding::bad(CHECK, format!("not {SECRET_DIGITS} hexadecimal digits"), "copy it from the LINE Developers Console: your channel, Basic settings, Channel secret")
        }
    });
    findings.collect()
}

/// What LINE says about the channel.
async fn of_channel(configuration: &Configuration, client: &LineClient) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(secret_of_channel(configuration, client).await);
    match client.bot_info().await {
        Ok(answer) => {
            let bot = answer.value;
            findings.push(Finding::good("access token", "accepted by LINE"));
            findings.push(Finding::good(
                "bot",
                format!("{} ({})", bot.display_name, bot.basic_id),
            ));
            findings.push(match bot.chat_mode {
                ChatMode::Bot => Finding::good("chat mode", "the bot answers"),
                ChatMode::Chat | ChatMode::Other => Finding::bad(
                    "chat mode",
                    "people answer in the chats, not the bot alone",
                    "in the LINE Official Account Manager, Response settings: chat off, auto-response messages off, greeting message off, webhooks on",
                ),
            });
        }
        Err(error) => {
            findings.push(Finding::refused("access token", &error));
            // Every further call would fail the same way.
            return findings;
        }
    }
    findings.extend(webhook_url(configuration, client).await);
    findings.push(quota(client).await);
    findings
}

/// With the channel's id, LINE itself can tell whether the secret is the right one.
async fn secret_of_channel(configuration: &Configuration, client: &LineClient) -> Option<Finding> {
    const CHECK: &str = "secret of channel";
    let channel = &configuration.settings.channel;
    let (id, secret) = (
        channel.line_channel_id.as_ref()?,
        channel.secrets().into_iter().next()?,
    );
    Some(match client.issue_stateless_token(id, &secret).await {
        Ok(_) => Finding::good(CHECK, "accepted by LINE"),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::BadRequest | ErrorKind::Unauthorized
            ) =>
        {
            Finding::bad(
                CHECK,
                Failure::chain(&error),
                "LINE_CHANNEL_ID and LINE_CHANNEL_SECRET do not belong together: copy both from Basic settings",
            )
        }
        Err(error) => Finding::refused(CHECK, &error),
    })
}

/// Whether LINE has a URL, uses it, and reaches the bot there.
async fn webhook_url(configuration: &Configuration, client: &LineClient) -> Vec<Finding> {
    const CHECK: &str = "webhook URL";
    let endpoint = match client.webhook_endpoint().await {
        Ok(answer) => answer.value,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return vec![Finding::failed(CHECK, &webhook::none_set())];
        }
        Err(error) => return vec![Finding::refused(CHECK, &error)],
    };
    // A stand-in for LINE on this machine calls without TLS.
    let real_line = configuration
        .settings
        .channel
        .line_api_base_url
        .starts_with("https://");
    let url = &endpoint.endpoint;
    let finding = if real_line && !url.starts_with("https://") {
        Finding::bad(
            CHECK,
            format!("{url} is not https"),
            "LINE calls https only: linebot webhook set https://bot.example.com/callback",
        )
    } else if endpoint.active {
        Finding::good(CHECK, format!("{url}, in use"))
    } else {
        Finding::bad(
            CHECK,
            format!("{url}, not in use"),
            "switch \"Use webhook\" on in the LINE Developers Console (Messaging API)",
        )
    };
    let reachable = match client.test_webhook_endpoint(None).await {
        Ok(answer) if answer.value.success => {
            Finding::good("webhook test", "LINE reached the bot and got 200")
        }
        Ok(answer) => {
            let (problem, cure) = webhook::explain(&answer.value);
            Finding::bad("webhook test", problem, cure)
        }
        Err(error) => Finding::refused("webhook test", &error),
    };
    vec![finding, reachable]
}

/// Replies cost nothing, so a used-up quota is no failure.
async fn quota(client: &LineClient) -> Finding {
    const CHECK: &str = "quota";
    let (limit, used) = match (client.quota().await, client.quota_consumption().await) {
        (Ok(limit), Ok(used)) => (limit.value.limit, used.value.total_usage),
        (Err(error), _) | (_, Err(error)) => return Finding::refused(CHECK, &error),
    };
    match limit {
        Some(limit) => Finding::good(
            CHECK,
            format!("{used} of {limit} messages this month; replies do not count"),
        ),
        None => Finding::good(
            CHECK,
            format!("{used} messages this month, no limit; replies do not count"),
        ),
    }
}

/// Compares this machine's clock with the `Date` of LINE's answers.
async fn clock(configuration: &Configuration) -> Finding {
    const CHECK: &str = "clock";
    const CURE: &str = "switch on time synchronisation (NTP) on this machine";
    let url = format!(
        "{}/v2/bot/info",
        configuration.settings.channel.line_api_base_url
    );
    let asked = async {
        let request = http::Request::get(url).body(Bytes::new())?;
        HttpClient::new()?.send(request).await
    };
    let sent_at = Timestamp::now();
    let answer = match asked.await {
        Ok(answer) => answer,
        Err(error) => {
            return Finding::bad(
                CHECK,
                format!("LINE cannot be asked: {}", Failure::chain(&*error)),
                "can this machine reach LINE_API_BASE_URL?",
            );
        }
    };
    let date = answer
        .headers()
        .get(http::header::DATE)
        .and_then(|date| date.to_str().ok());
    match date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) {
        Some(date) => compare(sent_at, date.timestamp(), Timestamp::now(), CHECK, CURE),
        None => Finding::bad(
            CHECK,
            "LINE's answer has no date",
            "is something between this machine and LINE_API_BASE_URL?",
        ),
    }
}

/// The other side's clock was read between `sent_at` and `received_at`, cut to whole seconds.
fn compare(
    sent_at: Timestamp,
    date: Timestamp,
    received_at: Timestamp,
    check: &'static str,
    cure: &'static str,
) -> Finding {
    let behind = date.duration_since(received_at);
    let ahead = sent_at.duration_since(date) - SignedDuration::from_secs(1);
    let error = behind.max(ahead).max(SignedDuration::ZERO);
    if error <= MAX_CLOCK_ERROR {
        Finding::good(check, "agrees with LINE's")
    } else {
        let direction = if behind > ahead { "behind" } else { "ahead of" };
        Finding::bad(
            check,
            format!("{} s {direction} LINE's", error.as_secs()),
            cure,
        )
    }
}

async fn database(configuration: &Configuration) -> Finding {
    const CHECK: &str = "database";
    let checked = async {
        let database = store::configured(configuration)?;
        let opened = store::open(
            database,
            configuration.settings.database.database_connections,
            Access::Read,
        )?;
        let checked = opened.check_schema().await;
        opened.store.close().await;
        checked.map(|()| database)
    };
    match checked.await {
        Ok(database) => Finding::good(
            CHECK,
            format!("{database} answers, its tables are up to date"),
        ),
        Err(failure) => Finding::failed(CHECK, &failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn clock_is_right(sent: i64, date: i64, received: i64) -> bool {
        compare(at(sent), at(date), at(received), "clock", "").ok
    }

    #[test]
    fn a_clock_a_few_seconds_off_is_right_enough() {
        assert!(clock_is_right(100, 100, 100));
        assert!(clock_is_right(100, 105, 100));
        assert!(clock_is_right(100, 94, 100));
        assert!(!clock_is_right(100, 106, 100));
        assert!(!clock_is_right(100, 93, 100));
    }

    #[test]
    fn a_slow_answer_is_not_a_wrong_clock() {
        assert!(clock_is_right(100, 100, 104));
        assert!(clock_is_right(100, 104, 104));
        assert!(clock_is_right(100, 109, 104));
        assert!(!clock_is_right(100, 110, 104));
    }
}
