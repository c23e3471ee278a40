//! Whether this machine's clock is right.

use super::finding::Finding;
use crate::config::Configuration;
use crate::failure::Failure;
use crate::http_client::HttpClient;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

const CHECK: &str = "clock";

/// How far the clock may be off: token lives and retry windows are counted in minutes, log lines are compared by the
/// second.
const MAX_ERROR: SignedDuration = SignedDuration::from_secs(5);

/// Compares this machine's clock with the `Date` of LINE's answers.
pub(super) async fn check(configuration: &Configuration) -> Finding {
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
        Some(date) => compare(sent_at, date.timestamp(), Timestamp::now()),
        None => Finding::bad(
            CHECK,
            "LINE's answer has no date",
            "is something between this machine and LINE_API_BASE_URL?",
        ),
    }
}

/// The other side's clock was read between `sent_at` and `received_at`, cut to whole seconds.
fn compare(sent_at: Timestamp, date: Timestamp, received_at: Timestamp) -> Finding {
    let behind = date.duration_since(received_at);
    let ahead = sent_at.duration_since(date) - SignedDuration::from_secs(1);
    let error = behind.max(ahead).max(SignedDuration::ZERO);
    if error <= MAX_ERROR {
        Finding::good(CHECK, "agrees with LINE's")
    } else {
        let direction = if behind > ahead { "behind" } else { "ahead of" };
        Finding::bad(
            CHECK,
            format!("{} s {direction} LINE's", error.as_secs()),
            "switch on time synchronisation (NTP) on this machine",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn clock_is_right(sent: i64, date: i64, received: i64) -> bool {
        compare(at(sent), at(date), at(received)).ok
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
