-- Ids are bytes: no collation folds them, pads them with spaces or differs between MySQL and MariaDB.
-- Times are milliseconds since the Unix epoch.
CREATE TABLE IF NOT EXISTS conversations (
    conversation_id VARBINARY(64) NOT NULL,
    revision        BIGINT NOT NULL,
    next_task_id    BIGINT NOT NULL,
    undoable        TEXT NOT NULL,
    unsent          TEXT NOT NULL,
    language        VARCHAR(8) NULL,
    left_at         BIGINT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (conversation_id),
    INDEX conversations_by_left_at (left_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Open tasks only, so that loading a list reads nothing else.
CREATE TABLE IF NOT EXISTS tasks (
    conversation_id VARBINARY(64) NOT NULL,
    task_id         BIGINT NOT NULL,
    title           TEXT NOT NULL,
    message_id      VARBINARY(64) NOT NULL,
    added_revision  BIGINT NOT NULL,
    added_at        BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, task_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

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
