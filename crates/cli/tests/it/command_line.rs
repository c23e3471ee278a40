//! The command line: help, complaints, exit codes, pipes.

use crate::support::{Ended, SECRET, command, linebot, sqlite};
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::thread;
use tempfile::TempDir;

const COMMANDS: &[&[&str]] = &[
    &["dev"],
    &["serve"],
    &["simulator"],
    &["migrate"],
    &["doctor"],
    &["webhook", "get"],
    &["webhook", "set"],
    &["webhook", "test"],
    &["export"],
    &["import"],
    &["config", "check"],
    &["completions"],
    &["healthcheck"],
];

#[test]
fn help_names_every_command_the_precedence_and_the_exit_codes() {
    let help = linebot(&["--help"], &[]).succeeded();
    for command in COMMANDS {
        assert!(help.contains(command[0]), "{}", command[0]);
    }
    for part in [
        "flags, environment variables and a TOML file",
        "Examples:",
        "linebot dev",
        "Exit codes:",
        "0  done    1  failed    2  wrong usage",
    ] {
        assert!(help.contains(part), "{part}\n{help}");
    }
}

#[test]
fn every_command_explains_itself() {
    for command in COMMANDS {
        let help = linebot(&[command, &["--help"][..]].concat(), &[]).succeeded();
        assert!(help.contains("Usage: linebot"), "{help}");
    }
}

#[test]
fn help_may_be_asked_for_as_a_command() {
    for (asked, flag) in [
        (&["help"][..], &["--help"][..]),
        (&["help", "serve"], &["serve", "--help"]),
        (&["help", "webhook", "set"], &["webhook", "set", "--help"]),
    ] {
        let help = linebot(asked, &[]).succeeded();
        assert_eq!(help, linebot(flag, &[]).succeeded());
    }
}

#[test]
fn the_help_of_serve_names_every_variable_and_default_but_no_value_of_the_environment() {
    let help = linebot(
        &["serve", "--help"],
        &[
            ("LINE_CHANNEL_SECRET", "hunter2"),
            ("LINEBOT_DRAIN_SECONDS", "77"),
        ],
    )
    .succeeded();
    for part in [
        "[env: LINE_CHANNEL_SECRET]",
        "[env: LINE_CHANNEL_SECRET_FILE]",
        "[env: DB_PASSWORD_FILE]",
        "[default: 0.0.0.0:5000]",
        "LINEBOT_DRAIN_SECONDS",
        "SIGTERM",
    ] {
        assert!(help.contains(part), "{part}\n{help}");
    }
    assert!(!help.contains("hunter2") && !help.contains("77"), "{help}");
}

