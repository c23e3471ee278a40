//! HTTP/1.1 messages on a connection, read with as little work as that takes: the generator shares two cores with
//! what it measures.

use anyhow::{Context, Result, bail, ensure};
use bytes::{Buf, BytesMut};
use std::ops::Range;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// More than any head or body of this benchmark needs.
const MAX_MESSAGE_BYTES: usize = 256 * 1024;
const MAX_HEADERS: usize = 32;

/// One end of a connection.
pub(super) struct Wire {
    stream: TcpStream,
    received: BytesMut,
}

/// What the head of a response tells.
pub(super) struct ResponseHead {
    pub(super) status: u16,
    /// The other side closes the connection after this response.
    pub(super) closes: bool,
}

/// What the head of a request tells.
pub(super) struct RequestHead {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) authorization: Option<String>,
}

/// A message at the beginning of what was received.
struct Message<H> {
    head: H,
    body: Range<usize>,
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: BytesMut::with_capacity(8 * 1024),
        })
    }

    pub(super) async fn send(&mut self, message: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(message).await?)
    }

    /// Waits for a whole response and gives its head.
    pub(super) async fn response(&mut self) -> Result<ResponseHead> {
        let message = self
            .message(response)
            .await?
            .context("the connection was closed before the response")?;
        self.received.advance(message.body.end);
        Ok(message.head)
    }

    /// Waits for a whole request and lets `answer` make the response from it; `None` when the other side is done.
    pub(super) async fn request<T>(
        &mut self,
        answer: impl FnOnce(&RequestHead, &[u8]) -> T,
    ) -> Result<Option<T>> {
        let Some(Message { head, body }) = self.message(request).await? else {
            return Ok(None);
        };
        let end = body.end;
        let answer = answer(&head, &self.received[body]);
        self.received.advance(end);
        Ok(Some(answer))
    }

    async fn message<H>(
        &mut self,
        parse: impl Fn(&[u8]) -> Result<Option<Message<H>>>,
    ) -> Result<Option<Message<H>>> {
        loop {
            if let Some(message) = parse(&self.received)?
                && message.body.end <= self.received.len()
            {
                return Ok(Some(message));
            }
            ensure!(
                self.received.len() < MAX_MESSAGE_BYTES,
                "a message of more than {MAX_MESSAGE_BYTES} bytes"
            );
            if self.stream.read_buf(&mut self.received).await? == 0 {
                ensure!(
                    self.received.is_empty(),
                    "the connection was closed in the middle of a message"
                );
                return Ok(None);
            }
        }
    }
}

fn response(received: &[u8]) -> Result<Option<Message<ResponseHead>>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(received)? else {
        return Ok(None);
    };
    let status = response.code.context("a response without a status")?;
    let closes = header(response.headers, "connection")
        .is_some_and(|value| value.eq_ignore_ascii_case(b"close"));
    let body = body(length, response.headers)?;
    Ok(Some(Message {
        head: ResponseHead { status, closes },
        body,
    }))
}

fn request(received: &[u8]) -> Result<Option<Message<RequestHead>>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = request.parse(received)? else {
        return Ok(None);
    };
    let head = RequestHead {
        method: request.method.unwrap_or_default().to_owned(),
        path: request.path.unwrap_or_default().to_owned(),
        authorization: header(request.headers, "authorization")
            .map(|value| String::from_utf8_lossy(value).into_owned()),
    };
    let body = body(length, request.headers)?;
    Ok(Some(Message { head, body }))
}

fn body(head_bytes: usize, headers: &[httparse::Header<'_>]) -> Result<Range<usize>> {
    if header(headers, "transfer-encoding").is_some() {
        bail!("a message in chunks, which this benchmark does not read");
    }
    let length = match header(headers, "content-length") {
        Some(value) => std::str::from_utf8(value)?.parse()?,
        None => 0,
    };
    ensure!(length <= MAX_MESSAGE_BYTES, "a body of {length} bytes");
    Ok(head_bytes..head_bytes + length)
}

fn header<'a>(headers: &[httparse::Header<'a>], name: &str) -> Option<&'a [u8]> {
    headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_ends_where_its_length_says() {
        let received =
            b"HTTP/1.1 200 OK\r\nConnection: close\r\ncontent-length: 2\r\n\r\nokHTTP/1.1";
        let message = response(received).unwrap().unwrap();
        assert_eq!(message.head.status, 200);
        assert!(message.head.closes);
        assert_eq!(&received[message.body], b"ok");
    }

    #[test]
    fn half_a_head_is_no_message_yet() {
        assert!(
            request(b"POST /v2/bot/message/reply HTTP/1.1\r\ncontent-le")
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn chunks_are_refused_rather_than_misread() {
        assert!(request(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }
}
