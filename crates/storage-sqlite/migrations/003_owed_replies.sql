-- Small: a row lives until LINE took the reply. The long column comes last, so that a scan need not pass over it.
CREATE TABLE IF NOT EXISTS owed_replies (
    conversation_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    reply_token TEXT NOT NULL,
    messages TEXT NOT NULL,
    PRIMARY KEY (conversation_id, event_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS owed_replies_by_due_at ON owed_replies (due_at);
