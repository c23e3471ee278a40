//! What every backend does the same way inside a commit: events in, row writes out.
//!
//! A backend splits a batch with [`Batch::groups`], loads each conversation, finds out which events were claimed
//! before, and asks [`Group::plan`] what to write. The rules of the use case are here; SQL is all that is left to it.

use crate::row::ConversationRow;
use crate::{
    Batch, Conversation, ConversationId, Decide, EventKey, Inbound, MAX_ID_BYTES,
    MAX_REPLY_TOKEN_BYTES, Outcome, OwedReply, StoreError, Verdict,
};
use std::sync::Arc;
use todo::{Changes, Input, Timestamp};

/// The events of a batch that belong to one conversation, in order.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    conversation: &'a ConversationId,
    /// Each with its place in the batch.
    events: Vec<(usize, &'a Inbound)>,
}

/// What to write for one conversation, in the order of the fields; within [`Changes`], what is deleted or forgotten
/// goes before what is stored.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// Whose rows these are.
    pub conversation: &'a ConversationId,
    /// Events to claim.
    pub claims: Vec<&'a Inbound>,
    /// Events claimed before: a reply still owed for one gets its `received_at`, as LINE lets its token be used from then
    /// on. It is due when it was, as somebody may be sending it until then, and not later than its event's `due_at`; at once
    /// where it was not due any more ([`NOT_DUE`](crate::reply::NOT_DUE)).
    pub redelivered: Vec<&'a Inbound>,
    /// Events to leave unclaimed.
    pub deferred: Vec<&'a Inbound>,
    /// The conversation's own row; `None` when no event was applied. Written even if nothing in it changed: on a
    /// cluster with several writers this is where two transactions on one conversation meet.
    pub row: Option<ConversationRow>,
    /// What becomes of the tasks.
    pub changes: Changes,
    retold: Option<Retold>,
    /// Replies to store as owed, in place of one that is there: a claim may be pruned before the reply of its event.
    pub owed: Vec<Owed>,
    /// Of each event and its place in the batch. A reply is in [`Self::owed`] alone, where later events may change it.
    outcomes: Vec<(usize, &'a Inbound, Outcome)>,
}

/// What replies say that may quote a message taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Retold {
    messages: Arc<str>,
    /// Whether a task of the message was seen.
    quoted: bool,
}

/// A row of `owed_replies`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// What is to be sent.
    pub reply: OwedReply,
    /// The message it answers, so that an unsend can find it; empty when it answers none.
    pub message_id: String,
    /// When another process may take it over.
    pub due_at: Timestamp,
}

impl Batch {
    /// The events by conversation, the conversations in the order every process locks them in.
    ///
    /// [`StoreError::Refused`] when an id or reply token is longer than a store keeps.
    pub fn groups(&self) -> Result<Vec<Group<'_>>, StoreError> {
        let mut numbered: Vec<(usize, &Inbound)> = self.events.iter().enumerate().collect();
        for (_, event) in &numbered {
            check_lengths(event)?;
        }
        // Stable: events of one conversation keep their order.
        numbered.sort_by(|(_, one), (_, other)| one.key.conversation.cmp(&other.key.conversation));
        Ok(numbered
            .chunk_by(|(_, one), (_, next)| one.key.conversation == next.key.conversation)
            .filter_map(|events| {
                let (_, first) = events.first()?;
                Some(Group {
                    conversation: &first.key.conversation,
                    events: events.to_vec(),
                })
            })
            .collect())
    }
}

/// Some of the conversations of a batch.
#[derive(Clone)]
pub struct Part {
    /// With their events.
    pub batch: Batch,
    /// The place each of these events has in the whole.
    pub places: Vec<usize>,
}

