//! The log: what LINE asks bots to keep, and nothing that is nobody's business.

use crate::line_server::{Answer, LineServer, REQUEST_ID, TOKEN};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn each_attempt_leaves_one_line_that_names_no_secret_and_nobody() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(lines.clone())
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let line = LineServer::start(|_, before| match before {
        0 => Answer::sent(),
        1 => Answer::json(404, r#"{"message":"Not found"}"#),
        2 => Answer::HangUp,
        _ => Answer::Silence,
    })
    .await;
    let client = line.client();
    client
        .reply("reply-token", r#"[{"type":"text","text":"milk"}]"#)
        .await
        .unwrap();
    client.profile("U4af4980629").await.unwrap_err();
    client
        .reply("reply-token", r#"[{"type":"text","text":"milk"}]"#)
        .await
        .unwrap_err();
    // Whoever asks does not wait for as long as the client does.
    let patience = Duration::from_millis(50);
    tokio::time::timeout(patience, client.profile("U4af4980629"))
        .await
        .unwrap_err();

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let logged: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("line::client"))
        .collect();
    assert_eq!(logged.len(), 4, "{text}");
    for (line, expected) in logged.iter().zip([
        [
            "INFO",
            r#"method="POST""#,
            r#"endpoint="/v2/bot/message/reply""#,
            "status=200",
        ],
        [
            "INFO",
            r#"method="GET""#,
            r#"endpoint="/v2/bot/profile/{userId}""#,
            "status=404",
        ],
        [
            "WARN",
            r#"method="POST""#,
            r#"endpoint="/v2/bot/message/reply""#,
            "error=ConnectionLost",
        ],
        [
            "WARN",
            r#"method="GET""#,
            r#"endpoint="/v2/bot/profile/{userId}""#,
            "error=TimedOut",
        ],
    ]) {
        assert!(expected.iter().all(|field| line.contains(field)), "{line}");
        assert!(line.contains("duration_ms="), "{line}");
        let answered = !line.contains("error=");
        assert_eq!(
            line.contains(&format!(r#"x_line_request_id="{REQUEST_ID}""#)),
            answered
        );
    }
    for secret in [TOKEN, "reply-token", "milk", "U4af4980629"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
