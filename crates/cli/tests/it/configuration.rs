//! Flags, environment and file: which wins, what is refused, what is never shown.

use crate::support::linebot;
use linebot::Failure;
use linebot::config::flags::Given;
use linebot::config::keys::keys;
use linebot::config::{Configuration, Database, Effective, Environment, load};
use std::path::PathBuf;
use tempfile::TempDir;

/// Files for one test.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn configured(
    flags: &[(&str, &str)],
    variables: &[(&str, &str)],
) -> Result<Configuration, Failure> {
    load(
        flags.iter().copied().collect::<Given>(),
        variables.iter().copied().collect::<Environment>(),
    )
}

fn effective(configuration: &Configuration, name: &str) -> Effective {
    configuration
        .effective
        .iter()
        .find(|effective| effective.name == name)
        .unwrap()
        .clone()
}

fn complaint(flags: &[(&str, &str)], variables: &[(&str, &str)]) -> String {
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
fn a_mounted_secret_wins_over_the_secret_in_the_same_place_and_loses_its_newline() {
    let files = Files::new();
    let mounted = files.write("secret", "mounted\r\n");
    let toml = files.write(
        "linebot.toml",
        &format!("line_channel_secret_file = \"{mounted}\"\nline_channel_secret = \"plain\""),
    );
    let secret = |flags: &[(&str, &str)], variables: &[(&str, &str)]| {
        let configuration = configured(flags, variables).unwrap();
        let secrets = configuration.settings.channel.secrets();
        let exposed: Vec<String> = secrets
            .iter()
            .map(|secret| secrecy::ExposeSecret::expose_secret(secret).to_owned())
            .collect();
        (
            exposed.join("+"),
            effective(&configuration, "line_channel_secret").origin,
        )
    };
    let in_environment = [
        ("LINE_CHANNEL_SECRET", "plain"),
        ("LINE_CHANNEL_SECRET_FILE", mounted.as_str()),
    ];
    assert_eq!(
        secret(&[], &in_environment),
        (
            "mounted".to_owned(),
            format!("{mounted}, named by LINE_CHANNEL_SECRET_FILE")
        )
    );
    assert_eq!(
        secret(&[("line_channel_secret", "flag")], &in_environment).0,
        "flag",
        "a flag is stronger than any variable"
    );
    assert_eq!(
        secret(&[("config", &toml)], &[]),
        ("mounted".to_owned(), format!("{mounted}, named by {toml}"))
    );
    assert_eq!(
        secret(
            &[("config", &toml)],
            &[("LINE_CHANNEL_SECRET", "new, old,")]
        )
        .0,
        "new+old",
        "several while one is replaced"
    );
}

#[test]
fn a_secret_that_a_mounted_one_overrules_is_noted() {
    let files = Files::new();
    let mounted = files.write("secret", "mounted");
    let toml = files.write(
        "linebot.toml",
        &format!("line_channel_secret_file = \"{mounted}\"\nline_channel_secret = \"plain\""),
    );
    let notes = |flags: &[(&str, &str)], variables: &[(&str, &str)]| {
        configured(flags, variables).unwrap().notes
    };
    let file = ("LINE_CHANNEL_SECRET_FILE", mounted.as_str());
    let both = [("LINE_CHANNEL_SECRET", "plain"), file];
    let note = format!(
        "LINE_CHANNEL_SECRET has no effect: the secret is read from {mounted}, named by LINE_CHANNEL_SECRET_FILE"
    );
    assert_eq!(notes(&[], &both), [&*note]);
    assert_eq!(notes(&[], &[file]), [""; 0]);
    assert_eq!(
        notes(&[("line_channel_secret", "flag")], &both),
        [""; 0],
        "a flag is stronger than any variable, as everywhere"
    );
    assert_eq!(
        notes(&[("config", &toml)], &[]),
        [format!(
            "line_channel_secret has no effect: the secret is read from {mounted}, named by {toml}"
        )]
    );
    let checked = linebot(&["config", "check"], &both).stdout;
    assert!(checked.contains(&format!("note: {note}\n")), "{checked}");
}

#[test]
fn a_secret_file_that_cannot_be_read_or_is_empty_is_an_error_that_names_it() {
    let files = Files::new();
    let missing = files.path("missing").to_str().unwrap().to_owned();
    let complaint_about = |path: &str| complaint(&[], &[("DB_PASSWORD_FILE", path)]);
    let text = complaint_about(&missing);
    assert!(
        text.contains(&missing) && text.contains("DB_PASSWORD_FILE"),
        "{text}"
    );
    assert!(complaint_about(&files.write("empty", "\n")).contains("is empty"));
}

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
            ["`5000`", "LINEBOT_LISTEN", "listen"],
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
            ["`mysql`", "--db-port", "invalid digit"],
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
        Some("DB_HOST")
    );
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
    assert_eq!(notes("http://127.0.0.1:8080"), Vec::<String>::new());
    assert_eq!(notes("https://api.line.me/"), Vec::<String>::new());
}

/// A value that must not come out anywhere.
const HIDDEN: &str = "hunter2hunter2";

#[test]
fn secrets_are_never_shown() {
    let url = format!("mysql://bot:{HIDDEN}@db.example/linebot");
    let secrets: Vec<_> = keys().iter().filter(|key| key.secret).collect();
    assert_eq!(secrets.len(), 4, "a new secret belongs into this test");
    let variables: Vec<(&str, &str)> = secrets
        .iter()
        .map(|key| {
            (
                key.variable.as_str(),
                if key.name == "database_url" {
                    url.as_str()
                } else {
                    HIDDEN
                },
            )
        })
        .collect();
    let given: Vec<(&str, &str)> = secrets
        .iter()
        .zip(&variables)
        .map(|(key, (_, value))| (key.name.as_str(), *value))
        .collect();
    for configuration in [
        configured(&[], &variables).unwrap(),
        configured(&given, &[]).unwrap(),
    ] {
        let shown = format!("{configuration:?} {configuration:#?}");
        assert!(!shown.contains(HIDDEN), "{shown}");
    }
    for arguments in [&["config", "check"][..], &["config", "check", "--json"]] {
        let checked = linebot(arguments, &variables).succeeded();
        assert!(!checked.contains(HIDDEN), "{checked}");
        assert!(
            checked.contains("mysql://bot:***@db.example/linebot"),
            "{checked}"
        );
    }
}

#[test]
fn a_wrong_secret_is_not_repeated_in_the_complaint() {
    let url = format!("postgres://bot:{HIDDEN}@db.example/linebot");
    for ended in [
        linebot(&["config", "check"], &[("DATABASE_URL", &url)]),
        linebot(&["migrate", "--database-url", &url], &[]),
    ] {
        let complaint = ended.failed(2);
        assert!(!complaint.contains(HIDDEN), "{complaint}");
        assert!(
            complaint.contains("unknown kind of database `postgres`"),
            "{complaint}"
        );
    }
}
