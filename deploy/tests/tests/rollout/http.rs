//! HTTP as a load balancer speaks it to nginx: one request after the other on a connection that may be kept.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// nginx gives up on the bot after 5 s and says so; later than this nothing comes.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) struct Connection {
    reader: BufReader<TcpStream>,
    /// Whether another request may be sent.
    pub(crate) is_open: bool,
}

impl Connection {
    pub(crate) fn open(to: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let reader = BufReader::new(stream);
        Ok(Self {
            reader,
            is_open: true,
        })
    }

    /// The status of the answer.
    pub(crate) fn send(&mut self, start: &str, headers: &str, body: &[u8]) -> Result<u16> {
        // Whatever goes wrong, nobody knows what is still to come.
        self.is_open = false;
        let length = body.len();
        let mut request = format!(
            "{start} HTTP/1.1\r\nHost: bot.example.org\r\nContent-Length: {length}\r\n{headers}\r\n"
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.reader.get_mut().write_all(&request)?;
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|text| text.parse().ok());
        let status = status.ok_or_else(|| Error::new(ErrorKind::InvalidData, first))?;
        let (mut length, mut closes) = (None, false);
        loop {
            let line = self.line()?.to_lowercase();
            if line.is_empty() {
                break;
            } else if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok();
            } else if let Some(value) = line.strip_prefix("connection:") {
                closes = value.trim() == "close";
            }
        }
        // Without a length the answer ends where the connection does.
        if let Some(length) = length {
            self.reader.read_exact(&mut vec![0; length])?;
            self.is_open = !closes;
        }
        Ok(status)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

/// Whether a GET is answered with 200.
pub(crate) fn is_well(address: SocketAddr, path: &str) -> bool {
    let status = Connection::open(address)
        .and_then(|mut connection| connection.send(&format!("GET {path}"), "", b""));
    status.is_ok_and(|status| status == 200)
}
