use std::sync::Arc;

use serde_json::Value;

use crate::action::{Action, Mention};
use crate::delivery::Delivery;
use crate::error::Error;
use crate::id::{ChatId, UserId};
use crate::shared::Shared;
use crate::world::{self, Message, World};

/// A chat as one person has it open.
///
/// The methods named after what people do wait until the bot has answered the webhook the first time, well or
/// not; [`Chat::does`] does not wait.
#[derive(Clone)]
pub struct Chat {
    shared: Arc<Shared>,
    id: ChatId,
    speaker: UserId,
    /// The last send of the bot that [`Chat::next_reply`] gave.
    seen: u64,
}

impl Chat {
    pub(crate) fn new(shared: Arc<Shared>, id: ChatId, speaker: UserId) -> Self {
        let last = shared.with_world(|world| {
            world
                .chat(&id)
                .and_then(|chat| chat.sends().last().map(|sent| sent.number))
        });
        Self {
            shared,
            id,
            speaker,
            seen: last.unwrap_or(0),
        }
    }

    /// The conversation.
    pub fn id(&self) -> &ChatId {
        &self.id
    }

    /// Who has it open.
    pub fn speaker(&self) -> &UserId {
        &self.speaker
    }

    /// Does something; its webhook is queued behind those before it in this chat.
    pub fn does(&self, action: Action) -> Result<Delivery, Error> {
        let number = self.shared.act(&self.id, &self.speaker, action)?;
        Ok(Delivery::new(Arc::clone(&self.shared), number))
    }

    async fn does_and_waits(&self, action: Action) -> Result<Delivery, Error> {
        let delivery = self.does(action)?;
        delivery.first_outcome().await?;
        Ok(delivery)
    }

    /// Sends a text.
    pub async fn says(&self, text: &str) -> Result<Delivery, Error> {
        self.does_and_waits(Action::Text {
            text: text.to_owned(),
            mentions: Vec::new(),
        })
        .await
    }

    /// Sends a text that mentions the bot: where it says `@name`, else in front.
    pub async fn says_to_bot(&self, text: &str) -> Result<Delivery, Error> {
        self.does_and_waits(Action::Text {
            text: text.to_owned(),
            mentions: vec![Mention::Bot],
        })
        .await
    }

    /// Sends a text and waits for the reply to it.
    pub async fn asks(&self, text: &str) -> Result<Vec<Message>, Error> {
        self.says(text).await?.reply().await
    }

    /// Sends a sticker.
    pub async fn sends_sticker(&self) -> Result<Delivery, Error> {
        self.does_and_waits(Action::Sticker {
            package_id: "446".to_owned(),
            sticker_id: "1988".to_owned(),
        })
        .await
    }

    /// Sends a photo.
    pub async fn sends_image(&self) -> Result<Delivery, Error> {
        self.does_and_waits(Action::Image).await
    }

    /// Takes an own message back.
    pub async fn unsends(&self, message_id: &str) -> Result<Delivery, Error> {
        self.does_and_waits(Action::Unsend {
            message_id: message_id.to_owned(),
        })
        .await
    }

    /// Edits an own text, in a group, with the bot mentioned or not.
    pub async fn edits(
        &self,
        message_id: &str,
        text: &str,
        mentions: Vec<Mention>,
    ) -> Result<Delivery, Error> {
        let (message_id, text) = (message_id.to_owned(), text.to_owned());
        self.does_and_waits(Action::Edit {
            message_id,
            text,
            mentions,
        })
        .await
    }

    /// Adds the bot as a friend.
    pub async fn follows(&self) -> Result<Delivery, Error> {
        self.does_and_waits(Action::Follow).await
    }

    /// Blocks the bot.
    pub async fn blocks(&self) -> Result<Delivery, Error> {
        self.does_and_waits(Action::Block).await
    }

    /// Unblocks the bot.
    pub async fn unblocks(&self) -> Result<Delivery, Error> {
        self.does_and_waits(Action::Unblock).await
    }

    /// Invites the bot into the group.
    pub async fn invites_bot(&self) -> Result<Delivery, Error> {
        self.does_and_waits(Action::InviteBot).await
    }

    /// Removes the bot from the group.
    pub async fn removes_bot(&self) -> Result<Delivery, Error> {
        self.does_and_waits(Action::RemoveBot).await
    }

    /// Does something whose event is handed out instead of being sent: for webhooks with several events, or events
    /// beside broken ones. The reply token counts from now. See
    /// [`Simulator::post_events`](crate::Simulator::post_events).
    pub fn compose(&self, action: Action) -> Result<Value, Error> {
        let now = self.shared.clock.now();
        Ok(self
            .shared
            .with_world(|world| world.compose(&self.id, &self.speaker, action, now))?)
    }

    /// Waits for the next reply or push of the bot in this chat that this handle has not given yet, from the
    /// handle's making on.
    pub async fn next_reply(&mut self) -> Result<Vec<Message>, Error> {
        let (id, seen) = (&self.id, self.seen);
        let look = |world: &World| {
            world
                .chat(id)?
                .sends()
                .find(|sent| sent.number > seen)
                .cloned()
        };
        let sent = self
            .shared
            .wait_for(&format!("a message of the bot in chat {id}"), look)
            .await?;
        self.seen = sent.number;
        Ok(sent.messages)
    }

    /// Everything the bot said in this chat, as far as it is kept, oldest first.
    pub fn bot_messages(&self) -> Vec<Message> {
        self.shared.with_world(|world| {
            let sends = world
                .chat(&self.id)
                .into_iter()
                .flat_map(world::Chat::sends);
            sends.flat_map(|sent| sent.messages.clone()).collect()
        })
    }
}
