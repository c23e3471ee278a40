//! How many files the process may have open. A connection is one, and with none left nothing works: no probe is answered,
//! no reply reaches LINE.

use crate::config::{Configuration, Database, Settings};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use server::Limits;

/// Standard streams, sockets that listen, the runtime's own, certificates, name look-ups, the trace collector.
const OTHERS: usize = 32;

/// An SQLite file, its log and its shared memory, for the writer, the readers and copies, and the lock.
const SQLITE: usize = 32;

/// Shells and systemd allow 1,024 files, and programs to raise that themselves. Returns what holds from then on, `None`
/// for no limit.
fn raise() -> Option<usize> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // Where the system refuses, the lower one goes on to hold.
    let holds = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    holds.map(|most| usize::try_from(most).unwrap_or(usize::MAX))
}

/// The limits of the webhook's port: as configured, or with as few connections as there are files for, and a warning.
pub(crate) fn limits(configuration: &Configuration) -> Limits {
    let settings = &configuration.settings;
    let wanted = settings.server.max_connections.get();
    let others = others(settings, configuration.database.as_ref());
    let connections = match raise() {
        Some(files) if files < wanted + others => {
            let connections = fitting(files, others).min(wanted);
            let needed = wanted + others;
            tracing::warn!(
                files,
                connections,
                wanted,
                needed,
                "too few files may be open for LINEBOT_MAX_CONNECTIONS: fewer connections are served; raise the limit to \
                 what is needed (`ulimit -Hn`, systemd's LimitNOFILE), or lower the setting"
            );
            connections
        }
        _ => wanted,
    };
    Limits {
        max_connections: connections,
        header_timeout: settings.server.header_timeout_seconds,
    }
}

/// Files that are needed beside those of the webhook's connections.
fn others(settings: &Settings, database: Option<&Database>) -> usize {
    let database = match database {
        Some(Database::MysqlUrl(_) | Database::MysqlParts { .. }) => {
            usize::try_from(settings.database.database_connections.get()).unwrap_or(usize::MAX)
        }
        Some(Database::Sqlite(_)) | None => SQLITE,
    };
    let ports = Limits::RESERVE + Limits::METRICS.max_connections + Limits::RESERVE;
    database + ports + bot::MAX_CALLS + OTHERS
}

/// The connections for which there are files. A quarter in any case: seldom is all of the rest needed at once.
fn fitting(files: usize, others: usize) -> usize {
    files.saturating_sub(others).max(files / 4).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_has_its_files_and_connections_a_quarter_at_least() {
        assert_eq!(fitting(1024, 300), 724);
        assert_eq!(fitting(300, 300), 75);
        assert_eq!(fitting(2, 300), 1);
    }
}
