use std::sync::Arc;

use crate::error::Error;
use crate::shared::Shared;
use crate::world::{Attempt, DeliveryReport, Message, Outcome, World};

/// A webhook event on its way to the bot.
#[derive(Clone)]
pub struct Delivery {
    shared: Arc<Shared>,
    number: u64,
}

impl Delivery {
    pub(crate) fn new(shared: Arc<Shared>, number: u64) -> Self {
        Self { shared, number }
    }

    /// Everything about this delivery so far.
    pub fn report(&self) -> Result<DeliveryReport, Error> {
        self.shared
            .with_world(|world| world.delivery(self.number))
            .ok_or(Error::Forgotten)
    }

    /// The id of the message the event is about.
    pub fn message_id(&self) -> Result<String, Error> {
        self.report()?.message_id.ok_or(Error::Forgotten)
    }

    /// Waits for the outcome of the first attempt.
    pub async fn first_outcome(&self) -> Result<Outcome, Error> {
        self.attempt_number(1).await
    }

    async fn attempt_number(&self, count: usize) -> Result<Outcome, Error> {
        let look = |world: &World| {
            let Some(attempts) = world.attempts(self.number) else {
                return Some(Err(Error::Forgotten));
            };
            attempts
                .get(count - 1)
                .map(|attempt: &Attempt| Ok(attempt.outcome.clone()))
        };
        self.shared
            .wait_for(&format!("attempt {count} of a webhook"), look)
            .await?
    }

    /// Waits until the event is delivered or given up.
    pub async fn settled(&self) -> Result<DeliveryReport, Error> {
        let settled = |world: &World| world.is_settled(self.number).then_some(());
        self.shared
            .wait_for("the end of a delivery", settled)
            .await?;
        self.report()
    }

    /// Sends the event again, marked as redelivered, however it fared so far; waits for the outcome.
    pub async fn redeliver(&self) -> Result<Outcome, Error> {
        let report = self.report()?;
        self.shared.send_again(&report.chat, self.number);
        self.attempt_number(report.attempts.len() + 1).await
    }

    /// Waits for the reply made with the reply token of this event.
    pub async fn reply(&self) -> Result<Vec<Message>, Error> {
        let chat = self.report()?.chat;
        let look = |world: &World| {
            let mut sends = world.chat(&chat)?.sends();
            sends
                .find(|sent| sent.answers == Some(self.number))
                .map(|sent| sent.messages.clone())
        };
        self.shared.wait_for("the reply to a webhook", look).await
    }
}
