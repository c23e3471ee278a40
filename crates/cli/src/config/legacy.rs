//! The names of the Flask bot this one follows on from: its settings can be taken over as they are.

/// Old names and the variables they are now.
const OLD_NAMES: [(&str, &str); 6] = [
    ("LINECHANNELSECRET", "LINE_CHANNEL_SECRET"),
    ("LINECHANNELACCESSTOKEN", "LINE_CHANNEL_ACCESS_TOKEN"),
    ("DBHOST", "DB_HOST"),
    ("DBNAME", "DB_DATABASE"),
    ("DBUSER", "DB_USER"),
    ("DBPASS", "DB_PASSWORD"),
];

/// The old name of a variable.
pub(super) fn old_name(variable: &str) -> Option<&'static str> {
    OLD_NAMES
        .iter()
        .find(|(_, new)| *new == variable)
        .map(|(old, _)| *old)
}

/// The old variable that has no successor, and what to say about it.
pub(super) const IGNORED: (&str, &str) = (
    "DBCHARSET",
    "DBCHARSET is ignored: the tables are always utf8mb4",
);
