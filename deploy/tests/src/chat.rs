//! A person who talks to the bot, through the stand-in for LINE.

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use simulator::Person;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// How long an answer may take: LINE's redeliveries (1, 3 and 10 s apart) and a machine that does other things.
const PATIENCE: Duration = Duration::from_mins(2);

/// Alex, whose LINE is in English, with the chat page open.
pub struct Chat {
    port: u16,
    updates: BufReader<TcpStream>,
}

impl Chat {
    /// Opens the page of the simulator that listens on this port.
    pub fn open(port: u16) -> anyhow::Result<Self> {
        let mut updates = TcpStream::connect(("127.0.0.1", port))?;
        updates.set_read_timeout(Some(PATIENCE))?;
        write!(
            updates,
            "GET /simulator/events HTTP/1.1\r\nhost: localhost\r\n\r\n"
        )?;
        Ok(Self {
            port,
            updates: BufReader::new(updates),
        })
    }

    /// Sends a text.
    pub fn say(&self, text: &str) -> anyhow::Result<()> {
        let alex = Person::alex().id;
        let action = json!({
            "chat": alex,
            "person": alex,
            "action": {"type": "text", "text": text},
        });
        let status = post(
            self.port,
            "/simulator/actions",
            "content-type: application/json",
            &action.to_string(),
        )?;
        ensure!(status == 204, "the simulator answers {status}");
        Ok(())
    }

    /// Sends a text and gives the bot's next answer that holds `wanted`.
    pub fn ask(&mut self, text: &str, wanted: &str) -> anyhow::Result<String> {
        self.say(text)?;
        self.hear(wanted)
            .with_context(|| format!("the bot never said {wanted:?} to {text:?}"))
    }

    fn hear(&mut self, wanted: &str) -> anyhow::Result<String> {
        let asked = Instant::now();
        loop {
            let mut line = String::new();
            // The stream says that it is alive when there is nothing new.
            ensure!(asked.elapsed() < PATIENCE, "not within {PATIENCE:?}");
            ensure!(self.updates.read_line(&mut line)? > 0, "the stream ended");
            let Some(update) = line.strip_prefix("data:") else {
                continue;
            };
            let update: Value = serde_json::from_str(update)?;
            if let Some(said) = said_by_the_bot(&update).find(|said| said.contains(wanted)) {
                return Ok(said.to_owned());
            }
        }
    }
}

/// The texts without an author are the bot's.
fn said_by_the_bot(update: &Value) -> impl Iterator<Item = &str> {
    let chats = update["chats"].as_array().into_iter().flatten();
    let lines = chats.flat_map(|chat| chat["lines"].as_array().into_iter().flatten());
    lines
        .filter(|line| line["author"].is_null())
        .filter_map(|line| line["message"]["json"]["text"].as_str())
}

/// Posts to a port of this machine; the status of the answer.
pub fn post(port: u16, path: &str, header: &str, body: &str) -> anyhow::Result<u16> {
    let head = format!(
        "POST {path} HTTP/1.1\r\n{header}\r\ncontent-length: {}",
        body.len()
    );
    status(&request(port, &head, body)?)
}

/// Gets a path of a port of this machine; the status of the answer.
pub fn get(port: u16, path: &str) -> anyhow::Result<u16> {
    status(&request(port, &format!("GET {path} HTTP/1.1"), "")?)
}

fn request(port: u16, head: &str, body: &str) -> anyhow::Result<String> {
    let mut connection = TcpStream::connect(("127.0.0.1", port))?;
    connection.set_read_timeout(Some(PATIENCE))?;
    write!(
        connection,
        "{head}\r\nhost: localhost\r\nconnection: close\r\n\r\n{body}"
    )?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn status(answer: &str) -> anyhow::Result<u16> {
    let word = answer.split(' ').nth(1).context("an answer has a status")?;
    Ok(word.parse()?)
}
