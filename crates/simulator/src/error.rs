use std::time::Duration;

use serde::Serialize;
use thiserror::Error;

/// Why something did not happen on the simulated platform.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Error {
    /// LINE's app or platform would not let the person do this.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What a handle waited for did not happen in time.
    #[error("{what} did not happen within {waited:?}\n{recent}")]
    TimedOut {
        /// What was waited for.
        what: String,
        /// How long.
        waited: Duration,
        /// The last webhooks and API calls, without any text of a person.
        recent: String,
    },
    /// The delivery is so old that the simulator has forgotten it.
    #[error("the simulator keeps no record of this webhook any more")]
    Forgotten,
}

/// Why a person could not do something.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Refusal {
    /// There is no such chat.
    #[error("there is no such chat")]
    UnknownChat,
    /// There is no such person.
    #[error("there is no such person")]
    UnknownPerson,
    /// The person is not in this chat.
    #[error("this person is not in the chat")]
    NotAMember,
    /// The person is in the group already.
    #[error("this person is in the group already")]
    AlreadyAMember,
    /// A message needs a text.
    #[error("there is nothing to send")]
    Empty,
    /// The text is longer than LINE's app lets a person send.
    #[error("the text is too long for LINE")]
    TooLong,
    /// A blocked bot must be unblocked first.
    #[error("the bot is blocked")]
    Blocked,
    /// Only a blocked bot can be unblocked.
    #[error("the bot is not blocked")]
    NotBlocked,
    /// The bot is a friend already.
    #[error("the bot is a friend already")]
    AlreadyAFriend,
    /// The bot is not in the group.
    #[error("the bot is not in the group")]
    BotAbsent,
    /// The bot is in the group already.
    #[error("the bot is in the group already")]
    BotPresent,
    /// There is no such message of this person, or it is not of the right kind.
    #[error("there is no such message of this person")]
    NotTheirMessage,
    /// This is possible in groups only.
    #[error("this is possible in groups only")]
    GroupsOnly,
    /// This is possible in a chat with the bot alone only.
    #[error("this is possible in a chat with the bot alone only")]
    OneToOneOnly,
    /// An id is taken, or is not of LINE's form.
    #[error("the id is taken or not of LINE's form")]
    BadId,
    /// A bound of [`Limits`](crate::Limits) is reached.
    #[error("a limit of the simulator is reached")]
    LimitReached,
}

/// Why a simulator did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The listener cannot be used.
    #[error("the listener cannot be used")]
    Listener(#[from] std::io::Error),
    /// The configured people or groups do not fit together.
    #[error("the configured people and groups do not fit together: {0}")]
    World(#[from] Refusal),
}
