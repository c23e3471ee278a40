//! Flags, environment and file: which wins, and what is refused.

use crate::support::linebot;
use linebot::Failure;
use linebot::config::flags::Given;
use linebot::config::{Configuration, Database, Effective, Environment, load};
use std::path::PathBuf;
use tempfile::TempDir;

/// Files for one test.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

pub(crate) fn configured(
    flags: &[(&str, &str)],
    variables: &[(&str, &str)],
) -> Result<Configuration, Failure> {
    load(
        flags.iter().copied().collect::<Given>(),
        variables.iter().copied().collect::<Environment>(),
    )
}

pub(crate) fn effective(configuration: &Configuration, name: &str) -> Effective {
    configuration
        .effective
        .iter()
        .find(|effective| effective.name == name)
        .unwrap()
        .clone()
}

pub(crate) fn complaint(flags: &[(&str, &str)], variables: &[(&str, &str)]) -> String {
    configured(flags, variables).unwrap_err().to_string()
}

#[test]
fn flags_win_over_the_environment_it_over_the_file_and_the_file_over_the_default() {
    let files = Files::new();
    let with = files.write("with.toml", "drain_seconds = 3");
    let without = files.write("without.toml", "language = \"en\"");
    let flag = ("drain_seconds", "1");
    let variable = ("LINEBOT_DRAIN_SECONDS", "2");
    for (flags, variables, file, seconds, origin) in [
        (vec![flag], vec![variable], &with, 1, "--drain-seconds"),
        (vec![flag], vec![variable], &without, 1, "--drain-seconds"),
        (vec![flag], vec![], &with, 1, "--drain-seconds"),
        (vec![], vec![variable], &with, 2, "LINEBOT_DRAIN_SECONDS"),
        (vec![], vec![variable], &without, 2, "LINEBOT_DRAIN_SECONDS"),
        (vec![], vec![], &with, 3, with.as_str()),
        (vec![], vec![], &without, 0, "default"),
    ] {
        let mut flags = flags;
        flags.push(("config", file));
        let configuration = configured(&flags, &variables).unwrap();
        assert_eq!(
            configuration.settings.server.drain_seconds.as_secs(),
            seconds
        );
        let effective = effective(&configuration, "drain_seconds");
        assert_eq!(
            (effective.origin.as_str(), effective.value),
            (origin, seconds.to_string())
        );
        assert_eq!(configuration.is_set("drain_seconds"), origin != "default");
    }
}

#[test]
fn the_variable_that_names_the_file_works_as_the_flag_does() {
    let files = Files::new();
    let file = files.write("linebot.toml", "language = \"en\"");
    let configuration = configured(&[], &[("LINEBOT_CONFIG", &file)]).unwrap();
    assert_eq!(configuration.settings.bot.language, todo::Language::English);
    let complaint = complaint(
        &[("config", files.path("none.toml").to_str().unwrap())],
        &[],
    );
    assert!(
        complaint.contains("none.toml") && complaint.contains("No such file"),
        "{complaint}"
    );
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let configuration = configured(
        &[],
        &[("LINEBOT_LANGUAGE", ""), ("LINE_CHANNEL_SECRET", "")],
    )
    .unwrap();
    assert_eq!(effective(&configuration, "language").origin, "default");
    assert!(configuration.missing().contains(&"LINE_CHANNEL_SECRET"));
}

#[test]
fn the_database_is_the_url_or_the_parts_whichever_stands_in_the_stronger_place() {
    let files = Files::new();
    let file = files.write("linebot.toml", "database_url = \"sqlite:///file.db\"");
    let config = ("config", file.as_str());
    let host = ("DB_HOST", "db.example");
    let url = ("DATABASE_URL", "mysql://bot:hunter2@other.example/linebot");
    for (flags, variables, database) in [
        (vec![config], vec![], Some("sqlite:///file.db")),
        (
            vec![config],
            vec![host, ("DB_USER", "bot"), ("DB_PASSWORD", "hunter2")],
            Some("mysql://bot:***@db.example:3306/linebot"),
        ),
        (
            vec![config],
            vec![host, url],
            Some("mysql://bot:***@other.example/linebot"),
        ),
        (
            vec![("database_url", "sqlite:///flag.db")],
            vec![host],
            Some("sqlite:///flag.db"),
        ),
        (
            vec![],
            vec![("DB_PORT", "3307"), ("DB_DATABASE", "lists"), host],
            Some("mysql://:***@db.example:3307/lists"),
        ),
        (vec![], vec![("DB_USER", "bot")], None),
    ] {
        let configuration = configured(&flags, &variables).unwrap();
        assert_eq!(
            configuration
                .database
                .as_ref()
                .map(Database::to_string)
                .as_deref(),
            database
        );
    }
    assert_eq!(
        configured(&[], &[("DB_USER", "bot")])
            .unwrap()
            .missing_of_database(),
        ["DB_HOST"]
    );
    for (variables, missing) in [
        (vec![host], vec!["DB_USER"]),
        (vec![host, ("DB_USER", "bot")], vec![]),
        (vec![host, ("DB_USER", "bot"), ("DB_PASSWORD", "x")], vec![]),
        (vec![host, url], vec![]),
    ] {
        let configuration = configured(&[], &variables).unwrap();
        assert_eq!(configuration.missing_of_database(), missing);
    }
}

