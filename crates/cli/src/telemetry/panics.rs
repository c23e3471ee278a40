//! A panic as a log line.

use std::panic;

/// Logs panics instead of printing them.
///
/// A formatted panic message can quote what was being worked on, such as a person's text: only the place is logged
/// then, and the message where it is a constant.
pub(super) fn log() {
    panic::set_hook(Box::new(|panic| {
        let message = panic.payload().downcast_ref::<&'static str>().copied();
        let location = panic.location().map(ToString::to_string);
        tracing::error!(
            location,
            panic_message = message,
            "a panic: this is a mistake in the program"
        );
    }));
}
