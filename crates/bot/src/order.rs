//! One reply after the other in each conversation: the list a person sees last has to be the newest. Nobody waits for long,
//! though: a reply that LINE does not take within a second is overtaken.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use storage::ConversationId;
use tokio::sync::oneshot;

/// Of each conversation with replies on their way, those that stand in line.
#[derive(Default)]
pub(crate) struct Lines(Mutex<HashMap<ConversationId, Line>>);

struct Line {
    length: usize,
    last: Ahead,
}

/// Who stands in line before a reply: ready when it has left.
pub(crate) type Ahead = oneshot::Receiver<()>;

/// A place in a line; left when it is dropped.
pub(crate) struct Place {
    lines: Arc<Lines>,
    conversation: ConversationId,
    _left: oneshot::Sender<()>,
}

impl Lines {
    /// The last place in the line of a conversation, and who stands there before it, if anybody.
    pub(crate) fn join(self: &Arc<Self>, conversation: &ConversationId) -> (Place, Option<Ahead>) {
        let (left, last) = oneshot::channel();
        let place = Place {
            lines: Arc::clone(self),
            conversation: conversation.clone(),
            _left: left,
        };
        let mut lines = self.locked();
        let Some(line) = lines.get_mut(conversation) else {
            lines.insert(conversation.clone(), Line { length: 1, last });
            return (place, None);
        };
        line.length += 1;
        (place, Some(std::mem::replace(&mut line.last, last)))
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<ConversationId, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = self.lines.locked();
        let Some(line) = lines.get_mut(&self.conversation) else {
            return;
        };
        line.length -= 1;
        if line.length == 0 {
            lines.remove(&self.conversation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_forgotten_when_the_last_has_left_it() {
        let lines = Arc::new(Lines::default());
        let conversation = ConversationId("U1".into());
        let (first, nobody) = lines.join(&conversation);
        assert!(nobody.is_none());
        let (second, ahead) = lines.join(&conversation);
        let mut ahead = ahead.unwrap();
        assert!(matches!(
            ahead.try_recv(),
            Err(oneshot::error::TryRecvError::Empty)
        ));
        drop(first);
        assert!(matches!(
            ahead.try_recv(),
            Err(oneshot::error::TryRecvError::Closed)
        ));
        assert_eq!(lines.locked().len(), 1);
        drop(second);
        assert!(lines.locked().is_empty());
    }
}
