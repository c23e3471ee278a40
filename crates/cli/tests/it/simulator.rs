//! The stand-in for LINE alone, and a bot that runs beside it.

use crate::support::{Bot, SECRET, command, linebot, request, sqlite};
use e2e::ports;
use serde_json::json;
use simulator::Person;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long LINE's redelivery of what was sent before the bot listened may take, and then some.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `linebot simulator`. Killed when dropped.
struct Simulator {
    child: Child,
    address: SocketAddr,
}

impl Simulator {
    fn start(webhook_url: &str) -> Self {
        let variables = [
            ("LINE_CHANNEL_SECRET", SECRET),
            ("LINE_CHANNEL_ACCESS_TOKEN", "token"),
            ("LINEBOT_SIMULATOR_LISTEN", "127.0.0.1:0"),
        ];
        let mut child = command(&["simulator", webhook_url], &variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .strip_prefix("Talk to the bot at http://")
            .and_then(|rest| rest.split_once(' '))
            .unwrap_or_else(|| panic!("{line}"))
            .0;
        Self {
            address: address.parse().unwrap(),
            child,
        }
    }

    /// The stream of updates that the chat page reads.
    fn page(&self) -> TcpStream {
        let mut page = TcpStream::connect(self.address).unwrap();
        page.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            page,
            "GET /simulator/events HTTP/1.1\r\nhost: localhost\r\n\r\n"
        )
        .unwrap();
        page
    }

    fn alex_sends(&self, text: &str) {
        let alex = Person::alex().id;
        let action =
            json!({"chat": alex, "person": alex, "action": {"type": "text", "text": text}});
        let answer = request(
            self.address,
            "POST /simulator/actions HTTP/1.1\r\ncontent-type: application/json",
            &action.to_string(),
        );
        assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the bot says next that holds `wanted`, as the chat page is told.
fn bot_says(page: &mut impl BufRead, wanted: &str) {
    let asked = Instant::now();
    let mut told = String::new();
    while !(told.starts_with("data:") && told.contains(wanted)) {
        // The stream says that it is alive when there is nothing new.
        assert!(asked.elapsed() < PATIENCE, "not yet: {wanted}");
        told.clear();
        assert_ne!(page.read_line(&mut told).unwrap(), 0, "never: {wanted}");
    }
}

#[test]
fn a_bot_that_was_started_by_somebody_else_talks_through_it() {
    let data = TempDir::new().unwrap();
    let url = sqlite(data.path(), true);
    // The simulator has to know it before the bot runs.
    let bot = ports::free_address().unwrap().to_string();
    let simulator = Simulator::start(&format!("http://{bot}/callback"));
    let _bot = Bot::serve(&[
        ("DATABASE_URL", &url),
        ("LINEBOT_LISTEN", &bot),
        (
            "LINE_API_BASE_URL",
            &format!("http://{}", simulator.address),
        ),
    ]);
    let page = simulator.page();
    let mut page = BufReader::new(page);
    simulator.alex_sends("milk");
    bot_says(&mut page, "Added “milk”");
    simulator.alex_sends("milk");
    bot_says(&mut page, "Done: “milk”");
}

#[test]
fn what_it_shares_with_the_bot_has_to_be_set() {
    let said = linebot(&["simulator"], &[("LINE_CHANNEL_SECRET", SECRET)]).failed(2);
    assert!(said.contains("LINE_CHANNEL_ACCESS_TOKEN"), "{said}");
    let said = linebot(&["simulator"], &[("LINE_CHANNEL_ID", "1234567890")]).failed(2);
    assert!(said.contains("LINE_CHANNEL_SECRET"), "{said}");
}

#[test]
fn it_does_not_pretend_to_speak_tls() {
    let said = linebot(&["simulator", "https://bot.example.com/callback"], &[]).failed(2);
    assert!(said.contains("http://127.0.0.1:5000/callback"), "{said}");
}

#[test]
fn it_ends_when_asked() {
    let mut simulator = Simulator::start("http://127.0.0.1:9/callback");
    let asked = Command::new("kill")
        .args(["-TERM", &simulator.child.id().to_string()])
        .status()
        .unwrap();
    assert!(asked.success());
    assert_eq!(simulator.child.wait().unwrap().code(), Some(0));
}
