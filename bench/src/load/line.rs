//! LINE's side of the Messaging API, as far as a bot that replies needs it.

use super::exchanges::Exchanges;
use super::wire::{RequestHead, Wire};
use anyhow::Result;
use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::rc::Rc;
use tokio::net::{TcpListener, TcpStream};

/// The Messaging API of the generator.
pub(super) struct Line {
    pub(super) exchanges: Rc<RefCell<Exchanges>>,
    /// `Bearer …`, as every call must carry it.
    pub(super) authorization: String,
    /// Counts the calls, for their ids.
    pub(super) calls: Cell<u64>,
}

impl Line {
    /// Serves until the task is dropped.
    pub(super) async fn serve(self: Rc<Self>, listener: TcpListener) {
        loop {
            // Without a free file descriptor the run fails by its missing replies.
            let Ok((stream, _)) = listener.accept().await else {
                return;
            };
            tokio::task::spawn_local(Rc::clone(&self).connection(stream));
        }
    }

    async fn connection(self: Rc<Self>, stream: TcpStream) {
        if let Err(error) = self.answer_all(stream).await {
            self.exchanges
                .borrow_mut()
                .bad_call(&format!("a connection to LINE: {error:#}"));
        }
    }

    async fn answer_all(&self, stream: TcpStream) -> Result<()> {
        let mut wire = Wire::new(stream)?;
        while let Some(response) = wire.request(|head, body| self.answer(head, body)).await? {
            wire.send(response.as_bytes()).await?;
        }
        Ok(())
    }

    fn answer(&self, head: &RequestHead, body: &[u8]) -> String {
        if head.authorization.as_deref() != Some(&self.authorization) {
            self.exchanges
                .borrow_mut()
                .bad_call("a call without the channel access token");
            return self.response("401 Unauthorized", r#"{"message":"Authentication failed"}"#);
        }
        let (method, path) = (head.method.as_str(), head.path.as_str());
        if (method, path) == ("POST", "/v2/bot/message/reply") {
            return match self.exchanges.borrow_mut().reply(body) {
                Some(texts) => self.response("200 OK", &self.sent(texts)),
                None => self.response("400 Bad Request", r#"{"message":"Invalid reply token"}"#),
            };
        }
        if method == "GET"
            && let Some(user) = path.strip_prefix("/v2/bot/profile/")
        {
            let profile = format!(r#"{{"userId":"{user}","displayName":"花子","language":"ja"}}"#);
            return self.response("200 OK", &profile);
        }
        self.exchanges
            .borrow_mut()
            .bad_call(&format!("{method} {path}"));
        self.response("404 Not Found", r#"{"message":"Not found"}"#)
    }

    /// `SentMessage` of LINE's `messaging-api.yml`, one for each text.
    fn sent(&self, texts: usize) -> String {
        let mut sent = String::with_capacity(128);
        sent.push_str(r#"{"sentMessages":["#);
        for text in 0..texts {
            let comma = if text == 0 { "" } else { "," };
            let id = 610_000_000_000_000_000 + self.calls.get() * 5 + text as u64;
            // Writing to a string does not fail.
            let _ = write!(
                sent,
                r#"{comma}{{"id":"{id}","quoteToken":"IStG5h1Tz7b-{id}"}}"#
            );
        }
        sent.push_str("]}");
        sent
    }

    fn response(&self, status: &str, body: &str) -> String {
        let call = self.calls.get();
        self.calls.set(call + 1);
        format!(
            "HTTP/1.1 {status}\r\nserver: legy\r\ncontent-type: application/json\r\nx-line-request-id: {:08x}-0000-4000-8000-{:012x}\r\ncontent-length: {}\r\n\r\n{body}",
            call >> 48,
            call & 0xffff_ffff_ffff,
            body.len(),
        )
    }
}