impl Batch {
    /// Half of the conversations and the other half, for a store that cannot do all of it at once.
    pub fn halves(&self) -> Result<[Part; 2], StoreError> {
        let groups = self.groups()?;
        let (some, others) = groups.split_at(groups.len() / 2);
        let part = |groups: &[Group<'_>], replied: &Arc<[EventKey]>| {
            let events = groups.iter().flat_map(|group| &group.events);
            let (places, events): (Vec<_>, Vec<_>) = events
                .map(|(place, event)| (*place, (*event).clone()))
                .unzip();
            Part {
                batch: Self {
                    events: events.into(),
                    replied: Arc::clone(replied),
                    ..self.clone()
                },
                places,
            }
        };
        Ok([part(some, &self.replied), part(others, &Arc::default())])
    }
}

/// The outcomes of plans, in the order of the events of their batch.
#[derive(Debug, Default)]
pub struct Outcomes(Vec<(usize, Outcome)>);

impl Outcomes {
    /// One for each event.
    pub fn in_order(mut self) -> Vec<Outcome> {
        self.0.sort_unstable_by_key(|(place, _)| *place);
        self.0.into_iter().map(|(_, outcome)| outcome).collect()
    }
}

/// Of each plan only what is left to be said after it was written is kept: not the tasks, which may be many.
impl<'a> FromIterator<Plan<'a>> for Outcomes {
    fn from_iter<I: IntoIterator<Item = Plan<'a>>>(plans: I) -> Self {
        Self(plans.into_iter().flat_map(Plan::into_outcomes).collect())
    }
}

/// Each with the place of its event in the batch.
impl Extend<(usize, Outcome)> for Outcomes {
    fn extend<I: IntoIterator<Item = (usize, Outcome)>>(&mut self, outcomes: I) {
        self.0.extend(outcomes);
    }
}

impl<'a> Group<'a> {
    /// Whose events these are.
    pub fn conversation(&self) -> &'a ConversationId {
        self.conversation
    }

    /// The events, in order.
    pub fn events(&self) -> impl ExactSizeIterator<Item = &'a Inbound> {
        self.events.iter().map(|(_, event)| *event)
    }

    /// Whether the tasks closed at the undoable revisions must be loaded too.
    pub fn needs_closed_tasks(&self) -> bool {
        self.events().any(|event| event.input.needs_closed_tasks())
    }

    /// Decides every event that is new and says what to write.
    ///
    /// `conversation` is as stored, or the default where there is none yet. `claimed` says for each event, in the
    /// order of [`Self::events`], whether an earlier transaction claimed it; what it lacks counts as not claimed.
    pub fn plan(
        &self,
        decide: &dyn Decide,
        mut conversation: Conversation,
        claimed: &[bool],
    ) -> Plan<'a> {
        let mut plan = Plan {
            conversation: self.conversation,
            claims: Vec::with_capacity(self.events.len()),
            redelivered: Vec::new(),
            deferred: Vec::new(),
            row: None,
            changes: Changes::default(),
            retold: None,
            owed: Vec::with_capacity(self.events.len()),
            outcomes: Vec::with_capacity(self.events.len()),
        };
        let mut claimed = claimed.iter().copied();
        for (place, event) in &self.events {
            let claimed = claimed.next().unwrap_or(false);
            let same = |other: &&Inbound| other.key.event_id == event.key.event_id;
            // Linear: hardly any conversation has more than a few events in a batch.
            let outcome = if plan.deferred.iter().any(same) {
                Outcome::Deferred
            } else if plan.claims.iter().any(same) {
                plan.delivered_twice(event)
            } else if claimed || plan.redelivered.iter().any(same) {
                plan.redelivered(event)
            } else if plan.deferred.is_empty() {
                plan.decide(decide, &mut conversation, event)
            } else {
                plan.defer(event)
            };
            plan.outcomes.push((*place, event, outcome));
        }
        if !plan.claims.is_empty() {
            plan.row = Some(ConversationRow::encode(&conversation));
            plan.changes = conversation.list.changes();
        }
        plan
    }
}

