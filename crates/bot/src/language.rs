//! Which language a person reads.
//!
//! The conversation's row knows it once it was asked. Only the first message of a person costs a call to LINE, and
//! that call is made outside any transaction: the store defers the event, the intake asks, and submits it again.

use line::LineClient;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use storage::{ConversationId, LanguageHint};
use todo::Language;
use tokio::sync::Semaphore;

/// How long LINE may take to name a language: within the 1.5 s a webhook has, with room for the commit.
const PATIENCE: Duration = Duration::from_millis(700);

/// How many questions may be under way; past that the default serves.
const MAX_QUESTIONS: usize = 64;

/// How long not to ask after LINE failed to answer: while it is down, nobody's reply should wait for it.
const SILENCE_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// Asks LINE for people's languages. Cheap to clone.
#[derive(Clone)]
pub struct Languages {
    client: LineClient,
    default: Language,
    questions: Arc<Semaphore>,
    silent_until: Arc<Mutex<Option<Instant>>>,
}

impl Languages {
    pub(crate) fn new(client: LineClient, default: Language) -> Self {
        Self {
            client,
            default,
            questions: Arc::new(Semaphore::new(MAX_QUESTIONS)),
            silent_until: Arc::default(),
        }
    }

    /// Asks LINE. The default serves, and is remembered, where LINE does not tell (404: no consent, not a friend) or
    /// names a language the bot does not speak; it serves this once where LINE does not answer.
    pub(crate) async fn of(&self, conversation: &ConversationId) -> LanguageHint {
        if !is_user(conversation) || self.is_silent() {
            return LanguageHint::UseDefault;
        }
        let Ok(_question) = self.questions.try_acquire() else {
            return LanguageHint::UseDefault;
        };
        match tokio::time::timeout(PATIENCE, self.client.profile(&conversation.0)).await {
            Ok(Ok(profile)) => {
                let language = profile
                    .value
                    .language
                    .as_deref()
                    .and_then(Language::from_tag);
                LanguageHint::Known(language.unwrap_or(self.default))
            }
            Ok(Err(error))
                if error
                    .status()
                    .is_some_and(|status| status.is_client_error() && status != 429) =>
            {
                LanguageHint::Known(self.default)
            }
            Ok(Err(error)) => self.failed(&error),
            Err(elapsed) => self.failed(&elapsed),
        }
    }

    fn failed(&self, error: &(dyn std::error::Error + 'static)) -> LanguageHint {
        tracing::warn!(
            error,
            "LINE does not name people's languages; using the default for a while"
        );
        *self
            .silent_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + SILENCE_AFTER_FAILURE);
        LanguageHint::UseDefault
    }

    fn is_silent(&self) -> bool {
        let silent_until = *self
            .silent_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        silent_until.is_some_and(|until| Instant::now() < until)
    }
}

/// What is known without asking: nobody's profile names the language of a group or room
/// (<https://developers.line.biz/en/reference/messaging-api/#get-group-member-profile>).
pub(crate) fn hint(conversation: &ConversationId) -> LanguageHint {
    if is_user(conversation) {
        LanguageHint::NotAsked
    } else {
        LanguageHint::UseDefault
    }
}

fn is_user(conversation: &ConversationId) -> bool {
    conversation.0.starts_with('U')
}
