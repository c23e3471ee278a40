//! Rows can be spread over machines by conversation: every statement on the path of a message says of which
//! conversations, and a statement that does not is known here, with the reason why that is no harm.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const KEY: &str = "conversation_id";

/// The statements that name no conversation, and why they need not.
const ELSEWHERE: &[(&str, &str)] = &[
    ("COMMIT", "ends what the statements before it began"),
    ("ROLLBACK", "ends what the statements before it began"),
    ("PING", "readiness: any row of any machine will do"),
    (
        "TAKE_DUE",
        "recovery, every few seconds: what a dead process owed may be anywhere",
    ),
    ("COUNT_OWED", "a metric, every ten seconds"),
    (
        "OLD_EVENTS",
        "housekeeping: finds keys; their deletion names the conversations",
    ),
    ("OLD_CLOSED_TASKS", "housekeeping: as above"),
    ("OLD_OWED", "housekeeping: as above"),
    ("LEFT_CONVERSATIONS", "housekeeping: as above"),
    ("REPEATABLE_READ", "a setting of the session, for export"),
    ("EXPORT_AFTER", "export: everything, in order"),
    ("EXPORT_FIRST", "export: everything, in order"),
    ("EXPORT_TASKS", "export: a range of conversations"),
    ("EXPORT_CLOSED_TASKS", "export: a range of conversations"),
    ("LOCK_SCHEMA", "migration"),
    ("LOCK_SCHEMA_PATIENTLY", "migration"),
    ("CREATE_MIGRATIONS", "migration"),
    ("MIGRATIONS_TABLE", "migration"),
    ("APPLIED_MIGRATIONS", "migration, and a look at every start"),
    ("RECORD_MIGRATION", "migration"),
];

/// The names of all statements and their texts, from the one file that has them.
fn statements() -> BTreeMap<String, String> {
    let source = include_str!("../src/sql.rs");
    let (source, _) = source.split_once("pub fn texts()").expect("the list");
    let mut statements = BTreeMap::new();
    for item in source.split("\npub(crate) ").skip(1) {
        let (_, rest) = item.split_once(' ').expect("`static` or `const`");
        let (name, value) = rest.split_once(':').expect("a name and its type");
        let (value, _) = value.split_once(';').expect("the end of the item");
        let literals = value.split('"').skip(1).step_by(2);
        let text: String = literals.collect::<Vec<_>>().concat();
        let text = text.replace("\\\n", " ");
        statements.insert(
            name.to_owned(),
            text.split_whitespace().collect::<Vec<_>>().join(" "),
        );
    }
    statements
}

/// Whether a statement says which conversations it is about: by value, not by range.
fn names_its_conversations(text: &str) -> bool {
    let insert = text.replacen("INSERT IGNORE ", "INSERT ", 1);
    if let Some(rest) = insert.strip_prefix("INSERT INTO ") {
        let (_, columns) = rest.split_once('(').unwrap_or_default();
        let (columns, _) = columns.split_once(')').unwrap_or_default();
        return columns.split(", ").any(|column| column == KEY);
    }
    let Some((_, condition)) = text.split_once(" WHERE ") else {
        return false;
    };
    condition.split(" AND ").any(|part| {
        let list = part.split_once(" IN (").map(|(left, _)| left);
        let value = part.split_once(" = ?").map(|(left, _)| left);
        list.or(value).is_some_and(|left| {
            left.trim_matches(['(', ')'])
                .split(", ")
                .any(|column| column.trim_start_matches("c.") == KEY)
        })
    })
}

/// The tables that the migrations make, each with the columns of its primary key.
fn tables() -> BTreeMap<String, BTreeSet<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut tables = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("migrations") {
        let text = fs::read_to_string(entry.expect("a file").path()).expect("text");
        for table in text.split("CREATE TABLE IF NOT EXISTS ").skip(1) {
            let (name, rest) = table.split_once(" (").expect("columns");
            let (_, key) = rest.split_once("PRIMARY KEY (").expect("a primary key");
            let (key, _) = key.split_once(')').expect("its end");
            let key = key.split(", ").map(str::to_owned).collect();
            tables.insert(name.to_owned(), key);
        }
    }
    tables
}

fn vschema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/vitess/vschema.json");
    serde_json::from_str(&fs::read_to_string(path).expect("the VSchema")).expect("JSON")
}

#[test]
fn the_statements_read_here_are_those_that_are_sent() {
    let known = statements();
    for text in storage_mysql::texts() {
        let sent = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // A list has as many question marks as it has items: what stands before the first is the same.
        let (head, _) = sent.split_once('?').unwrap_or((&sent, ""));
        assert!(
            known.values().any(|text| text.starts_with(head)),
            "not found in sql.rs: {sent}"
        );
    }
    assert!(known.len() > 40, "{}", known.len());
}

#[test]
fn a_statement_names_its_conversations_or_is_known_to_need_none() {
    let elsewhere: BTreeMap<&str, &str> = ELSEWHERE.iter().copied().collect();
    for (name, text) in statements() {
        match elsewhere.get(name.as_str()) {
            None => assert!(
                names_its_conversations(&text),
                "{name} must say of which conversations, or be listed with a reason: {text}"
            ),
            Some(_) => assert!(
                !names_its_conversations(&text),
                "{name} names its conversations, so it need not be listed"
            ),
        }
    }
    let names = statements();
    for name in elsewhere.keys() {
        assert!(names.contains_key(*name), "there is no {name}");
    }
}

#[test]
fn a_range_or_another_column_does_not_count_as_naming_a_conversation() {
    for text in [
        "SELECT title FROM tasks WHERE conversation_id >= ? AND conversation_id <= ?",
        "DELETE FROM events WHERE (event_id) IN (?)",
        "SELECT conversation_id FROM tasks WHERE task_id = ?",
        "INSERT INTO events (event_id, received_at) VALUES (?,?)",
        "SELECT conversation_id FROM tasks",
    ] {
        assert!(!names_its_conversations(text), "{text}");
    }
}

#[test]
fn a_statement_is_about_one_table_or_joins_two_by_the_conversation() {
    for (name, text) in statements() {
        let words: Vec<&str> = text.split(' ').collect();
        let joins = text.matches(" JOIN ").count();
        let by_conversation = text
            .matches(" ON t.conversation_id = c.conversation_id")
            .count();
        assert_eq!(joins, by_conversation, "{name}: {text}");
        let sources: BTreeSet<&str> = words
            .windows(2)
            .filter(|pair| pair[0] == "FROM" || pair[0] == "INTO")
            .map(|pair| pair[1])
            .collect();
        assert!(sources.len() <= 1, "{name}: {sources:?}");
    }
}

#[test]
fn every_table_has_its_conversation_in_its_primary_key_and_in_the_vschema() {
    let vschema = vschema();
    assert_eq!(vschema["sharded"], true);
    let tables = tables();
    assert!(tables.len() >= 5, "{tables:?}");
    for (table, primary_key) in &tables {
        assert!(primary_key.contains(KEY), "{table}: {primary_key:?}");
        let vindex = &vschema["tables"][table]["column_vindexes"][0];
        assert_eq!(vindex["column"], KEY, "{table}");
        assert_eq!(vindex["name"], "by_conversation", "{table}");
    }
    assert_eq!(vschema["vindexes"]["by_conversation"]["type"], "xxhash");
    let listed = vschema["tables"].as_object().expect("tables");
    for table in listed.keys() {
        assert!(
            tables.contains_key(table) || table == "schema_migrations",
            "no migration makes {table}"
        );
    }
}
