-- The event id first: LINE's ids sort by time, so that rows go in at one end of the tree. Nothing is indexed by age:
-- every message would pay for it, and pruning can read the table from end to end.
CREATE TABLE IF NOT EXISTS events (
    event_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (event_id, conversation_id)
) STRICT, WITHOUT ROWID;
