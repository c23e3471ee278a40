-- The partial index is for pruning; rows of conversations the bot is still in are not in it.
CREATE TABLE IF NOT EXISTS conversations (
    conversation_id TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    next_task_id INTEGER NOT NULL,
    undoable TEXT NOT NULL,
    unsent TEXT NOT NULL,
    language TEXT,
    left_at INTEGER,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS conversations_by_left_at
    ON conversations (left_at) WHERE left_at IS NOT NULL;
