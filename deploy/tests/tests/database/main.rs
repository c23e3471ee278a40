//! The component mysql and its backups on a real MySQL: settings, users, TLS, probes, dump and restore.

mod server;

use server::{MySql, PASSWORDS, readiness, said, succeeded};
use std::fs::{self, File};
use std::process::Command;
use std::time::Duration;

/// MySQL's error numbers.
const ACCESS_DENIED: u32 = 1045;
const NO_PRIVILEGE_ON_DATABASE: u32 = 1044;
const NO_PRIVILEGE_ON_TABLE: u32 = 1142;
const TLS_REQUIRED: u32 = 3159;

fn password(name: &str) -> &'static str {
    PASSWORDS
        .iter()
        .find(|(known, _)| *known == name)
        .expect("it is there")
        .1
}

/// The tables, made by the program as the migration's pod makes them.
fn migrate(server: &MySql) {
    let output = Command::new(e2e::process::binary())
        .arg("migrate")
        .env("DB_HOST", "127.0.0.1")
        .env("DB_PORT", server.port.to_string())
        .env("DB_USER", "linebot_migrate")
        .env(
            "DB_PASSWORD_FILE",
            server.folder.join("secrets/migrate-password"),
        )
        .output()
        .expect("it runs");
    succeeded(&output);
}

#[test]
#[ignore = "needs MySQL and root: cargo xtask test"]
fn each_user_can_do_its_work_and_nothing_else() {
    let server = MySql::start();
    migrate(&server);
    let ask = |user: &str, file: &str, statement: &str| server.ask(user, password(file), statement);

    let app = |statement| ask("linebot_app", "password", statement);
    assert_eq!(
        app("SELECT COUNT(*) FROM linebot.tasks").as_deref(),
        Ok("0")
    );
    assert_eq!(
        app("CREATE TABLE linebot.x (id INT)"),
        Err(NO_PRIVILEGE_ON_TABLE)
    );
    assert_eq!(app("DROP TABLE linebot.tasks"), Err(NO_PRIVILEGE_ON_TABLE));
    assert_eq!(app("SELECT * FROM mysql.user"), Err(NO_PRIVILEGE_ON_TABLE));

    let backup = |statement| ask("linebot_backup", "backup-password", statement);
    assert_eq!(
        backup("SELECT COUNT(*) FROM linebot.tasks").as_deref(),
        Ok("0")
    );
    assert_eq!(
        backup("DELETE FROM linebot.tasks"),
        Err(NO_PRIVILEGE_ON_TABLE)
    );

    let migrate = |statement| ask("linebot_migrate", "migrate-password", statement);
    assert_eq!(
        migrate("CREATE DATABASE other"),
        Err(NO_PRIVILEGE_ON_DATABASE)
    );

    let monitor = |statement| ask("linebot_monitor", "monitor-password", statement);
    assert_eq!(monitor("SELECT 1").as_deref(), Ok("1"));
    assert_eq!(
        monitor("SELECT * FROM linebot.tasks"),
        Err(NO_PRIVILEGE_ON_TABLE)
    );
    succeeded(&readiness(&server));

    assert_eq!(
        ask("root", "root-password", "SELECT 1"),
        Err(ACCESS_DENIED),
        "root comes in through the socket only"
    );
    assert_eq!(
        server.ask("linebot_app", "wrong", "SELECT 1"),
        Err(ACCESS_DENIED)
    );
}

#[test]
#[ignore = "needs MySQL and root: cargo xtask test"]
fn settings_are_taken_over_and_a_client_without_tls_is_refused() {
    let server = MySql::start();
    let ask = |statement: &str| server.ask("linebot_app", password("password"), statement);
    for (setting, value) in [
        ("innodb_lock_wait_timeout", "2"),
        ("innodb_flush_log_at_trx_commit", "1"),
        ("sync_binlog", "1"),
        ("log_bin", "1"),
        ("gtid_mode", "ON"),
        ("collation_server", "utf8mb4_bin"),
        ("max_connections", "120"),
        ("transaction_isolation", "READ-COMMITTED"),
        ("local_infile", "0"),
        ("require_secure_transport", "1"),
    ] {
        assert_eq!(
            ask(&format!("SELECT @@{setting}")).as_deref(),
            Ok(value),
            "{setting}"
        );
    }
    // A backup reads whole tables, which may take any time.
    let longest_read = "SELECT @@SESSION.max_execution_time";
    let backup = server.ask("linebot_backup", password("backup-password"), longest_read);
    assert_eq!(backup.as_deref(), Ok("0"));
    assert!(ask("SHOW STATUS LIKE 'Ssl_version'").is_ok_and(|version| version.contains("TLSv1.")));
    // Also a user that somebody forgot to ask for it.
    let forgotten = "CREATE USER plain@'127.0.0.1' IDENTIFIED BY 'plain'";
    succeeded(&server.mysql("root", password("root-password"), &["--execute", forgotten]));
    let unencrypted = [
        "--host=127.0.0.1",
        "--ssl-mode=DISABLED",
        "--get-server-public-key",
        "--execute",
        "SELECT 1",
    ];
    for (user, password, error) in [
        ("linebot_app", password("password"), ACCESS_DENIED),
        ("plain", "plain", TLS_REQUIRED),
    ] {
        let refused = said(&server.mysql(user, password, &unencrypted));
        assert!(refused.contains(&format!("ERROR {error}")), "{refused}");
    }
}

