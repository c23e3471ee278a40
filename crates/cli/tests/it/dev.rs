//! Trying the bot on one machine.

use crate::support::{command, request};
use e2e::ports;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use tempfile::TempDir;

/// A running `linebot dev`. Killed when dropped.
struct Dev {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Dev {
    fn start(data: &TempDir) -> (Self, SocketAddr) {
        Self::start_with(data, &[])
    }

    fn start_with(data: &TempDir, flags: &[&str]) -> (Self, SocketAddr) {
        let home = data.path().to_str().unwrap();
        Self::run(command(&[&["dev"], flags].concat(), &[("HOME", home)]))
    }

    fn run(mut command: Command) -> (Self, SocketAddr) {
        let mut child = command
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut dev = Self {
            stdout: BufReader::new(child.stdout.take().unwrap()),
            child,
        };
        let line = dev.line();
        let address = line
            .strip_prefix("Talk to the bot at http://")
            .and_then(|rest| rest.split_once(' '))
            .unwrap_or_else(|| panic!("{line}"))
            .0;
        let address = address.parse().unwrap();
        (dev, address)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_needs_no_configuration_says_one_line_and_ends_when_asked() {
    let data = TempDir::new().unwrap();
    let (mut dev, page) = Dev::start(&data);
    assert!(request(page, "GET / HTTP/1.1", "").starts_with("HTTP/1.1 200 "));
    assert!(data.path().join(".local/share/linebot/linebot.db").exists());
    let interrupted = Command::new("kill")
        .args(["-INT", &dev.child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    assert_eq!(dev.line(), "", "one line is all");
    assert_eq!(dev.child.wait().unwrap().code(), Some(0));
}

#[test]
fn ports_that_are_taken_are_replaced_by_free_ones() {
    let (data, other_data) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (_dev, page) = Dev::start(&data);
    let (_other, other_page) = Dev::start(&other_data);
    assert!(page.ip().is_loopback() && other_page.ip().is_loopback());
    assert_ne!(page, other_page);
    assert!(request(other_page, "GET / HTTP/1.1", "").starts_with("HTTP/1.1 200 "));
}

#[test]
fn metrics_are_served_where_a_setting_says() {
    let data = TempDir::new().unwrap();
    let metrics = ports::free_address().unwrap();
    let (_dev, _) = Dev::start_with(&data, &["--metrics-listen", &metrics.to_string()]);
    let answer = request(metrics, "GET /metrics HTTP/1.1", "");
    assert!(
        answer.contains("linebot_events_applied_total 0"),
        "{answer}"
    );
}

#[test]
fn it_ends_with_its_terminal() {
    let data = TempDir::new().unwrap();
    // Tests run by `nohup` pass on that a closed terminal is of no concern.
    let mut terminal = Command::new("env");
    terminal
        .args(["--default-signal=HUP", env!("CARGO_BIN_EXE_linebot"), "dev"])
        .env("HOME", data.path());
    let (mut dev, _) = Dev::run(terminal);
    let hung_up = Command::new("kill")
        .args(["-HUP", &dev.child.id().to_string()])
        .status()
        .unwrap();
    assert!(hung_up.success());
    assert_eq!(dev.line(), "");
    assert!(!dev.child.wait().unwrap().success());
}
