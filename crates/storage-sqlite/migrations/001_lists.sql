-- Everything of a conversation side by side, so that a message reads and writes one page of the file. `part` says what a
-- row is: 0 the conversation itself (its task_id is 0), 1 an open task, 2 a closed one. Open tasks are one range of the
-- key, however many are closed. The partial index is for pruning.
CREATE TABLE IF NOT EXISTS lists (
    conversation_id TEXT NOT NULL,
    part INTEGER NOT NULL,
    task_id INTEGER NOT NULL,
    -- A task, open or closed.
    title TEXT,
    message_id TEXT,
    added_revision INTEGER,
    added_at INTEGER,
    -- A closed task.
    closed_revision INTEGER,
    closed_at INTEGER,
    reason TEXT,
    -- The conversation itself.
    revision INTEGER,
    next_task_id INTEGER,
    undoable TEXT,
    unsent TEXT,
    language TEXT,
    left_at INTEGER,
    updated_at INTEGER,
    PRIMARY KEY (conversation_id, part, task_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS lists_by_left_at ON lists (left_at) WHERE left_at IS NOT NULL;
