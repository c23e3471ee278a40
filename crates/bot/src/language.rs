//! Which language a person reads.
//!
//! The conversation's row knows it once it was asked. Only the first message of a person costs a call to LINE, and
//! that call is made outside any transaction: the store defers the event, the intake asks, and submits it again.

use futures_util::future::join_all;
use line::{LineClient, StatusCode};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use storage::{ConversationId, Inbound, LanguageHint};
use todo::Language;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

/// How long LINE may take to name a language: within the 1.5 s a webhook has, with room for the commit.
const PATIENCE: Duration = Duration::from_millis(700);

/// How many questions may be under way; past that the default serves.
const MAX_QUESTIONS: usize = 64;

/// How many people in a row LINE may fail on; then it is taken to be down, and nobody's reply waits for it.
const MAX_FAILURES: usize = 3;

/// How long after its last failure LINE is asked again.
const SILENCE_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// Asks LINE for people's languages. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Languages {
    client: LineClient,
    default: Language,
    questions: Arc<Semaphore>,
    failures: Arc<Mutex<Failures>>,
}

/// The people LINE failed on, without an answer about anybody since.
#[derive(Default)]
struct Failures {
    people: Vec<ConversationId>,
    forgotten_at: Option<Instant>,
}

impl Failures {
    /// Whether it is worth asking about this person.
    fn worth_asking(&mut self, person: &ConversationId) -> bool {
        if self.forgotten_at.is_some_and(|at| at <= Instant::now()) {
            *self = Self::default();
        }
        self.people.len() < MAX_FAILURES && !self.people.contains(person)
    }

    fn add(&mut self, person: &ConversationId) {
        if !self.people.contains(person) {
            self.people.push(person.clone());
        }
        self.forgotten_at = Some(Instant::now() + SILENCE_AFTER_FAILURE);
    }
}

impl Languages {
    pub(crate) fn new(client: LineClient, default: Language) -> Self {
        Self {
            client,
            default,
            questions: Arc::new(Semaphore::new(MAX_QUESTIONS)),
            failures: Arc::default(),
        }
    }

    /// Asks about everybody who wrote these events, at once: the webhook they came in has 1.5 s for all of them.
    pub(crate) async fn find_out(&self, events: &mut [Inbound]) {
        let people: BTreeSet<ConversationId> = events
            .iter()
            .map(|event| event.key.conversation.clone())
            .collect();
        let answers = join_all(people.iter().map(|person| self.of(person))).await;
        let known: BTreeMap<_, _> = people.iter().zip(answers).collect();
        for event in events {
            event.language = known
                .get(&event.key.conversation)
                .copied()
                .unwrap_or(LanguageHint::UseDefault);
        }
    }

    /// Asks LINE. The default serves, and is remembered, where LINE does not tell (404: no consent, not a friend) or
    /// names a language the bot does not speak; it serves this once where LINE does not answer.
    async fn of(&self, conversation: &ConversationId) -> LanguageHint {
        if !is_user(conversation) {
            return LanguageHint::UseDefault;
        }
        if !self.failures().worth_asking(conversation) {
            return LanguageHint::UseDefault;
        }
        let Ok(_question) = self.questions.try_acquire() else {
            return LanguageHint::UseDefault;
        };
        let language = match timeout(PATIENCE, self.client.profile(&conversation.0)).await {
            Ok(Ok(profile)) => profile
                .value
                .language
                .as_deref()
                .and_then(Language::from_tag),
            Ok(Err(error)) if error.status().is_some_and(is_about_the_person) => None,
            Ok(Err(error)) => return self.failed(conversation, &error),
            Err(elapsed) => return self.failed(conversation, &elapsed),
        };
        *self.failures() = Failures::default();
        LanguageHint::Known(language.unwrap_or(self.default))
    }

    fn failed(
        &self,
        person: &ConversationId,
        error: &(dyn std::error::Error + 'static),
    ) -> LanguageHint {
        tracing::warn!(
            error,
            "LINE did not name a person's language; using the default for a while"
        );
        self.failures().add(person);
        LanguageHint::UseDefault
    }

    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether LINE refuses to tell of this person. A token it does not take and a limit that is reached concern everybody.
fn is_about_the_person(status: StatusCode) -> bool {
    status.is_client_error()
        && status != StatusCode::UNAUTHORIZED
        && status != StatusCode::TOO_MANY_REQUESTS
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
