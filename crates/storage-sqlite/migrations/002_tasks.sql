-- Open tasks only: a list is one range of the key.
CREATE TABLE IF NOT EXISTS tasks (
    conversation_id TEXT NOT NULL,
    task_id INTEGER NOT NULL,
    title TEXT NOT NULL,
    message_id TEXT NOT NULL,
    added_revision INTEGER NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, task_id)
) STRICT, WITHOUT ROWID;
