use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::endpoint::Endpoint;

/// What goes wrong with a call to the API, on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is done, the answer has this status.
    Status(u16),
    /// Nothing is done, the connection is closed without an answer.
    Drop,
    /// The call takes effect, then the connection is closed without an answer.
    AcceptThenDrop,
    /// The call takes effect at once, the answer comes this much later.
    AcceptThenDelay(Duration),
    /// Nothing is done and no answer comes until the client gives up.
    Hang,
}

impl Fault {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Drop => "drop",
            Self::AcceptThenDrop => "accept then drop",
            Self::AcceptThenDelay(_) => "accept then delay",
            Self::Hang => "hang",
        }
    }
}

/// A run of equal faults; runs keep "the next million calls fail" small.
struct Run {
    fault: Fault,
    left: u64,
}

/// The faults that are due.
#[derive(Default)]
pub(crate) struct Faults {
    calls: HashMap<Endpoint, VecDeque<Run>>,
    duplicate_webhooks: u64,
}

impl Faults {
    /// The next `count` calls of an endpoint meet this fault, after those already planned.
    pub(crate) fn plan(&mut self, endpoint: Endpoint, count: u64, fault: Fault) {
        if count > 0 {
            self.calls
                .entry(endpoint)
                .or_default()
                .push_back(Run { fault, left: count });
        }
    }

    /// The next `count` webhooks are posted twice.
    pub(crate) fn duplicate_webhooks(&mut self, count: u64) {
        self.duplicate_webhooks += count;
    }

    /// Nothing goes wrong any more.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The fault for a call that came in.
    pub(crate) fn take(&mut self, endpoint: Endpoint) -> Option<Fault> {
        let runs = self.calls.get_mut(&endpoint)?;
        let run = runs.front_mut()?;
        let fault = run.fault;
        run.left -= 1;
        if run.left == 0 {
            runs.pop_front();
        }
        Some(fault)
    }

    pub(crate) fn take_duplicate(&mut self) -> bool {
        let due = self.duplicate_webhooks > 0;
        self.duplicate_webhooks = self.duplicate_webhooks.saturating_sub(1);
        due
    }
}