#[test]
#[ignore = "needs MySQL and root: cargo xtask test"]
fn a_changed_password_works_at_once_and_the_one_before_until_the_next_change() {
    let server = MySql::start();
    let works = |password| server.ask("linebot_app", password, "SELECT 1").is_ok();
    server.write_password("password", "second");
    succeeded(&server.script("init/10-users.sh"));
    assert!(works("second") && works(password("password")));
    server.write_password("password", "third");
    succeeded(&server.script("init/10-users.sh"));
    assert!(works("third") && works("second") && !works(password("password")));
}

#[test]
#[ignore = "needs MySQL and root: cargo xtask test"]
fn a_backup_is_restored_unchanged_and_a_damaged_or_old_one_is_found() {
    let server = MySql::start();
    migrate(&server);
    // Bytes that a dump must not disturb.
    let rows =
        "INSERT INTO linebot.events VALUES ('1', x'00FF27225C0A', 1, 1), ('2', '\u{1f600}', 2, 2)";
    let inserted = server.ask("linebot_app", password("password"), rows);
    assert_eq!(inserted.as_deref(), Ok(""));

    succeeded(&server.script("scripts/backup.sh"));
    let backups = server.folder.join("backups");
    let file = fs::read_dir(&backups)
        .expect("a folder")
        .next()
        .expect("a file")
        .expect("an entry")
        .path();
    let good = fs::read(&file).expect("a backup");
    let checked = server.script("scripts/restore-check.sh");
    succeeded(&checked);
    assert!(
        said(&checked).contains("can be restored"),
        "{}",
        said(&checked)
    );

    let check = |what: &str| {
        fs::remove_dir_all(server.folder.join("work/data")).expect("the scratch data");
        let output = server.script("scripts/restore-check.sh");
        assert!(!output.status.success(), "{what}: {}", said(&output));
        said(&output)
    };
    fs::write(&file, &good[..good.len() / 2]).expect("a file");
    check("cut off");
    fs::write(&file, &good).expect("a file");
    let file = File::open(&file).expect("the backup");
    let written = file
        .metadata()
        .and_then(|data| data.modified())
        .expect("a time");
    file.set_modified(written - Duration::from_hours(27))
        .expect("a time");
    fs::create_dir_all(server.folder.join("work/data")).expect("a folder");
    assert!(check("old").contains("27 hours old"));
}

#[test]
#[ignore = "needs MySQL and root: cargo xtask test"]
fn a_week_of_days_four_sundays_and_six_firsts_are_kept() {
    let server = MySql::start();
    migrate(&server);
    let backups = server.folder.join("backups");
    let days = Command::new("bash")
        .args([
            "-c",
            "for d in {0..250}; do date --date=\"-$d days\" '+%F %u %d'; done",
        ])
        .output()
        .expect("date runs");
    let days = String::from_utf8_lossy(&days.stdout).into_owned();
    let mut expected = Vec::new();
    for (age, line) in days.lines().enumerate() {
        let [day, weekday, of_month] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let name = format!("linebot-{day}.sql.gz");
        fs::write(backups.join(&name), "").expect("a file");
        if age < 7 || (age < 28 && weekday == "7") || (age < 184 && of_month == "01") {
            expected.push(name);
        }
    }
    succeeded(&server.script("scripts/backup.sh"));
    let mut kept: Vec<String> = fs::read_dir(&backups)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    kept.sort();
    expected.sort();
    assert_eq!(kept, expected);
    assert!((14..=18).contains(&kept.len()), "{} backups", kept.len());
}
