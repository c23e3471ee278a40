//! Events of a webhook that were not understood: skipped, and told of in the log, as LINE adds types without notice
//! (<https://developers.line.biz/en/docs/messaging-api/receiving-messages/#webhook-event-types>).

use bot::understand::Ignored;
use line::webhook::{Event, EventKind};

/// LINE's names of types and ids are shorter.
const LONGEST_WORD: usize = 64;

/// How many there were, and the first one: one line a webhook, whatever is in it.
#[derive(Default)]
pub(crate) struct Skipped {
    events: usize,
    first: Option<First>,
}

struct First {
    event_type: String,
    webhook_event_id: String,
}

impl Skipped {
    /// Counts `event` if it was ignored because it was not understood.
    pub(crate) fn count(&mut self, event: &Event<'_>, ignored: Ignored) {
        let event_type = match (&event.kind, ignored) {
            (EventKind::Unknown { event_type }, _) => event_type.as_deref().unwrap_or_default(),
            (kind, Ignored::Unidentified) => kind.name(),
            _ => return,
        };
        self.events += 1;
        self.first.get_or_insert_with(|| First {
            event_type: word(event_type),
            webhook_event_id: word(event.webhook_event_id.as_deref().unwrap_or_default()),
        });
    }

    /// One line if there were any.
    pub(crate) fn log(&self) {
        if let Some(first) = &self.first {
            tracing::info!(
                events = self.events,
                event_type = first.event_type,
                webhook_event_id = first.webhook_event_id,
                "skipped events that were not understood"
            );
        }
    }
}

/// A name or id of LINE's. Nothing else: it might be what somebody wrote.
fn word(text: &str) -> String {
    let is_word = text.len() <= LONGEST_WORD
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if is_word { text } else { "(not a word)" }.to_owned()
}
