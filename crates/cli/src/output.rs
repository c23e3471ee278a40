//! Data for stdout.

use crate::failure::Failure;
use std::io::{self, ErrorKind, Write};

/// Whether somebody still reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Write on.
    Listening,
    /// The other end of the pipe has what it wanted (`| head`): stop, without a fuss.
    Gone,
}

/// Writes to stdout.
pub(crate) fn print(text: &str) -> Result<Reader, Failure> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => Ok(Reader::Listening),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(Failure::failed(format!(
            "cannot write to standard output: {error}"
        ))),
    }
}
