//! What the bot counts, under the names a Prometheus user expects.

use std::time::Duration;
use storage::Pruned;

/// A metric: its name, its kind and what it tells. The server registers them, so that dashboards exist before
/// traffic; the documentation lists them, and a test compares the two.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// With unit and, for counters, `_total`.
    pub name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// One sentence.
    pub help: &'static str,
}

macro_rules! metrics {
    ($($constant:ident $kind:literal $name:literal $help:literal)*) => {
        $(const $constant: &str = $name;)*
        /// Every metric of this crate.
        pub const ALL: &[Metric] = &[$(Metric { name: $name, kind: $kind, help: $help }),*];
    };
}

metrics! {
    EVENTS_APPLIED "counter" "linebot_events_applied_total" "Events applied, each once."
    EVENTS_DUPLICATE "counter" "linebot_events_duplicate_total" "Events recognised as delivered before."
    EVENTS_IGNORED "counter" "linebot_events_ignored_total" "Events the bot has no use for, by type."
    BATCHES "counter" "linebot_batches_total" "Transactions, by result."
    BATCH_EVENTS "histogram" "linebot_batch_events" "Events that shared a transaction."
    BATCH_SECONDS "histogram" "linebot_batch_duration_seconds" "Duration of a transaction, from begin to durable."
    REPLIES_SENT "counter" "linebot_replies_sent_total" "Replies LINE accepted."
    REPLIES_ALREADY_SENT "counter" "linebot_replies_already_sent_total" "Repeated replies LINE refused, as their token was used before."
    REPLIES_UNDELIVERABLE "counter" "linebot_replies_undeliverable_total" "Replies LINE refused for good, or whose token ran out."
    REPLIES_LATER "counter" "linebot_replies_left_for_later_total" "Replies left owed in the database, to be tried again."
    REPLIES_OWED "gauge" "linebot_replies_owed" "Replies owed in the database."
    PRUNED "counter" "linebot_pruned_rows_total" "Old rows deleted, by kind."
}

pub(crate) fn event_applied() {
    metrics::counter!(EVENTS_APPLIED).increment(1);
}

pub(crate) fn event_duplicate() {
    metrics::counter!(EVENTS_DUPLICATE).increment(1);
}

/// An event was set aside.
pub(crate) fn event_ignored(kind: &'static str) {
    metrics::counter!(EVENTS_IGNORED, "type" => kind).increment(1);
}

pub(crate) fn batch(events: usize, duration: Duration, ok: bool) {
    metrics::counter!(BATCHES, "result" => if ok { "committed" } else { "failed" }).increment(1);
    // A transaction that only marks replies says nothing of how events gather.
    if events > 0 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a batch holds at most some hundred events"
        )]
        metrics::histogram!(BATCH_EVENTS).record(events as f64);
    }
    metrics::histogram!(BATCH_SECONDS).record(duration);
}

pub(crate) fn reply_sent() {
    metrics::counter!(REPLIES_SENT).increment(1);
}

pub(crate) fn reply_already_sent() {
    metrics::counter!(REPLIES_ALREADY_SENT).increment(1);
}

pub(crate) fn reply_undeliverable() {
    metrics::counter!(REPLIES_UNDELIVERABLE).increment(1);
}

pub(crate) fn reply_left_for_later() {
    metrics::counter!(REPLIES_LATER).increment(1);
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
pub(crate) fn owed_replies(owed: u64) {
    metrics::gauge!(REPLIES_OWED).set(owed as f64);
}

pub(crate) fn pruned(pruned: Pruned) {
    for (kind, rows) in [
        ("events", pruned.events),
        ("closed_tasks", pruned.closed_tasks),
        ("conversations", pruned.conversations),
        ("owed_replies", pruned.owed_replies),
    ] {
        metrics::counter!(PRUNED, "kind" => kind).increment(rows);
    }
}

/// Creates every counter whose labels are known at zero, so that dashboards exist before traffic, and alerts see the first
/// time too.
pub fn create() {
    for name in [
        EVENTS_APPLIED,
        EVENTS_DUPLICATE,
        REPLIES_SENT,
        REPLIES_ALREADY_SENT,
        REPLIES_UNDELIVERABLE,
        REPLIES_LATER,
    ] {
        metrics::counter!(name).absolute(0);
    }
    for result in ["committed", "failed"] {
        metrics::counter!(BATCHES, "result" => result).absolute(0);
    }
    pruned(Pruned::default());
    metrics::gauge!(REPLIES_OWED).set(0.0);
}
