-- What `undo` can bring back, until it is pruned.
CREATE TABLE IF NOT EXISTS closed_tasks (
    conversation_id VARBINARY(64) NOT NULL,
    task_id         BIGINT NOT NULL,
    title           TEXT NOT NULL,
    message_id      VARBINARY(64) NOT NULL,
    added_revision  BIGINT NOT NULL,
    added_at        BIGINT NOT NULL,
    closed_revision BIGINT NOT NULL,
    closed_at       BIGINT NOT NULL,
    reason          VARCHAR(8) NOT NULL,
    PRIMARY KEY (conversation_id, task_id),
    INDEX closed_tasks_by_closed_at (closed_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
