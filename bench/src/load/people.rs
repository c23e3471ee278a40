//! The people who write to the bot, and the list each of them must be shown.

use super::titles::{TITLES_EACH, title};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::iter;

/// How often to look for somebody who is not waiting for an answer before giving up.
const TRIES: usize = 1_000;

/// Everybody who may write, with the lists as the bot must have them.
pub(super) struct People {
    people: Vec<Person>,
    random: SmallRng,
}

struct Person {
    /// Titles on the list, in order, by their number.
    open: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    /// One message at a time, so that the list after it is known.
    Waiting,
    /// A message of theirs failed: what the bot has on the list is not known any more.
    Lost,
}

/// What the reply to a message must show.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expectation {
    pub(super) person: u32,
    /// The title sent: added, or done.
    toggled: u8,
    /// The list afterwards, in order.
    open: Box<[u8]>,
}

impl People {
    /// `count` people with the first `open_each` of their titles on their lists. The same seed picks the same people
    /// and titles.
    pub(super) fn new(count: u32, open_each: u8, seed: u64) -> Self {
        let person = |_| Person {
            open: (0..open_each).collect(),
            state: State::Idle,
        };
        Self {
            people: (0..count).map(person).collect(),
            random: SmallRng::seed_from_u64(seed),
        }
    }

    /// Somebody toggles something; `None` when (nearly) everybody waits for an answer.
    pub(super) fn write(&mut self) -> Option<(&'static str, Expectation)> {
        for _ in 0..TRIES {
            let index = self.random.random_range(0..self.people.len());
            let person = &mut self.people[index];
            if person.state == State::Idle {
                person.state = State::Waiting;
                let toggled = self.random.random_range(0..TITLES_EACH);
                match person.open.iter().position(|&open| open == toggled) {
                    Some(place) => drop(person.open.remove(place)),
                    None => person.open.push(toggled),
                }
                let person_number = u32::try_from(index).unwrap_or(u32::MAX);
                let expectation = Expectation {
                    person: person_number,
                    toggled,
                    open: person.open.as_slice().into(),
                };
                return Some((title(person_number, toggled), expectation));
            }
        }
        None
    }

    /// The person has heard back and may write again.
    pub(super) fn answered(&mut self, person: u32) {
        self.people[person as usize].state = State::Idle;
    }

    /// A message of theirs failed: they do not write any more.
    pub(super) fn lost(&mut self, person: u32) {
        self.people[person as usize].state = State::Lost;
    }
}

impl Expectation {
    /// Whether a reply names the toggled title first, then every open title in order, a line each, and no other title
    /// of this person.
    pub(super) fn is_met_by<'a>(&self, texts: impl Iterator<Item = &'a str>) -> bool {
        let titles = iter::once(self.toggled).chain(self.open.iter().copied());
        let mut wanted = titles.map(|index| title(self.person, index)).peekable();
        for line in texts.flat_map(str::lines) {
            if wanted.next_if(|title| line.contains(*title)).is_none() && self.names_a_title(line) {
                return false;
            }
        }
        wanted.peek().is_none()
    }

    fn names_a_title(&self, line: &str) -> bool {
        (0..TITLES_EACH).any(|index| line.contains(title(self.person, index)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expectation() -> Expectation {
        Expectation {
            person: 0,
            toggled: 2,
            open: [0, 1, 2].into(),
        }
    }

    fn is_met_by(text: &str) -> bool {
        expectation().is_met_by(iter::once(text))
    }

    #[test]
    fn a_reply_with_what_happened_and_the_list_in_order_is_right() {
        assert!(is_met_by(
            "追加: call the plumber\n\n1. 牛乳を買う\n2. 歯医者を予約する\n3. call the plumber\nほかに何か?"
        ));
    }

    #[test]
    fn a_list_over_two_texts_is_right() {
        let texts = [
            "call the plumber を追加\n牛乳を買う",
            "歯医者を予約する\ncall the plumber",
        ];
        assert!(expectation().is_met_by(texts.into_iter()));
    }

    #[test]
    fn a_missing_an_extra_or_a_moved_task_is_wrong() {
        assert!(
            !is_met_by("call the plumber\n牛乳を買う\ncall the plumber"),
            "missing"
        );
        assert!(
            !is_met_by(
                "call the plumber\n牛乳を買う\n歯医者を予約する\ncall the plumber\nrenew passport"
            ),
            "extra"
        );
        assert!(
            !is_met_by("call the plumber\n歯医者を予約する\n牛乳を買う\ncall the plumber"),
            "moved"
        );
        assert!(
            !is_met_by(
                "call the plumber\n牛乳を買う\n牛乳を買う\n歯医者を予約する\ncall the plumber"
            ),
            "twice"
        );
        assert!(
            !is_met_by("牛乳を買う\n歯医者を予約する\ncall the plumber"),
            "not said what happened"
        );
    }

    #[test]
    fn nobody_writes_again_before_the_answer() {
        let mut people = People::new(1, 0, 1);
        let (_, first) = people.write().unwrap();
        assert!(people.write().is_none());
        people.answered(first.person);
        let (_, second) = people.write().unwrap();
        people.lost(second.person);
        assert!(people.write().is_none());
    }

    #[test]
    fn a_title_sent_again_leaves_the_list() {
        let mut people = People::new(1, 10, 7);
        for _ in 0..1_000 {
            let before = people.people[0].open.clone();
            let (_, expectation) = people.write().unwrap();
            let mut after = before.clone();
            after.retain(|&title| title != expectation.toggled);
            if after.len() == before.len() {
                after.push(expectation.toggled);
            }
            assert_eq!(*expectation.open, *after);
            people.answered(0);
        }
    }
}
