//! What a message costs in this store, by batch size: `cargo run --release -p storage-sqlite --example batches`.
//!
//! Arguments: conversations, open tasks in each, messages to send, the one batch size to use. Every message adds a task or completes one, owes a
//! reply, and is marked as replied in the next batch. Compare by ratio within one run; machines are noisy.

use std::sync::Arc;
use std::time::{Duration, Instant};
use storage::{
    Batch, Conversation, ConversationId, ConversationRecord, Decide, EventKey, Inbound,
    LanguageHint, Outcome, Schema, Store, StoreError, Verdict,
};
use storage_sqlite::SqliteStore;
use todo::{Input, Language, Task, Timestamp};

struct Lists;

impl Decide for Lists {
    fn decide(&self, conversation: &mut Conversation, event: &Inbound) -> Verdict {
        let texts = todo::respond(
            &mut conversation.list,
            &event.input,
            Language::English,
            event.received_at,
        );
        Verdict::Reply(texts.join("\n").into())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StoreError> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse());
    let mut argument = |default: u64| match arguments.next() {
        Some(Ok(number)) => number,
        _ => default,
    };
    let (conversations, tasks, messages) = (argument(1_000), argument(5), argument(100_000));
    let sizes = match argument(0) {
        0 => vec![1, 8, 32, 64, 256],
        size => vec![size],
    };
    let folder = tempfile::tempdir().map_err(|error| StoreError::refused(error.to_string()))?;
    let path = folder.path().join("linebot.db");
    let store = SqliteStore::open(&path, true)?;
    store.migrate().await?;
    fill(&store, conversations, tasks).await?;
    store.close().await;

    let opening = Instant::now();
    let store = SqliteStore::open(&path, false)?;
    println!("opened in {:?}", opening.elapsed());
    println!("batch size | messages/s | CPU µs a message | commit p50, p99, longest | memory MiB");
    let mut sent = 0;
    for size in sizes {
        let share = messages.min(messages * size / 32) / size * size;
        let (start, cpu) = (Instant::now(), cpu_time());
        let mut commits = Vec::new();
        let mut replied = Vec::new();
        for first in (sent..sent + share).step_by(usize::try_from(size).unwrap_or(1)) {
            let events = (first..first + size).map(|n| message(n, conversations));
            let batch = Batch {
                events: events.collect(),
                replied: replied.into(),
                decide: Arc::new(Lists),
                deadline: Instant::now() + Duration::from_mins(1),
            };
            let began = Instant::now();
            let outcomes = store.commit(&batch).await?;
            commits.push(began.elapsed());
            replied = answered(outcomes);
        }
        sent += share;
        commits.sort_unstable();
        let percentile = |percent| {
            commits
                .get(commits.len() * percent / 100)
                .copied()
                .unwrap_or_default()
        };
        let (elapsed, cpu) = (start.elapsed(), cpu_time().saturating_sub(cpu));
        println!(
            "{size:10} | {:10} | {:16} | {:7.1?} {:7.1?} {:7.1?} | {:10}",
            u128::from(share) * 1_000_000 / elapsed.as_micros().max(1),
            format!(
                "{:.2}",
                cpu.as_secs_f64() * 1e6 / Duration::from_secs(share).as_secs_f64()
            ),
            percentile(50),
            percentile(99),
            commits.last().copied().unwrap_or_default(),
            memory_mib(),
        );
    }
    store.close().await;
    Ok(())
}

async fn fill(store: &SqliteStore, conversations: u64, tasks: u64) -> Result<(), StoreError> {
    for first in (0..conversations).step_by(1_000) {
        let records: Vec<ConversationRecord> = (first..conversations.min(first + 1_000))
            .map(|n| ConversationRecord {
                conversation: conversation(n),
                language: Some(Language::English),
                left_at: None,
                last_event_at: None,
                revision: 1,
                next_task_id: tasks,
                undoable: vec![1],
                unsent: Vec::new(),
                open: (0..tasks).map(task).collect(),
                closed: Vec::new(),
            })
            .collect();
        store.import(&records).await?;
    }
    Ok(())
}

fn task(id: u64) -> Task {
    Task {
        id,
        title: format!("something to do, number {id}"),
        message_id: format!("{id:018}"),
        added_revision: 1,
        added_at: Timestamp(1_700_000_000_000),
    }
}

/// An id as long as LINE's, in no order.
fn conversation(n: u64) -> String {
    let scattered = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    format!("U{scattered:016x}{n:016x}")
}

/// Each conversation in turn gets a task added, and on its next message completed.
fn message(n: u64, conversations: u64) -> Inbound {
    let received_at = Timestamp(1_700_000_000_000 + n.cast_signed());
    let who = n.wrapping_mul(7_919) % conversations;
    Inbound {
        key: EventKey {
            conversation: ConversationId(conversation(who).into()),
            event_id: format!("01H{n:023}").into(),
        },
        input: Input::Text {
            text: format!("errand {}", n / conversations / 2),
            message_id: format!("{n:018}"),
        },
        reply_token: Some(format!("{n:032x}")),
        happened_at: received_at,
        received_at,
        due_at: Timestamp(received_at.0 + 60_000),
        person: None,
        language: LanguageHint::NotAsked,
    }
}

fn answered(outcomes: Vec<Outcome>) -> Vec<EventKey> {
    let replies = outcomes.into_iter().filter_map(|outcome| match outcome {
        Outcome::Applied(reply) => reply,
        _ => None,
    });
    replies.map(|reply| reply.key).collect()
}

/// The CPU time of all threads of this process, on Linux.
fn cpu_time() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    threads
        .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok())
        .filter_map(|line| line.split(' ').next()?.parse().ok())
        .map(Duration::from_nanos)
        .sum()
}

/// The resident memory of this process, on Linux.
fn memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes: Option<u64> =
        resident.and_then(|size| size.split_whitespace().next()?.parse().ok());
    kibibytes.unwrap_or_default() / 1_024
}
