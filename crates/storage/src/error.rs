//! How a store can fail, as far as its caller must tell the cases apart.

/// How a store can fail. The cause is kept for the log and never shown to the person in the chat.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or does not answer in time. Trying again later may work.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] Cause),
    /// The database refused this batch. Its events are worth trying in smaller parts.
    #[error("the database refused the statement: {0}")]
    Refused(#[source] Cause),
    /// The database user lacks a privilege that only changing the schema takes.
    #[error("the database user may not do this: {0}")]
    Forbidden(#[source] Cause),
    /// What is stored cannot be what this program wrote; the text says what, as a sentence.
    #[error("the database is damaged: {0}")]
    Damaged(String),
}

/// What a backend's driver said.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

impl StoreError {
    /// [`StoreError::Refused`] with a text of ours.
    pub fn refused(why: impl Into<String>) -> Self {
        Self::Refused(why.into().into())
    }

    /// [`StoreError::Refused`] when `what` is longer than `limit` bytes. Backends cut or refuse on their own terms;
    /// this makes them agree.
    pub fn check_length(what: &str, bytes: usize, limit: usize) -> Result<(), Self> {
        if bytes <= limit {
            return Ok(());
        }
        Err(Self::refused(format!(
            "a {what} of {bytes} bytes is longer than {limit}"
        )))
    }
}
