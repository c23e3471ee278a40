//! A bot to stand behind nginx, and a client in front of it.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request or an answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    /// The first line.
    pub(crate) start: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// The value of a header that is there once at most.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let values: Vec<&str> = self
            .headers
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .collect();
        assert!(values.len() < 2, "{name}: {values:?}");
        values.first().copied()
    }

    pub(crate) fn status(&self) -> u16 {
        let status = self
            .start
            .split(' ')
            .nth(1)
            .and_then(|text| text.parse().ok());
        status.unwrap_or_else(|| panic!("no status in {:?}", self.start))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What a backend does with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Status(u16),
    /// After a pause.
    Slow(Duration),
    /// Closes the connection without an answer.
    Close,
    /// Never answers.
    Hang,
}

#[derive(Clone)]
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<Message>>>,
    connections: Arc<AtomicUsize>,
}

impl Backend {
    /// One that gives each answer once, and the last one from then on.
    pub(crate) fn start(answers: &[Answer]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let backend = Self {
            address: listener.local_addr().expect("an address"),
            requests: Arc::default(),
            connections: Arc::default(),
        };
        let (own, answers) = (backend.clone(), answers.to_vec());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                own.connections.fetch_add(1, Ordering::SeqCst);
                let (own, answers) = (own.clone(), answers.clone());
                thread::spawn(move || own.serve(&stream, &answers));
            }
        });
        backend
    }

    pub(crate) fn requests(&self) -> Vec<Message> {
        self.requests.lock().expect("no panic").clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn serve(&self, stream: &TcpStream, answers: &[Answer]) {
        let mut reader = BufReader::new(stream);
        while let Some(request) = read(&mut reader, true) {
            let count = {
                let mut requests = self.requests.lock().expect("no panic");
                requests.push(request);
                requests.len()
            };
            let answer = answers
                .get(count - 1)
                .or(answers.last())
                .expect("an answer");
            let status = match answer {
                Answer::Status(status) => *status,
                Answer::Slow(pause) => {
                    thread::sleep(*pause);
                    200
                }
                Answer::Close => return,
                Answer::Hang => {
                    thread::sleep(Duration::from_secs(30));
                    return;
                }
            };
            let extra = if status == 503 {
                "retry-after: 7\r\n"
            } else {
                ""
            };
            let text = format!("HTTP/1.1 {status} X\r\ncontent-length: 7\r\n{extra}\r\nthe bot");
            if (&mut &*stream).write_all(text.as_bytes()).is_err() {
                return;
            }
        }
    }
}

/// Sends a request on a connection of its own and reads the answer.
pub(crate) fn send(to: SocketAddr, start: &str, headers: &[(&str, &str)], body: &[u8]) -> Message {
    let stream = TcpStream::connect(to).expect("nginx listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a time");
    let mut head = format!("{start} HTTP/1.1\r\nHost: bot.example.org\r\nConnection: close\r\n");
    if !body.is_empty() {
        write!(head, "Content-Length: {}\r\n", body.len()).expect("a text takes everything");
    }
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").expect("a text takes everything");
    }
    let mut writer = &stream;
    writer
        .write_all(format!("{head}\r\n").as_bytes())
        .expect("nginx reads");
    // nginx may answer before it has read everything.
    let _ = writer.write_all(body);
    let has_body = !start.starts_with("HEAD");
    read(&mut BufReader::new(&stream), has_body).expect("an answer")
}

/// A signed webhook.
pub(crate) fn webhook(to: SocketAddr, body: &str) -> Message {
    send(
        to,
        "POST /callback",
        &[("X-Line-Signature", "c2lnbmF0dXJl")],
        body.as_bytes(),
    )
}

fn read(reader: &mut impl BufRead, has_body: bool) -> Option<Message> {
    let mut line = || {
        let mut line = String::new();
        let length = reader.read_line(&mut line).ok()?;
        (length > 0).then(|| line.trim_end().to_owned())
    };
    let mut message = Message {
        start: line()?,
        ..Message::default()
    };
    loop {
        let line = line()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        message
            .headers
            .push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = message
        .header("content-length")
        .and_then(|length| length.parse().ok());
    if has_body && let Some(length) = length {
        message.body = vec![0; length];
        reader.read_exact(&mut message.body).ok()?;
    }
    Some(message)
}
