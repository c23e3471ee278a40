//! A bot from its start to its end.

use crate::mysql::MysqlDatabase;
use crate::support::{Bot, SECRET, linebot, request, sqlite, webhook};
use e2e::ports;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use tempfile::TempDir;

/// Nobody listens there: replies stay owed, which is not the matter of these tests.
const NO_LINE: (&str, &str) = ("LINE_API_BASE_URL", "http://127.0.0.1:1");

fn get(address: SocketAddr, path: &str) -> String {
    request(address, &format!("GET {path} HTTP/1.1"), "")
}

#[track_caller]
fn assert_status(answer: &str, status: u16) {
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "{answer}"
    );
}

#[test]
fn tables_that_are_missing_end_it_with_what_to_run() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), false);
    std::fs::write(folder.path().join("linebot.db"), "").unwrap();
    let variables = [
        ("DATABASE_URL", url.as_str()),
        ("LINE_CHANNEL_SECRET", SECRET),
        ("LINE_CHANNEL_ACCESS_TOKEN", "x"),
        ("LINEBOT_LISTEN", "127.0.0.1:0"),
    ];
    let complaint = linebot(&["serve"], &variables).failed(1);
    assert!(
        complaint.contains("not up to date (3 migrations missing)")
            && complaint.contains("hint: run: linebot migrate (on SQLite while no bot runs)"),
        "{complaint}"
    );
}

#[test]
fn a_stop_drains_first_and_a_second_signal_ends_it_at_once() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    let (mut bot, address) = Bot::serve(&[
        ("DATABASE_URL", &url),
        ("LINEBOT_DRAIN_SECONDS", "600"),
        NO_LINE,
    ]);
    assert_status(&get(address, "/readyz"), 200);

    bot.signal("TERM");
    bot.logged("stopping");
    assert_status(&get(address, "/readyz"), 503);
    let alive = get(address, "/healthz");
    assert_status(&alive, 200);
    assert!(
        alive.to_lowercase().contains("connection: close"),
        "{alive}"
    );

    bot.signal("TERM");
    assert_eq!(bot.ended().code(), Some(128 + 15));
}

#[test]
fn a_stop_without_drain_ends_with_0() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    for signal in ["TERM", "INT"] {
        let (mut bot, _) = Bot::serve(&[("DATABASE_URL", &url), NO_LINE]);
        bot.signal(signal);
        bot.logged("stopped");
        assert_eq!(bot.ended().code(), Some(0));
    }
}

#[test]
fn a_hangup_reads_the_secret_and_the_log_levels_again() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    let secret_file = folder.path().join("secret");
    let config = folder.path().join("linebot.toml");
    std::fs::write(&secret_file, "old\n").unwrap();
    std::fs::write(&config, "rust_log = \"info\"").unwrap();
    let (secret_path, config_path) = (secret_file.to_str().unwrap(), config.to_str().unwrap());
    let (mut bot, address) = Bot::serve(&[
        ("DATABASE_URL", &url),
        ("LINE_CHANNEL_SECRET_FILE", secret_path),
        ("LINEBOT_CONFIG", config_path),
        NO_LINE,
    ]);
    let check = r#"{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}"#;
    assert_status(&webhook(address, "old", "", check), 200);
    assert_status(&webhook(address, "new", "", check), 401);

    std::fs::write(&secret_file, "new\n").unwrap();
    bot.signal("HUP");
    bot.logged(
        "read the configuration again: channel secret, channel access token, levels of logs",
    );
    assert_status(&webhook(address, "new", "", check), 200);
    assert_status(&webhook(address, "old", "", check), 401);

    std::fs::write(&config, "rust_logs = \"warn\"").unwrap();
    bot.signal("HUP");
    let refused = bot.logged("the configuration cannot be read again; nothing was changed");
    assert!(
        refused["failure"]
            .as_str()
            .unwrap()
            .contains("did you mean rust_log?"),
        "{refused}"
    );
    assert_status(&webhook(address, "new", "", check), 200);
}

#[test]
fn a_database_that_is_away_at_the_start_makes_it_unready_but_alive() {
    let (bot, address) =
        Bot::serve(&[("DATABASE_URL", "mysql://bot@127.0.0.1:1/linebot"), NO_LINE]);
    assert_status(&get(address, "/readyz"), 503);
    assert_status(&get(address, "/healthz"), 200);
    let verbose = get(address, "/readyz?verbose");
    assert!(verbose.contains("database"), "{verbose}");
    drop(bot);
}

