-- Open tasks only, so that loading a list reads nothing else.
CREATE TABLE IF NOT EXISTS tasks (
    conversation_id VARBINARY(64) NOT NULL,
    task_id         BIGINT NOT NULL,
    title           TEXT NOT NULL,
    message_id      VARBINARY(64) NOT NULL,
    added_revision  BIGINT NOT NULL,
    added_at        BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, task_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
