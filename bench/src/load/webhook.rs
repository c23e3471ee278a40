//! Webhooks as LINE sends them: every field of a text message event, signed.

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::io::Write;
use std::net::SocketAddr;

/// Writes webhook requests for one bot.
pub(super) struct Webhooks {
    host: SocketAddr,
    /// Keyed once; a signature starts from a copy.
    signer: Hmac<Sha256>,
    /// Tells the tokens and ids of one run from those of another.
    run: u64,
    body: Vec<u8>,
}

impl Webhooks {
    pub(super) fn new(host: SocketAddr, channel_secret: &str, run: u64) -> Result<Self> {
        let signer = Hmac::new_from_slice(channel_secret.as_bytes())
            .context("the channel secret is no key")?;
        Ok(Self {
            host,
            signer,
            run,
            body: Vec::with_capacity(1_024),
        })
    }

    /// A whole request that carries message number `number` of this run.
    pub(super) fn request(
        &mut self,
        number: u64,
        person: u32,
        text: &str,
        now_ms: u64,
    ) -> Result<Vec<u8>> {
        let Self {
            host,
            signer,
            run,
            body,
        } = self;
        let run = *run;
        body.clear();
        let user = user_id(person);
        let token = reply_token(run, number);
        let event_id = ulid(now_ms, run, number);
        let message_id = 600_000_000_000_000_000 + number;
        // About 600 bytes. The titles hold nothing that JSON would escape.
        write!(
            body,
            r#"{{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[{{"type":"message","message":{{"type":"text","id":"{message_id}","quoteToken":"q3Plxr4AgKd{run:016x}{number:016x}yXvbLyGBjpWQ5kMNp7xVTLy8bkzbIIp4","markAsReadToken":"30yhdy232{number:016x}{run:016x}C1oq0lGgbwKqZ8VDiBpLdb","text":"{text}"}},"webhookEventId":"{event_id}","deliveryContext":{{"isRedelivery":false}},"timestamp":{now_ms},"source":{{"type":"user","userId":"{user}"}},"replyToken":"{token}","mode":"active"}}]}}"#,
        )?;
        let mut mac = signer.clone();
        mac.update(body);
        let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        let mut request = Vec::with_capacity(1_024);
        write!(
            request,
            "POST /callback HTTP/1.1\r\nhost: {host}\r\nuser-agent: LineBotWebhook/2.0\r\ncontent-type: application/json; charset=utf-8\r\nx-line-signature: {signature}\r\ncontent-length: {}\r\n\r\n",
            body.len(),
        )?;
        request.extend_from_slice(body);
        Ok(request)
    }
}

/// LINE's id of a person: `U` and 32 hexadecimal digits, spread evenly.
pub fn user_id(person: u32) -> String {
    format!("U{:032x}", spread(u64::from(person)))
}

/// An odd multiplier keeps different numbers different.
fn spread(number: u64) -> u128 {
    u128::from(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
}

fn reply_token(run: u64, number: u64) -> String {
    format!("{run:016x}{number:016x}")
}

/// The number in a reply token of `run`.
pub(super) fn number_in(token: &str, run: u64) -> Option<u64> {
    let (head, tail) = token.split_at_checked(16)?;
    let number = u64::from_str_radix(tail, 16).ok()?;
    (tail.len() == 16 && u64::from_str_radix(head, 16).ok()? == run).then_some(number)
}

/// 48 bits of time, then 80 bits that are unique: 26 digits of Crockford's base 32
/// (<https://github.com/ulid/spec>).
fn ulid(now_ms: u64, run: u64, number: u64) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let unique = (u128::from(run) << 40 ^ u128::from(number)) & ((1 << 80) - 1);
    let value = u128::from(now_ms) << 80 | unique;
    (0..26)
        .rev()
        .map(|place| char::from(DIGITS[(value >> (5 * place)) as usize & 31]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_token_leads_back_to_its_message() {
        assert_eq!(number_in(&reply_token(7, 12_345), 7), Some(12_345));
        assert_eq!(number_in(&reply_token(8, 12_345), 7), None);
        assert_eq!(number_in("", 7), None);
        assert_eq!(number_in("日本語日本語日本語", 7), None);
    }

    #[test]
    fn a_ulid_is_written_as_its_specification_says() {
        // The time part of the specification's own example.
        assert!(ulid(1_469_918_176_385, 0, 0).starts_with("01ARYZ6S41"));
        assert_eq!(ulid(0, 0, 33).len(), 26);
        assert!(ulid(0, 0, 33).ends_with("11"));
    }

    #[test]
    fn people_have_different_ids_of_lines_form() {
        let ids: std::collections::HashSet<_> = (0..10_000).map(user_id).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.len() == 33 && id.starts_with('U')));
    }
}
