-- Replies stored with the changes they tell of, until LINE has accepted them.
CREATE TABLE IF NOT EXISTS owed_replies (
    conversation_id VARBINARY(64) NOT NULL,
    event_id        VARBINARY(64) NOT NULL,
    reply_token     VARBINARY(255) NOT NULL,
    messages        MEDIUMTEXT NOT NULL,
    message_id      VARBINARY(64) NOT NULL,
    received_at     BIGINT NOT NULL,
    due_at          BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, event_id),
    INDEX owed_replies_by_due_at (due_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
