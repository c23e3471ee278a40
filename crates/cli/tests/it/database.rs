//! What is said about a database that cannot be used.

use crate::mysql::MysqlDatabase;
use crate::support::{SECRET, linebot, sqlite};
use std::fs::File;
use tempfile::TempDir;

#[test]
fn a_file_that_is_no_database_is_called_that_with_what_to_check() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("letter.db");
    std::fs::write(&path, "Dear diary, this is no database. ".repeat(100)).unwrap();
    let url = format!("sqlite://{}", path.display());
    let variables = [
        ("DATABASE_URL", url.as_str()),
        ("LINE_CHANNEL_SECRET", SECRET),
        ("LINE_CHANNEL_ACCESS_TOKEN", "x"),
        ("LINE_API_BASE_URL", "http://127.0.0.1:1"),
        ("LINEBOT_LISTEN", "127.0.0.1:0"),
    ];
    for command in ["serve", "migrate", "export"] {
        let complaint = linebot(&[command], &variables).failed(1);
        assert!(
            complaint.contains("letter.db is not an SQLite database")
                && complaint.contains("hint: check that DATABASE_URL names the right database"),
            "{complaint}"
        );
        assert!(!complaint.contains("damaged"), "{complaint}");
    }
    let findings = linebot(&["doctor"], &variables).stdout;
    assert!(
        findings.contains("is not an SQLite database  (check that DATABASE_URL"),
        "{findings}"
    );
}

#[test]
fn a_folder_is_no_database() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().display());
    let variables = [
        ("DATABASE_URL", url.as_str()),
        ("LINE_CHANNEL_SECRET", SECRET),
        ("LINE_CHANNEL_ACCESS_TOKEN", "x"),
        ("LINEBOT_LISTEN", "127.0.0.1:0"),
    ];
    for command in [
        &["serve"][..],
        &["migrate"],
        &["migrate", "--plan"],
        &["export"],
        &["config", "check"],
    ] {
        let complaint = linebot(command, &variables).failed(2);
        assert!(
            complaint.contains("is a folder") && complaint.contains("linebot.db"),
            "{complaint}"
        );
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_database_in_parts_without_a_user_or_a_host_is_called_incomplete() {
    for (variable, missing) in [("DB_HOST", "DB_USER"), ("DB_USER", "DB_HOST")] {
        let variables = [(variable, "127.0.0.1")];
        for command in ["migrate", "export"] {
            let complaint = linebot(&[command], &variables).failed(2);
            let expected = format!("{missing} not set");
            assert!(complaint.contains(&expected), "{complaint}");
        }
        let complaint = linebot(&["serve"], &variables).failed(2);
        assert!(complaint.contains(&format!("{missing}\n")), "{complaint}");
    }
}

#[test]
fn a_user_of_the_database_needs_no_password() {
    let variables = [
        ("DB_HOST", "127.0.0.1"),
        ("DB_PORT", "1"),
        ("DB_USER", "bot"),
    ];
    let complaint = linebot(&["export"], &variables).failed(1);
    assert!(
        complaint.contains("the database is not available"),
        "{complaint}"
    );
}

#[test]
fn migrating_an_sqlite_file_that_a_bot_has_open_says_to_stop_it_first() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), false);
    std::fs::write(folder.path().join("linebot.db"), "").unwrap();
    // As a bot of the version before, whose tables are other ones, does.
    let lock = File::create(folder.path().join("linebot.db.lock")).unwrap();
    lock.lock().unwrap();
    let variables = [("DATABASE_URL", url.as_str())];
    let complaint = linebot(&["migrate"], &variables).failed(1);
    assert!(
        complaint.contains("linebot.db is in use by another process")
            && complaint.contains("stop that process first, also before migrating or importing"),
        "{complaint}"
    );
    linebot(&["migrate", "--plan"], &variables).succeeded();
    let help = linebot(&["migrate", "--help"], &[]).succeeded();
    assert!(help.contains("On SQLite stop the bot first"), "{help}");

    drop(lock);
    linebot(&["migrate"], &variables).succeeded();
}

#[test]
fn a_server_that_does_not_answer_is_named_with_what_to_check() {
    let url = "mysql://bot:hunter2@127.0.0.1:1/linebot";
    let (named, cure) = (
        "mysql://bot:***@127.0.0.1:1/linebot: ",
        "check host, port, user, password",
    );
    for command in ["migrate", "export"] {
        let complaint = linebot(&[command], &[("DATABASE_URL", url)]).failed(1);
        assert!(
            complaint.contains(&format!("cannot read the schema of {named}"))
                && complaint.contains(&format!("hint: {cure}")),
            "{complaint}"
        );
    }
    let variables = [
        ("DATABASE_URL", url),
        ("LINE_CHANNEL_SECRET", SECRET),
        ("LINE_CHANNEL_ACCESS_TOKEN", "x"),
        ("LINE_API_BASE_URL", "http://127.0.0.1:1"),
    ];
    let findings = linebot(&["doctor"], &variables).stdout;
    assert!(
        findings.contains("✗ database        cannot read the schema of ")
            && findings.contains(named)
            && findings.contains(&format!("({cure}")),
        "{findings}"
    );
}

#[test]
fn a_certificate_that_cannot_be_read_is_named() {
    let url = "mysql://bot:hunter2@127.0.0.1:1/linebot?ssl-ca=/nofile";
    for command in ["migrate", "export"] {
        let complaint = linebot(&[command], &[("DATABASE_URL", url)]).failed(2);
        assert!(
            complaint.contains("cannot read /nofile, named by ssl-ca: No such file")
                && !complaint.contains("hunter2"),
            "{complaint}"
        );
    }
}

#[tokio::test]
async fn a_user_who_may_not_make_tables_is_told_who_may() {
    let Some(mut database) = MysqlDatabase::new().await else {
        return;
    };
    let (name, server) = (database.name.clone(), database.server.clone());
    database
        .run(&format!(
            "CREATE USER '{name}'@'%' IDENTIFIED BY 'hunter2'; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON {name}.* TO '{name}'@'%'"
        ))
        .await;
    let (_, address) = server.rsplit_once('@').unwrap();
    let url = format!(
        "mysql://{name}:hunter2@{}/{name}",
        address.trim_end_matches('/')
    );
    let complaint = linebot(&["migrate"], &[("DATABASE_URL", &url)]).failed(1);
    assert!(
        complaint.contains("the database user may not do this")
            && complaint.contains("CREATE command denied")
            && complaint.contains("hint: run it as a user who may change tables: GRANT"),
        "{complaint}"
    );
    assert!(!complaint.contains("not available"), "{complaint}");
    database.run(&format!("DROP USER '{name}'@'%'")).await;
    database.remove().await;
}
