//! Running the binary.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};

/// A channel secret of the right shape.
pub(crate) const SECRET: &str = "8c570fa6dd201bb328f1c1eac23a96d8";

/// The environment of a run: nothing but this.
pub(crate) type Variables<'a> = &'a [(&'a str, &'a str)];

/// The binary with these arguments and variables.
pub(crate) fn command(arguments: &[&str], variables: Variables<'_>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linebot"));
    command
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied());
    command
}

/// Runs the binary to its end.
pub(crate) fn linebot(arguments: &[&str], variables: Variables<'_>) -> Ended {
    let output = command(arguments, variables)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ended::from(output)
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Ended {
    /// It did what it was asked for, and had nothing to complain about.
    #[track_caller]
    pub(crate) fn succeeded(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{self:?}");
        self.stdout
    }

    /// It ended with this code; its complaint.
    #[track_caller]
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.stderr.contains("error: "), "{self:?}");
        self.stderr
    }
}

/// A bot that runs until it is told to stop. Killed when dropped.
pub(crate) struct Bot {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    /// What was in the log before the line that was looked for last.
    pub(crate) said_before: Vec<String>,
}

impl Bot {
    /// Starts `linebot serve` on a port the system chooses, and waits until it listens.
    pub(crate) fn serve(variables: Variables<'_>) -> (Self, SocketAddr) {
        Self::started(command(&["serve"], &[]), variables)
    }

    /// The same, with at most so many open files as `limit` says to `ulimit`.
    pub(crate) fn serve_with_files(limit: &str, variables: Variables<'_>) -> (Self, SocketAddr) {
        let mut shell = Command::new("/bin/sh");
        let script = format!("ulimit {limit} && exec \"$0\" serve");
        shell
            .args(["-c", &script, env!("CARGO_BIN_EXE_linebot")])
            .env_clear();
        Self::started(shell, variables)
    }

    fn started(mut command: Command, variables: Variables<'_>) -> (Self, SocketAddr) {
        let variables: BTreeMap<_, _> = [
            ("LINEBOT_LISTEN", "127.0.0.1:0"),
            ("LINEBOT_METRICS_LISTEN", "off"),
            ("LINE_CHANNEL_SECRET", SECRET),
            ("LINE_CHANNEL_ACCESS_TOKEN", "token"),
        ]
        .into_iter()
        .chain(variables.iter().copied())
        .collect();
        let mut child = command
            .envs(variables)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut bot = Self {
            child,
            log,
            said_before: Vec::new(),
        };
        let listening = bot.logged("listening");
        let address = listening["bot"].as_str().unwrap().parse().unwrap();
        (bot, address)
    }

    /// The next log line with this message.
    pub(crate) fn logged(&mut self, message: &str) -> serde_json::Value {
        self.said_before.clear();
        for line in self.log.by_ref() {
            let line = line.unwrap();
            if let Ok(line) = serde_json::from_str::<serde_json::Value>(&line)
                && line["message"] == message
            {
                return line;
            }
            self.said_before.push(line);
        }
        panic!(
            "it never said {message:?}; it said:\n{}",
            self.said_before.join("\n")
        );
    }

    /// Everything it still says until it ends.
    pub(crate) fn rest_of_log(&mut self) -> String {
        self.log.by_ref().map(|line| line.unwrap() + "\n").collect()
    }

    /// How many files it may have open: what it can use now, and the most it could allow itself.
    pub(crate) fn file_limits(&self) -> (String, String) {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", self.child.id())).unwrap();
        let line = limits
            .lines()
            .find_map(|line| line.strip_prefix("Max open files"));
        let mut words = line.unwrap().split_whitespace().map(str::to_owned);
        (words.next().unwrap(), words.next().unwrap())
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Waits for its end.
    pub(crate) fn ended(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The URL of an SQLite file in `folder`, with its tables when `migrated`.
pub(crate) fn sqlite(folder: &Path, migrated: bool) -> String {
    let url = format!("sqlite://{}/linebot.db", folder.display());
    if migrated {
        linebot(&["migrate"], &[("DATABASE_URL", &url)]).succeeded();
    }
    url
}

/// One HTTP request by hand; the answer as it came.
pub(crate) fn request(address: SocketAddr, head: &str, body: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        connection,
        "{head}\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

/// Sends a webhook signed with `secret`; the answer as it came.
pub(crate) fn webhook(address: SocketAddr, secret: &str, headers: &str, body: &str) -> String {
    let signature = line::ChannelSecrets::new([&secret.into()])
        .unwrap()
        .sign(body.as_bytes());
    request(
        address,
        &format!("POST /callback HTTP/1.1\r\nx-line-signature: {signature}{headers}"),
        body,
    )
}
