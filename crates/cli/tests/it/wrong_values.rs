//! Values that are refused, each with its name, the place it stands in and what was expected.

use crate::configuration::{Files, complaint, configured, effective};

#[test]
fn a_wrong_value_is_named_with_the_place_it_stands_in() {
    let files = Files::new();
    let file = files.write("linebot.toml", "queue_events = 0");
    for (flags, variables, parts) in [
        (
            vec![],
            vec![("LINEBOT_DRAIN_SECONDS", "soon")],
            ["`soon`", "LINEBOT_DRAIN_SECONDS", "whole number of seconds"],
        ),
        (
            vec![],
            vec![("LINEBOT_STOP_SECONDS", "18446744073709551615")],
            ["551615`", "LINEBOT_STOP_SECONDS", "from 0 to 86400"],
        ),
        (
            vec![],
            vec![("LINEBOT_MAX_CONNECTIONS", "18446744073709551615")],
            ["551615`", "LINEBOT_MAX_CONNECTIONS", "from 1 to 1000000"],
        ),
        (
            vec![],
            vec![("LINEBOT_LANGUAGE", "fr")],
            ["`fr`", "LINEBOT_LANGUAGE", "ja or en"],
        ),
        (
            vec![],
            vec![("LINEBOT_LISTEN", "5000")],
            ["`5000`", "LINEBOT_LISTEN", "expected an IP address"],
        ),
        (
            vec![],
            vec![("LINEBOT_LOG_FORMAT", "xml")],
            ["`xml`", "LINEBOT_LOG_FORMAT", "json"],
        ),
        (
            vec![],
            vec![("RUST_LOG", "infoo")],
            ["`infoo`", "RUST_LOG", "begin with a level"],
        ),
        (
            vec![("rust_log", "%%%")],
            vec![],
            ["`%%%`", "--rust-log", "begin with a level"],
        ),
        (
            vec![],
            vec![("LINEBOT_METRICS_LISTEN", "no")],
            ["`no`", "LINEBOT_METRICS_LISTEN", "or off"],
        ),
        (
            vec![],
            vec![("LINE_API_BASE_URL", "api.line.me")],
            ["`api.line.me`", "LINE_API_BASE_URL", "https://"],
        ),
        (
            vec![],
            vec![("LINEBOT_KEEP_EVENTS_DAYS", "0")],
            ["`0`", "LINEBOT_KEEP_EVENTS_DAYS", "days from 1"],
        ),
        (
            vec![("db_port", "mysql")],
            vec![],
            ["`mysql`", "--db-port", "from 1 to 65535"],
        ),
        (
            vec![("config", file.as_str())],
            vec![],
            ["`0`", "linebot.toml", "from 1 to 1000000"],
        ),
    ] {
        let complaint = complaint(&flags, &variables);
        assert!(
            parts.iter().all(|part| complaint.contains(part)),
            "{complaint}"
        );
    }
}

#[test]
fn a_number_that_would_stop_the_bot_or_make_it_useless_is_refused_in_the_words_of_people() {
    const HUGE: &str = "2305843009213693952";
    for (name, most) in [
        ("DB_PORT", "65535"),
        ("LINEBOT_DATABASE_CONNECTIONS", "10000"),
        ("LINEBOT_BODY_LIMIT_BYTES", "1073741824"),
        ("LINEBOT_MAX_CONNECTIONS", "1000000"),
        ("LINEBOT_QUEUE_EVENTS", "1000000"),
        ("LINEBOT_HEADER_TIMEOUT_SECONDS", "86400"),
        ("LINEBOT_BODY_TIMEOUT_SECONDS", "86400"),
        ("LINEBOT_KEEP_EVENTS_DAYS", "3652425"),
    ] {
        for value in ["0", HUGE, "-1", "1.5", "1e3", "x", &format!("{HUGE}{HUGE}")] {
            let complaint = complaint(&[], &[(name, value)]);
            assert!(
                complaint.contains(name)
                    && complaint.contains(&format!("`{value}`"))
                    && complaint.contains("expected a whole number")
                    && complaint.contains(&format!(" to {most}")),
                "{complaint}"
            );
        }
        configured(&[], &[(name, most)]).unwrap();
    }
    for name in ["LINEBOT_DRAIN_SECONDS", "LINEBOT_STOP_SECONDS"] {
        configured(&[], &[(name, "0")]).unwrap();
        complaint(&[], &[(name, HUGE)]);
    }
}

#[test]
fn the_host_of_the_database_is_a_name_or_an_address_alone() {
    for good in ["mysql-db", "db.example", "127.0.0.1", "::1", "2001:db8::1"] {
        let configuration = configured(&[], &[("DB_HOST", good)]).unwrap();
        assert_eq!(effective(&configuration, "db_host").value, good);
    }
    for bad in [
        "127.0.0.1:3306",
        "mysql-db:3306",
        "[::1]",
        "[::1]:3306",
        "mysql://u:hunter2@h/db",
        "mysql-db/linebot",
        "bot@mysql-db",
        "two hosts",
    ] {
        let complaint = complaint(&[], &[("DB_HOST", bad)]);
        assert!(
            complaint.contains("DB_HOST")
                && complaint.contains("expected a name or an address; its port stands in DB_PORT"),
            "{complaint}"
        );
        assert!(!complaint.contains("hunter2"), "{complaint}");
    }
}
