//! What the bot promises the person in the chat, told message by message.

mod chat;
mod examples;
mod limits;
mod meaning;
mod storing;
mod undo;
mod unsend;
