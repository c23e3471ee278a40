//! The rules of reply tokens (<https://developers.line.biz/en/reference/messaging-api/#send-reply-message-reply-token>).

use std::collections::{HashMap, VecDeque};

use crate::id::{ChatId, random_hex};

/// A token serves for a minute after the webhook, or its redelivery, was received.
const AFTER_WEBHOOK: i64 = 60_000;
/// No redelivery revives a token this long after the event.
const AFTER_EVENT: i64 = 20 * 60_000;

pub(super) struct ReplyTokens {
    tokens: HashMap<String, ReplyToken>,
    /// Oldest first, to forget them in that order.
    order: VecDeque<String>,
    kept: usize,
}

struct ReplyToken {
    chat: ChatId,
    delivery: u64,
    event_at: i64,
    sent_at: Option<i64>,
    used: bool,
}

impl ReplyTokens {
    pub(super) fn new(kept: usize) -> Self {
        Self {
            tokens: HashMap::new(),
            order: VecDeque::new(),
            kept,
        }
    }

    pub(super) fn issue(&mut self, chat: &ChatId, delivery: u64, now: i64) -> String {
        let token = random_hex(32);
        let state = ReplyToken {
            chat: chat.clone(),
            delivery,
            event_at: now,
            sent_at: None,
            used: false,
        };
        self.tokens.insert(token.clone(), state);
        self.order.push_back(token.clone());
        if self.order.len() > self.kept
            && let Some(oldest) = self.order.pop_front()
        {
            self.tokens.remove(&oldest);
        }
        token
    }

    /// The webhook with this token goes out now.
    pub(super) fn sent(&mut self, token: &str, now: i64) {
        if let Some(state) = self.tokens.get_mut(token) {
            state.sent_at = Some(now);
        }
    }

    /// The chat and the delivery a token stands for, if it can be used now.
    pub(super) fn check(&self, token: &str, now: i64) -> Option<(ChatId, u64)> {
        let state = self.tokens.get(token)?;
        let fresh = now - state.sent_at? <= AFTER_WEBHOOK && now - state.event_at <= AFTER_EVENT;
        (fresh && !state.used).then(|| (state.chat.clone(), state.delivery))
    }

    /// Uses a token up.
    pub(super) fn redeem(&mut self, token: &str) {
        if let Some(state) = self.tokens.get_mut(token) {
            state.used = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::GroupKind;

    fn tokens() -> (ReplyTokens, String) {
        let mut tokens = ReplyTokens::new(10);
        let token = tokens.issue(&ChatId::named(GroupKind::Group, "g"), 1, 0);
        (tokens, token)
    }

    #[test]
    fn a_token_serves_once_within_a_minute_of_its_webhook() {
        let (mut tokens, token) = tokens();
        assert!(
            tokens.check(&token, 0).is_none(),
            "the webhook has not been sent"
        );
        tokens.sent(&token, 1_000);
        assert!(tokens.check(&token, 61_000).is_some());
        assert!(tokens.check(&token, 61_001).is_none());
        tokens.redeem(&token);
        assert!(tokens.check(&token, 2_000).is_none());
    }

    #[test]
    fn a_redelivery_gives_a_token_another_minute_but_not_beyond_twenty() {
        let (mut tokens, token) = tokens();
        tokens.sent(&token, 0);
        tokens.sent(&token, 300_000);
        assert!(tokens.check(&token, 359_999).is_some());
        tokens.sent(&token, 1_190_000);
        assert!(tokens.check(&token, 1_200_000).is_some());
        assert!(tokens.check(&token, 1_200_001).is_none());
    }

    #[test]
    fn the_oldest_tokens_are_forgotten_first() {
        let (mut tokens, first) = tokens();
        tokens.sent(&first, 0);
        for _ in 0..10 {
            tokens.issue(&ChatId::named(GroupKind::Group, "g"), 2, 0);
        }
        assert!(tokens.check(&first, 0).is_none());
        assert_eq!(tokens.tokens.len(), 10);
    }
}
