CREATE TABLE IF NOT EXISTS closed_tasks (
    conversation_id TEXT NOT NULL,
    task_id INTEGER NOT NULL,
    title TEXT NOT NULL,
    message_id TEXT NOT NULL,
    added_revision INTEGER NOT NULL,
    added_at INTEGER NOT NULL,
    closed_revision INTEGER NOT NULL,
    closed_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (conversation_id, task_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS closed_tasks_by_closed_at ON closed_tasks (closed_at);
