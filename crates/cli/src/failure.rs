//! How a command fails: one line that says what is wrong, one that says what to try, and an exit code.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

/// Why a command did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    message: String,
    hint: Option<String>,
    exit_code: u8,
}

impl Failure {
    /// It could not be done. Exit code 1.
    pub fn failed(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            exit_code: 1,
        }
    }

    /// It was asked for in a wrong way, or the configuration does not allow it. Exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            exit_code: 2,
            ..Self::failed(message)
        }
    }

    /// Says what to try.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// An address cannot be had; `setting` names another one.
    pub(crate) fn cannot_listen(address: SocketAddr, setting: &str, error: &io::Error) -> Self {
        Self::failed(format!("cannot listen on {address}: {error}"))
            .hint(format!("set {setting} to another address"))
    }

    /// An error with everything that caused it, on one line.
    pub fn chain(error: &dyn Error) -> String {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let next = error.to_string();
            // Some errors repeat their cause in their own text.
            if !text.ends_with(&next) {
                text.push_str(": ");
                text.push_str(&next);
            }
            cause = error.source();
        }
        text
    }

    /// What is wrong.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What to try.
    pub(crate) fn cure(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// What the process returns.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit_code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}", self.message.replace('\n', " "))?;
        match &self.hint {
            Some(hint) => write!(formatter, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl Error for Failure {}
