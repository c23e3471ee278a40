//! Which language a person reads.
//!
//! The conversation's row knows it once it was asked. Only the first message of a person costs a call to LINE, and
//! that call is made outside any transaction: the store defers the event, and it is [parked](crate::parked) meanwhile. In a
//! group it is the first speaker LINE tells of whose language counts.

use crate::locked::locked;
use line::retry::Outcome;
use line::{ClientError, LineClient, StatusCode};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use storage::{Inbound, LanguageHint};
use todo::Language;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// How long LINE may take to name a language: within the 1.5 s a webhook has, with room for the commit.
const PATIENCE: Duration = Duration::from_millis(700);

/// How many questions may be under way; others wait, within [`PATIENCE`].
const MAX_QUESTIONS: usize = 64;

/// How many people in a row LINE may fail on; then it is taken to be down, and nobody's reply waits for it.
const MAX_FAILURES: usize = 3;

/// How many people are kept in mind whom LINE did not tell of; then it is asked about all of them again.
const MAX_UNTOLD: usize = 10_000;

/// How long after its last failure LINE is asked again.
const SILENCE_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// Asks LINE for people's languages. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Languages {
    client: LineClient,
    default: Language,
    questions: Arc<Semaphore>,
    failures: Arc<Mutex<Failures>>,
    /// Those LINE did not tell of. Where only they speak, in a group, nothing is stored, and LINE would be asked about each
    /// message.
    untold: Arc<Mutex<HashSet<String>>>,
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
            untold: Arc::default(),
        }
    }

    /// Asks LINE about the person an event came from.
    pub(crate) async fn of(&self, event: &Inbound) -> LanguageHint {
        let Some(person) = event.person.as_deref() else {
            return LanguageHint::UseDefault;
        };
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
        let told = match timeout_at(give_up_at, self.client.profile(person)).await {
            Ok(Ok(profile)) => profile.value.language,
            Ok(Err(error)) if is_about_the_person(&error) => None,
            Ok(Err(error)) => return self.failed(person, &error),
            Err(elapsed) => return self.failed(person, &elapsed),
        };
        *self.failures() = Failures::default();
        let mut untold = locked(&self.untold);
        if let Some(tag) = told {
            untold.remove(person);
            return LanguageHint::Known(Language::from_tag(&tag).unwrap_or(self.default));
        }
        if untold.len() >= MAX_UNTOLD {
            untold.clear();
        }
        untold.insert(person.to_owned());
        LanguageHint::Untold
    }

    /// Whether LINE need not be asked about the person who sent this to a group, as it did not tell before.
    pub(crate) fn are_untold(&self, event: &Inbound) -> bool {
        let Some(person) = event.person.as_deref() else {
            return false;
        };
        event.language == LanguageHint::NotAsked
            && !event.is_in_own_chat()
            && locked(&self.untold).contains(person)
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
        locked(&self.failures)
    }
}

/// Whether LINE refuses to tell of this person (404: no friend, no consent; 400: an id it does not know). Anything else
/// concerns everybody: a token it does not take, a plan that does not allow it, a limit, a proxy on the way.
fn is_about_the_person(error: &ClientError) -> bool {
    let status = match error.outcome() {
        Outcome::Answered(status) => status,
        Outcome::NotSent | Outcome::Unknown => return false,
    };
    matches!(status, StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND)
}
