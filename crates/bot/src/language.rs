//! Which language a person reads.
//!
//! The conversation's row knows it once it was asked. Only the first message of a person costs a call to LINE, and
//! that call is made outside any transaction: the store defers the event, and it is [parked](crate::parked) meanwhile. In a
//! group it is whoever speaks to the bot first who is asked about.

use line::retry::Outcome;
use line::{ClientError, LineClient, StatusCode};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use storage::LanguageHint;
use todo::Language;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// How long LINE may take to name a language: within the 1.5 s a webhook has, with room for the commit.
const PATIENCE: Duration = Duration::from_millis(700);

/// How many questions may be under way; others wait, within [`PATIENCE`].
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
    people: Vec<String>,
    forgotten_at: Option<Instant>,
}

impl Failures {
    /// Whether it is worth asking about this person.
    fn worth_asking(&mut self, person: &str) -> bool {
        if self.forgotten_at.is_some_and(|at| at <= Instant::now()) {
            *self = Self::default();
        }
        self.people.len() < MAX_FAILURES && !self.contains(person)
    }

    fn contains(&self, person: &str) -> bool {
        self.people.iter().any(|known| known == person)
    }

    fn add(&mut self, person: &str) {
        if !self.contains(person) {
            self.people.push(person.to_owned());
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

    /// Asks LINE. The default serves, and is remembered, where LINE does not tell (404: no consent, not a friend) or
    /// names a language the bot does not speak; it serves this once where LINE does not answer.
    pub(crate) async fn of(&self, person: &str) -> LanguageHint {
        if !self.failures().worth_asking(person) {
            return LanguageHint::UseDefault;
        }
        let give_up_at = Instant::now() + PATIENCE;
        let Ok(Ok(_question)) = timeout_at(give_up_at, self.questions.acquire()).await else {
            return LanguageHint::UseDefault;
        };
        // LINE may have failed on others meanwhile.
        if !self.failures().worth_asking(person) {
            return LanguageHint::UseDefault;
        }
        let language = match timeout_at(give_up_at, self.client.profile(person)).await {
            Ok(Ok(profile)) => profile
                .value
                .language
                .as_deref()
                .and_then(Language::from_tag),
            Ok(Err(error)) if is_about_the_person(&error) => None,
            Ok(Err(error)) => return self.failed(person, &error),
            Err(elapsed) => return self.failed(person, &elapsed),
        };
        *self.failures() = Failures::default();
        LanguageHint::Known(language.unwrap_or(self.default))
    }

    fn failed(&self, person: &str, error: &(dyn std::error::Error + 'static)) -> LanguageHint {
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

/// Whether LINE refuses to tell of this person. A token it does not take or issue, and a limit that is reached, concern
/// everybody.
fn is_about_the_person(error: &ClientError) -> bool {
    match error.outcome() {
        Outcome::Answered(status) => {
            status.is_client_error()
                && status != StatusCode::UNAUTHORIZED
                && status != StatusCode::TOO_MANY_REQUESTS
        }
        Outcome::NotSent | Outcome::Unknown => false,
    }
}