#[test]
fn the_version_is_told() {
    assert_eq!(
        linebot(&["--version"], &[]).succeeded(),
        format!("linebot {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn wrong_usage_ends_with_2() {
    for arguments in [
        &["severe"][..],
        &["serve", "--drain-secs", "1"],
        &["serve", "--drain-seconds", "x"],
        &["import"],
        &["import", "lists.jsonl", "--from-seed", "mysql://db/seed"],
        &["completions", "dosshell"],
        &[],
    ] {
        assert_eq!(linebot(arguments, &[]).code, Some(2), "{arguments:?}");
    }
    let import = linebot(&["import"], &[]).stderr;
    assert!(
        import.contains("<FILE|--from-seed <URL>>"),
        "both ways to import: {import}"
    );
    assert!(
        linebot(&["severe"], &[]).stderr.contains("'serve'"),
        "it says what was meant"
    );
}

#[test]
fn serve_names_everything_that_is_missing_at_once() {
    let complaint = linebot(&["serve"], &[]).failed(2);
    for part in [
        "LINE_CHANNEL_SECRET",
        "LINE_CHANNEL_ACCESS_TOKEN",
        "DATABASE_URL",
        "hint: ",
    ] {
        assert!(complaint.contains(part), "{complaint}");
    }
    let complaint = linebot(
        &["serve"],
        &[
            ("LINE_CHANNEL_SECRET", SECRET),
            ("LINE_CHANNEL_ID", "1"),
            ("DB_USER", "bot"),
        ],
    )
    .failed(2);
    assert!(complaint.contains("is missing DB_HOST\n"), "{complaint}");
}

#[test]
fn a_misspelt_variable_ends_every_command_with_settings() {
    for arguments in [
        &["serve"][..],
        &["dev"],
        &["migrate"],
        &["config", "check"],
        &["healthcheck"],
    ] {
        let complaint = linebot(arguments, &[("LINEBOT_LISTE", "127.0.0.1:1")]).failed(2);
        assert!(
            complaint.contains("did you mean LINEBOT_LISTEN?"),
            "{complaint}"
        );
    }
}

#[test]
fn a_database_file_that_is_not_there_is_an_error_and_not_made() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), false);
    let credentials = [
        ("LINE_CHANNEL_SECRET", SECRET),
        ("LINE_CHANNEL_ACCESS_TOKEN", "x"),
        ("LINEBOT_LISTEN", "127.0.0.1:0"),
        ("DATABASE_URL", &url),
    ];
    for arguments in [&["serve"][..], &["export"], &["import", "-"]] {
        let complaint = linebot(arguments, &credentials).failed(1);
        assert!(
            complaint.contains("there is no database at") && complaint.contains("linebot migrate"),
            "{complaint}"
        );
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn migrate_plans_without_touching_anything_then_makes_the_tables_once() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), false);
    let variables = [("DATABASE_URL", url.as_str())];
    let plan = linebot(&["migrate", "--plan"], &variables).succeeded();
    assert!(
        plan.contains("would apply") && plan.contains("1 lists") && plan.contains("CREATE TABLE"),
        "{plan}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    let applied = linebot(&["migrate"], &variables).succeeded();
    assert!(applied.contains("applied\n  1 lists\n"), "{applied}");
    for again in [&["migrate"][..], &["migrate", "--plan"]] {
        assert!(
            linebot(again, &variables)
                .succeeded()
                .contains("is up to date")
        );
    }
}

#[test]
fn a_database_url_without_a_known_kind_is_refused() {
    for url in [
        "postgres://db/linebot",
        "linebot.db",
        "sqlite:",
        "mysql://db",
    ] {
        linebot(&["migrate"], &[("DATABASE_URL", url)]).failed(2);
    }
}

#[test]
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(
            linebot(&["completions", shell], &[])
                .succeeded()
                .contains("healthcheck"),
            "{shell}"
        );
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_reason_to_complain() {
    let mut child = command(&["completions", "zsh"], &[])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = command(&["completions", "zsh"], &[])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let complaint = Ended::from(output).failed(1);
    assert!(
        complaint.contains("cannot write to standard output"),
        "{complaint}"
    );
}

/// A server that answers one request like this.
fn answering(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let length = connection.read(&mut request).unwrap();
        assert!(request[..length].starts_with(b"GET /healthz HTTP/1.1\r\n"));
        connection.write_all(answer.as_bytes()).unwrap();
    });
    address
}

#[test]
fn healthcheck_asks_the_bot_that_listens_here() {
    let living = answering("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n");
    linebot(&["healthcheck"], &[("LINEBOT_LISTEN", &living)]).succeeded();
    let ailing = answering("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n");
    assert!(
        linebot(&["healthcheck", "--listen", &ailing], &[])
            .failed(1)
            .contains("500 Internal Server Error")
    );
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    assert!(
        linebot(&["healthcheck", "--listen", &nobody], &[])
            .failed(1)
            .contains("cannot be asked")
    );
}

#[test]
fn what_a_command_does_not_use_need_not_be_right() {
    let living = answering("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n");
    let variables = [
        ("LINEBOT_LISTEN", living.as_str()),
        ("LINE_CHANNEL_SECRET_FILE", "/nowhere/secret"),
        ("LINEBOT_QUEUE_EVENTS", "many"),
    ];
    linebot(&["healthcheck"], &variables).succeeded();
    let complaint = linebot(&["serve"], &variables).failed(2);
    assert!(complaint.contains("/nowhere/secret"), "{complaint}");
}