#[test]
fn a_webhook_is_one_line_of_json_without_what_was_said() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    let (mut bot, address) = Bot::serve(&[("DATABASE_URL", &url), NO_LINE]);
    let text = r#"{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[{"type":"message","mode":"active","timestamp":1462629479859,"source":{"type":"user","userId":"U4af4980629d7e9ae6a9d1d9bbd0a4a9c"},"webhookEventId":"01FZ74A0TDDPYRVKNK77XKC3ZR","deliveryContext":{"isRedelivery":false},"replyToken":"0f3779fba3b349968c5d07db31eab56f","message":{"id":"444573844083572737","type":"text","quoteToken":"q3Plxr4AgKd","text":"杏仁豆腐"}}]}"#;
    assert_status(
        &webhook(address, SECRET, "\r\nx-forwarded-for: 203.0.113.9", text),
        200,
    );
    let line = bot.logged("webhook");
    for (field, value) in [
        ("severity", "INFO"),
        ("level", "INFO"),
        ("method", "POST"),
        ("path", "/callback"),
        ("forwarded_for", "203.0.113.9"),
    ] {
        assert_eq!(line[field], value, "{line}");
    }
    assert_eq!(
        (line["status"].as_u64(), line["events"].as_u64()),
        (Some(200), Some(1)),
        "{line}"
    );
    assert!(
        line["time"]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .is_ok(),
        "{line}"
    );
    assert!(!line.to_string().contains("杏仁豆腐"), "{line}");
    bot.signal("TERM");
    let rest = bot.rest_of_log();
    assert!(
        !rest.contains("杏仁豆腐") && rest.contains("\"stopped\""),
        "{rest}"
    );
}

#[test]
fn a_taken_port_for_metrics_is_an_error_only_where_someone_asked_for_it() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    // If another program has it, all the better.
    let _usual = TcpListener::bind("0.0.0.0:9090");
    let (bot, address) = Bot::serve(&[
        ("DATABASE_URL", &url),
        ("LINEBOT_METRICS_LISTEN", ""),
        NO_LINE,
    ]);
    assert_status(&get(address, "/healthz"), 200);
    drop(bot);

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let metrics = taken.local_addr().unwrap().to_string();
    let variables = [
        ("DATABASE_URL", url.as_str()),
        ("LINE_CHANNEL_SECRET", SECRET),
        ("LINE_CHANNEL_ACCESS_TOKEN", "x"),
        ("LINEBOT_LISTEN", "127.0.0.1:0"),
        ("LINEBOT_METRICS_LISTEN", &metrics),
    ];
    let complaint = linebot(&["serve"], &variables).failed(1);
    assert!(
        complaint.contains(&metrics) && complaint.contains("LINEBOT_METRICS_LISTEN"),
        "{complaint}"
    );
}

/// Carries connections to `target` from a port that is only now opened.
fn forward(port: u16, target: String) {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    thread::spawn(move || {
        for incoming in listener.incoming() {
            let (incoming, outgoing) = (incoming.unwrap(), TcpStream::connect(&target).unwrap());
            for (mut from, mut to) in [
                (incoming.try_clone().unwrap(), outgoing.try_clone().unwrap()),
                (outgoing, incoming),
            ] {
                // Either side may end at any time.
                thread::spawn(move || std::io::copy(&mut from, &mut to).is_ok());
            }
        }
    });
}

#[tokio::test]
async fn a_database_that_comes_later_makes_it_ready_without_a_restart() {
    let Some(database) = MysqlDatabase::new().await else {
        return;
    };
    linebot(&["migrate"], &[("DATABASE_URL", &database.url)]).succeeded();
    let (_, server) = database.server.rsplit_once('@').unwrap();
    let server = server.trim_end_matches('/').to_owned();
    let port = ports::free(1).unwrap();
    let url = database.url.replace(&server, &format!("127.0.0.1:{port}"));
    let (mut bot, address) = Bot::serve(&[("DATABASE_URL", &url), NO_LINE]);
    assert_status(&get(address, "/readyz"), 503);

    forward(port, server);
    bot.logged("the database answers");
    assert_status(&get(address, "/readyz"), 200);
    drop(bot);
    database.remove().await;
}

#[test]
fn a_webhook_that_misses_its_path_is_logged_with_what_to_look_at() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    let (mut bot, address) = Bot::serve(&[("DATABASE_URL", &url), NO_LINE]);
    // Anybody's, of which the log is not told.
    assert_status(&request(address, "POST /other HTTP/1.1", ""), 404);
    let missed = "POST / HTTP/1.1\r\nx-line-signature: AAAA";
    assert_status(&request(address, missed, ""), 405);
    let line = bot.logged(
        "a webhook missed /callback: look at the URL in LINE's console, or run `linebot webhook get`",
    );
    assert_eq!(line["method"], "POST");
    assert_eq!(line["path"], "/");
    assert_eq!(line["status"], 405);
}
