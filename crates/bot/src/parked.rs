//! Events of people whose language is not known yet, each conversation's in the order they came.
//!
//! LINE is asked about the first of them, outside any transaction. Its answer comes back through the lane's queue, and
//! whatever came meanwhile waits behind: `milk` and `clear` must not change places because LINE was slow for one of them.

use crate::intake::Refusal;
use crate::lane::{Job, LaneItem};
use crate::language::Languages;
use std::collections::HashMap;
use storage::{ConversationId, LanguageHint};
use tokio::sync::mpsc::WeakSender;

/// The events that wait for a language.
pub(crate) struct Parked {
    languages: Languages,
    queue: WeakSender<LaneItem>,
    jobs: HashMap<ConversationId, Vec<Job>>,
    /// How many may wait.
    room: usize,
}

impl Parked {
    /// Room for so many events. Answers are reported to the queue; the lane owns this, so it is held weakly here.
    pub(crate) fn new(languages: Languages, queue: WeakSender<LaneItem>, room: usize) -> Self {
        Self {
            languages,
            queue,
            jobs: HashMap::new(),
            room,
        }
    }

    /// Gives an event back, with what is known of its language, or keeps it where others of its conversation wait: it has to
    /// wait behind them.
    pub(crate) fn behind_others(&mut self, mut job: Job) -> Option<Job> {
        if !self.jobs.contains_key(&job.event.key.conversation) {
            if self.languages.are_untold(&job.event) {
                job.event.language = LanguageHint::Untold;
            }
            return Some(job);
        }
        self.park(job);
        None
    }

    /// Keeps an event until the language is known.
    pub(crate) fn park(&mut self, job: Job) {
        if self.room == 0 {
            let _ = job.done.send(Err(Refusal::Overloaded));
            return;
        }
        self.room -= 1;
        let conversation = &job.event.key.conversation;
        if let Some(jobs) = self.jobs.get_mut(conversation) {
            jobs.push(job);
            return;
        }
        let conversation = conversation.clone();
        let event = job.event.clone();
        self.jobs.insert(conversation.clone(), vec![job]);
        let (languages, queue) = (self.languages.clone(), self.queue.clone());
        tokio::spawn(async move {
            let language = languages.of(&event).await;
            if let Some(queue) = queue.upgrade() {
                let _ = queue.send(LaneItem::Language(conversation, language)).await;
            }
        });
    }

    /// The events of a conversation that waited.
    pub(crate) fn release(
        &mut self,
        conversation: &ConversationId,
        language: LanguageHint,
    ) -> impl Iterator<Item = Job> {
        let jobs = self.jobs.remove(conversation).unwrap_or_default();
        self.room += jobs.len();
        jobs.into_iter().map(move |mut job| {
            job.event.language = language;
            job
        })
    }
}
