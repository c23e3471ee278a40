//! One reply after the other in each conversation: the list a person sees last has to be the newest.

use crate::locked::locked;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use storage::ConversationId;
use tokio::sync::oneshot;

/// Of each conversation with replies on their way, the queue of those.
#[derive(Default)]
pub(crate) struct Queues(Mutex<HashMap<ConversationId, Queue>>);

struct Queue {
    length: usize,
    last: Ahead,
    /// Whether somebody took a message back meanwhile.
    outdated: bool,
}

/// Who is ahead of a reply: ready when it has left the queue.
pub(crate) type Ahead = oneshot::Receiver<()>;

/// Being in a queue, which is left when this is dropped.
pub(crate) struct Queued {
    queues: Arc<Queues>,
    conversation: ConversationId,
    _left: oneshot::Sender<()>,
}

impl Queues {
    /// Whether a reply of this conversation is on its way.
    pub(crate) fn has(&self, conversation: &ConversationId) -> bool {
        self.locked().contains_key(conversation)
    }

    /// Takes the last place in the queue of a conversation; says who is ahead, if anybody.
    pub(crate) fn join(self: &Arc<Self>, conversation: &ConversationId) -> (Queued, Option<Ahead>) {
        let (left, last) = oneshot::channel();
        let place = Queued {
            queues: Arc::clone(self),
            conversation: conversation.clone(),
            _left: left,
        };
        let mut queues = self.locked();
        if let Some(queue) = queues.get_mut(conversation) {
            queue.length += 1;
            return (place, Some(std::mem::replace(&mut queue.last, last)));
        }
        let queue = Queue {
            length: 1,
            last,
            outdated: false,
        };
        queues.insert(conversation.clone(), queue);
        (place, None)
    }

    /// Somebody took a message back: replies that wait may quote it.
    pub(crate) fn outdate(&self, conversation: &ConversationId) {
        if let Some(queue) = self.locked().get_mut(conversation) {
            queue.outdated = true;
        }
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<ConversationId, Queue>> {
        locked(&self.0)
    }
}

impl Queued {
    /// Whether somebody took a message back while this reply was in the queue.
    pub(crate) fn is_outdated(&self) -> bool {
        let queues = self.queues.locked();
        queues
            .get(&self.conversation)
            .is_some_and(|queue| queue.outdated)
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        let mut queues = self.queues.locked();
        let Some(queue) = queues.get_mut(&self.conversation) else {
            return;
        };
        queue.length -= 1;
        if queue.length == 0 {
            queues.remove(&self.conversation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot::error::TryRecvError;

    #[test]
    fn a_queue_is_forgotten_when_the_last_has_left_it() {
        let queues = Arc::new(Queues::default());
        let conversation = ConversationId("U1".into());
        let (first, nobody) = queues.join(&conversation);
        assert!(nobody.is_none());
        let (second, ahead) = queues.join(&conversation);
        let mut ahead = ahead.unwrap();
        assert_eq!(ahead.try_recv(), Err(TryRecvError::Empty));
        drop(first);
        assert_eq!(ahead.try_recv(), Err(TryRecvError::Closed));
        assert!(queues.has(&conversation));
        drop(second);
        assert!(queues.locked().is_empty());
    }
}