impl<'a> Plan<'a> {
    /// What every reply stored as owed says from now on ([`Verdict::Retell`]), if it may quote what was taken back.
    /// `forgot`: whether a task of [`Changes::forgotten_messages`] was deleted, which may not have been loaded. What made
    /// no task is quoted nowhere.
    pub fn retold(&self, forgot: bool) -> Option<&Arc<str>> {
        let retold = self.retold.as_ref()?;
        (retold.quoted || forgot).then_some(&retold.messages)
    }

    /// Each with the place of its event in the batch.
    fn into_outcomes(self) -> impl Iterator<Item = (usize, Outcome)> {
        let Self { outcomes, owed, .. } = self;
        outcomes.into_iter().map(move |(place, event, outcome)| {
            let Outcome::Applied(_) = outcome else {
                return (place, outcome);
            };
            let reply = owed.iter().find(|owed| owed.reply.key == event.key);
            (
                place,
                Outcome::Applied(reply.map(|owed| owed.reply.clone())),
            )
        })
    }

    fn decide(
        &mut self,
        decide: &dyn Decide,
        conversation: &mut Conversation,
        event: &'a Inbound,
    ) -> Outcome {
        let language = conversation.language;
        let quoted = matches!(&event.input, Input::Unsent { message_id } if conversation.list.has_task_of(message_id));
        let verdict = decide.decide(conversation, event);
        if verdict == Verdict::Defer {
            conversation.language = language;
            return self.defer(event);
        }
        conversation.note(event);
        self.claims.push(event);
        if let Input::Unsent { message_id } = &event.input {
            self.forget(message_id);
        }
        match (verdict, &event.reply_token) {
            (Verdict::Retell(messages), _) => self.retell(messages, quoted),
            (Verdict::Reply(messages), Some(token)) => {
                let reply = OwedReply {
                    key: event.key.clone(),
                    reply_token: Arc::from(token.as_str()),
                    messages,
                    received_at: event.received_at,
                };
                self.owed.push(Owed {
                    reply,
                    message_id: event.input.message_id().to_owned(),
                    due_at: event.due_at,
                });
            }
            _ => {}
        }
        Outcome::Applied(None)
    }

    fn defer(&mut self, event: &'a Inbound) -> Outcome {
        self.deferred.push(event);
        Outcome::Deferred
    }

    fn redelivered(&mut self, event: &'a Inbound) -> Outcome {
        self.redelivered.push(event);
        Outcome::Duplicate
    }

    /// Twice in one batch: its reply is about to be sent by this process, so it stays taken, with the later times.
    fn delivered_twice(&mut self, event: &Inbound) -> Outcome {
        for owed in &mut self.owed {
            if owed.reply.key.event_id == event.key.event_id {
                owed.reply.received_at = event.received_at;
                owed.due_at = event.due_at;
            }
        }
        Outcome::Duplicate
    }

    /// Replies to a message taken back in the same batch are not sent.
    fn forget(&mut self, message_id: &str) {
        self.owed.retain(|owed| owed.message_id != message_id);
    }

    /// Replies of the same batch may quote a message taken back after them, if it made a task.
    fn retell(&mut self, messages: Arc<str>, quoted: bool) {
        if quoted {
            for owed in &mut self.owed {
                owed.reply.messages = Arc::clone(&messages);
            }
        }
        let before = self.retold.as_ref().is_some_and(|retold| retold.quoted);
        self.retold = Some(Retold {
            messages,
            quoted: quoted || before,
        });
    }
}

fn check_lengths(event: &Inbound) -> Result<(), StoreError> {
    let token = event.reply_token.as_ref().map_or(0, String::len);
    for (what, length, limit) in [
        (
            "conversation id",
            event.key.conversation.0.len(),
            MAX_ID_BYTES,
        ),
        ("event id", event.key.event_id.len(), MAX_ID_BYTES),
        ("message id", event.input.message_id().len(), MAX_ID_BYTES),
        ("reply token", token, MAX_REPLY_TOKEN_BYTES),
    ] {
        StoreError::check_length(what, length, limit)?;
    }
    Ok(())
}
