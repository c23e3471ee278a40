//! What became of each message.

use crate::load::Sent;
use simulator::Chat;
use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

/// What became of a run; each list of sentences is empty when all is well.
pub(crate) struct Outcome {
    pub(crate) sent: Vec<Sent>,
    /// Messages answered with 2xx that were not applied, or not once.
    pub(crate) not_once: Vec<String>,
    /// People who got too few replies, or too many.
    pub(crate) replies: Vec<String>,
    /// Pods that did not stop as they should.
    pub(crate) unclean: Vec<String>,
    /// What the pods wrote, for a failure's message.
    pub(crate) complaints: String,
}

impl Outcome {
    /// Messages that LINE would count as not delivered.
    pub(crate) fn lost(&self) -> Vec<&Sent> {
        self.sent
            .iter()
            .filter(|sent| !sent.is_delivered())
            .collect()
    }

    pub(crate) fn slowest_of_99_percent(&self) -> Duration {
        let mut took: Vec<Duration> = self.sent.iter().map(|sent| sent.took).collect();
        took.sort();
        took[took.len() * 99 / 100]
    }
}

/// Compares the lists, where every message is an open task, with what was answered: each message has a text of its own, so
/// one that is applied twice is a task done, and one that is not applied is no task.
pub(crate) fn not_once(sent: &[Sent], lists: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let listed: BTreeSet<(&str, &str)> = lists
        .iter()
        .flat_map(|(person, titles)| titles.iter().map(|title| (person.as_str(), title.as_str())))
        .collect();
    let known: BTreeSet<(&str, &str)> = sent.iter().map(key).collect();
    let missing = sent
        .iter()
        .filter(|sent| sent.is_delivered() && !listed.contains(&key(sent)))
        .map(|sent| format!("{} is not on the list of {}", sent.title, sent.person));
    let strange = listed
        .difference(&known)
        .map(|task| format!("nobody wrote {task:?}"));
    let count: usize = lists.values().map(Vec::len).sum();
    let twice = (count != listed.len()).then(|| "a task is on a list twice".to_owned());
    missing.chain(strange).chain(twice).collect()
}

/// Compares what the bot said to each person with what was answered: one reply for each message with 2xx, and at most one
/// for the others. Waits for those that are still owed.
pub(crate) fn miscounted(sent: &[Sent], chats: &[Chat]) -> Vec<String> {
    let give_up = Instant::now() + Duration::from_secs(30);
    loop {
        let problems: Vec<String> = chats
            .iter()
            .filter_map(|chat| {
                let person = chat.id().to_string();
                let own = || sent.iter().filter(|sent| sent.person == person);
                let delivered = own().filter(|sent| sent.is_delivered()).count();
                let (all, replies) = (own().count(), chat.bot_messages().len());
                (replies < delivered || replies > all).then(|| {
                    format!("{person}: {replies} replies to {delivered} of {all} messages")
                })
            })
            .collect();
        if problems.is_empty() || Instant::now() > give_up {
            return problems;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

fn key(sent: &Sent) -> (&str, &str) {
    (&sent.person, &sent.title)
}