#[test]
fn the_names_of_the_flask_bot_are_taken_when_ours_are_not_set() {
    let old = [
        ("LINECHANNELSECRET", "secret"),
        ("LINECHANNELACCESSTOKEN", "token"),
        ("DBHOST", "mysql-db"),
        ("DBNAME", "linebot"),
        ("DBUSER", "kota1110"),
        ("DBPASS", "password"),
        ("DBCHARSET", "utf8"),
    ];
    let configuration = configured(&[], &old).unwrap();
    assert_eq!(configuration.missing(), Vec::<&str>::new());
    assert_eq!(
        configuration.database.as_ref().unwrap().to_string(),
        "mysql://kota1110:***@mysql-db:3306/linebot"
    );
    assert_eq!(effective(&configuration, "db_host").origin, "DBHOST");
    for note in [
        "LINECHANNELSECRET is an old name: call it LINE_CHANNEL_SECRET",
        "LINECHANNELACCESSTOKEN is an old name: call it LINE_CHANNEL_ACCESS_TOKEN",
        "DBHOST is an old name: call it DB_HOST",
        "DBNAME is an old name: call it DB_DATABASE",
        "DBUSER is an old name: call it DB_USER",
        "DBPASS is an old name: call it DB_PASSWORD",
    ] {
        assert!(
            configuration.notes.iter().any(|line| line == note),
            "{note}: {:?}",
            configuration.notes
        );
    }
    assert!(
        configuration
            .notes
            .iter()
            .any(|note| note.starts_with("DBCHARSET is ignored"))
    );

    let both = configured(&[], &[("DBHOST", "old"), ("DB_HOST", "new")]).unwrap();
    assert_eq!(effective(&both, "db_host").value, "new");
    assert_eq!(
        both.notes,
        Vec::<String>::new(),
        "nothing to say about an old name that is not used"
    );
}

#[test]
fn plain_http_to_another_machine_is_noted() {
    let notes = |url| {
        configured(&[], &[("LINE_API_BASE_URL", url)])
            .unwrap()
            .notes
    };
    assert!(
        notes("http://line.example:8080")
            .iter()
            .any(|note| note.contains("plain HTTP"))
    );
    for elsewhere in [
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://192.168.0.7:8080",
        "http://[2001:db8::1]:8080",
    ] {
        assert_eq!(notes(elsewhere).len(), 1, "{elsewhere}");
    }
    for here in [
        "http://127.0.0.1:8080",
        "http://127.0.0.2",
        "http://localhost:8080",
        "http://LOCALHOST/line",
        "http://[::1]:8080",
    ] {
        assert_eq!(notes(here), Vec::<String>::new(), "{here}");
    }
    assert_eq!(notes("https://api.line.me/"), Vec::<String>::new());
}

#[test]
fn what_serve_would_refuse_is_not_called_right() {
    let good = [
        ("LINE_CHANNEL_SECRET", "0123456789abcdef0123456789abcdef"),
        ("LINE_CHANNEL_ACCESS_TOKEN", "token"),
        (
            "DATABASE_URL",
            "mysql://bot:x@db.example/linebot?ssl-mode=REQUIRED",
        ),
    ];
    let checked = linebot(&["config", "check"], &good).succeeded();
    assert!(checked.contains("linebot?ssl-mode=REQUIRED"), "{checked}");
    for (variable, value, complaint) in [
        (
            "DATABASE_URL",
            "mysql://bot:x@db.example/linebot?ssl-mode=bogus",
            "bogus",
        ),
        (
            "DATABASE_URL",
            "mysql://bot:x@db.example/linebot?foo=1",
            "`foo`",
        ),
        (
            "DATABASE_URL",
            "mysql://bot:x@db.example/linebot?ssl-ca=/none",
            "/none",
        ),
        ("DATABASE_URL", "mysql://db.example", "must name a database"),
        (
            "LINE_CHANNEL_ACCESS_TOKEN",
            "to ken",
            "LINE_CHANNEL_ACCESS_TOKEN",
        ),
        (
            "LINE_API_BASE_URL",
            "http://host:port",
            "`http://host:port`",
        ),
    ] {
        let variables =
            good.map(|(name, given)| (name, if name == variable { value } else { given }));
        let mut variables = variables.to_vec();
        if !good.iter().any(|(name, _)| *name == variable) {
            variables.push((variable, value));
        }
        let text = linebot(&["config", "check"], &variables).failed(2);
        assert!(text.contains(complaint), "{text}");
    }
}
