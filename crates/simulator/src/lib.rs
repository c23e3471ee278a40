#![doc = include_str!("../README.md")]

mod action;
mod api;
mod chat;
mod clock;
mod config;
mod delivery;
mod endpoint;
mod error;
mod fault;
mod id;
mod page;
mod recent;
mod server;
mod shared;
mod signature;
mod simulator;
mod validation;
mod webhook;
mod world;

pub use action::{Action, Mention};
pub use chat::Chat;
pub use clock::Clock;
pub use config::{
    Account, Channel, ChatMode, Config, Friendship, Group, GroupKind, Limits, Person, Quota,
    Redelivery,
};
pub use delivery::Delivery;
pub use endpoint::Endpoint;
pub use error::{Error, Refusal, StartError};
pub use fault::Fault;
pub use id::{ChatId, UserId};
pub use simulator::Simulator;
pub use world::{ApiCall, Attempt, DeliveryReport, DeliveryState, FailureReason, Message, Outcome};
