-- Claims: an event is here if and only if it was applied. LINE's event ids sort by time (ULID), so that rows are
-- added at the end.
CREATE TABLE IF NOT EXISTS events (
    event_id        VARBINARY(64) NOT NULL,
    conversation_id VARBINARY(64) NOT NULL,
    received_at     BIGINT NOT NULL,
    -- A random number of the transaction that claimed the event: whose claim a row is, ours or an earlier one.
    claim           BIGINT NOT NULL,
    PRIMARY KEY (event_id, conversation_id),
    INDEX events_by_received_at (received_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
