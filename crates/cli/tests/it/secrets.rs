//! Secrets: mounted as files, and never shown.

use crate::configuration::{Files, complaint, configured, effective};
use crate::support::linebot;
use linebot::config::keys::keys;

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
fn a_secret_file_is_one_line_and_a_byte_order_mark_is_not_part_of_it() {
    let files = Files::new();
    let read = |path: &str| configured(&[], &[("DB_PASSWORD_FILE", path)]);
    let marked = files.write("marked", "\u{feff}hunter2\r\n");
    let password = read(&marked).unwrap().settings.database.db_password;
    assert_eq!(
        password.as_ref().map(secrecy::ExposeSecret::expose_secret),
        Some("hunter2")
    );
    for two in ["old\nnew\n", "old\r\nnew", "old\rnew", "\nnew"] {
        let two = files.write("two", two);
        let complaint = complaint(&[], &[("DB_PASSWORD_FILE", &two)]);
        assert!(
            complaint.contains(&two)
                && complaint.contains("DB_PASSWORD_FILE")
                && complaint.contains("more than one line"),
            "{complaint}"
        );
        assert!(!complaint.contains("new"), "{complaint}");
    }
    assert!(
        complaint(
            &[],
            &[("DB_PASSWORD_FILE", &files.write("empty", "\u{feff}\n"))]
        )
        .contains("is empty")
    );
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

#[test]
fn a_password_where_a_scheme_should_stand_is_not_repeated() {
    for url in [
        format!("bot/{HIDDEN}@db:3306/linebot"),
        format!("{HIDDEN}@db:3306/linebot"),
    ] {
        let complaint = linebot(&["config", "check"], &[("DATABASE_URL", &url)]).failed(2);
        assert!(!complaint.contains(HIDDEN), "{complaint}");
        assert!(complaint.contains("not a URL"), "{complaint}");
    }
}

#[test]
fn a_password_in_another_url_is_refused_and_not_repeated() {
    let url = format!("http://bot:{HIDDEN}@host.example");
    for variable in ["LINE_API_BASE_URL", "OTEL_EXPORTER_OTLP_ENDPOINT"] {
        let complaint = linebot(&["config", "check"], &[(variable, &url)]).failed(2);
        assert!(!complaint.contains(HIDDEN), "{complaint}");
        assert!(
            complaint.contains(variable) && complaint.contains("leave them out"),
            "{complaint}"
        );
    }
}

#[test]
fn a_url_with_a_password_in_a_wrong_place_is_not_repeated() {
    for url in [
        format!("mysql://bot:{HIDDEN}@db.example/linebot"),
        format!("mysql://bot:x?{HIDDEN}"),
        format!("mariadb:bot:{HIDDEN}"),
        format!("https://bot:{HIDDEN}@db.example"),
    ] {
        let assigned = format!("--database={url}");
        for arguments in [
            &["migrate", &url][..],
            &["migrate", &assigned],
            &["config", "check", "--json", &url],
            &["import", &url],
            &["import", "lists.jsonl", &url],
            &["simulator", &url],
            &["completions", &url],
            &["migrate", "--db-port", &url],
            &["webhook", "test", "--line-api-base-url", &url],
            &["export", "--config", &url],
            &[&url],
        ] {
            let complaint = linebot(arguments, &[("DATABASE_URL", "sqlite:none.db")]);
            assert_ne!(complaint.code, Some(0), "{complaint:?}");
            assert!(!complaint.stderr.contains(HIDDEN), "{complaint:?}");
            assert!(!complaint.stdout.contains(HIDDEN), "{complaint:?}");
        }
    }
    let complaint = linebot(&["migrate", "mysql://bot:secret@db.example/linebot"], &[]).failed(2);
    assert!(
        complaint.contains("unexpected argument 'mysql://***'"),
        "{complaint}"
    );
}

#[test]
fn a_url_of_the_database_in_a_wrong_variable_is_not_repeated() {
    for variable in ["DB_PORT", "LINEBOT_LISTEN", "LINE_API_BASE_URL"] {
        let url = format!("mysql://bot:x/{HIDDEN}");
        let complaint = linebot(&["config", "check"], &[(variable, &url)]).failed(2);
        assert!(!complaint.contains(HIDDEN), "{complaint}");
        assert!(complaint.contains(variable), "{complaint}");
    }
}
