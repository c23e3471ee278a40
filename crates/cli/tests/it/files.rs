//! How many files the system allows a bot to have open, each connection being one.

use crate::support::{Bot, request, sqlite};
use std::io::Read;
use std::net::TcpStream;
use tempfile::TempDir;

const NO_LINE: (&str, &str) = ("LINE_API_BASE_URL", "http://127.0.0.1:1");

/// Of the log line about too few files.
const TOO_FEW: &str = "too few files may be open";

#[test]
fn the_limit_of_open_files_is_raised_as_far_as_the_system_allows() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    let (bot, _) = Bot::serve_with_files("-Sn 64", &[("DATABASE_URL", &url), NO_LINE]);
    let (soft, hard) = bot.file_limits();
    assert_eq!(soft, hard);
}

#[test]
fn with_few_files_fewer_connections_are_served_and_probes_still_answered() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    let (bot, address) = Bot::serve_with_files("-n 512", &[("DATABASE_URL", &url), NO_LINE]);
    let warnings: Vec<&String> = bot
        .said_before
        .iter()
        .filter(|line| line.contains(TOO_FEW))
        .collect();
    assert_eq!(warnings.len(), 1, "{:?}", bot.said_before);
    let warning: serde_json::Value = serde_json::from_str(warnings[0]).unwrap();
    assert_eq!(
        (warning["files"].as_u64(), warning["wanted"].as_u64()),
        (Some(512), Some(1024)),
        "{warning}"
    );
    let served = usize::try_from(warning["connections"].as_u64().unwrap()).unwrap();
    assert!((128..512).contains(&served), "{warning}");
    assert!(
        warning["message"].as_str().unwrap().contains("ulimit -Hn"),
        "{warning}"
    );

    let mut idle: Vec<TcpStream> = (0..600)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    // Those past the limit are told, or cut off when they ask for nothing.
    for refused in idle.split_off(served) {
        let mut told = String::new();
        let _ = (&refused).read_to_string(&mut told);
        assert!(
            told.is_empty() || told.starts_with("HTTP/1.1 503 "),
            "{told}"
        );
    }
    for _ in 0..20 {
        let answer = request(address, "GET /healthz HTTP/1.1", "");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    drop(idle);
}

#[test]
fn what_fits_into_the_limit_is_served_without_a_word() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    let variables = [
        ("DATABASE_URL", url.as_str()),
        ("LINEBOT_MAX_CONNECTIONS", "100"),
        NO_LINE,
    ];
    let (bot, _) = Bot::serve_with_files("-n 512", &variables);
    assert!(
        !bot.said_before.iter().any(|line| line.contains(TOO_FEW)),
        "{:?}",
        bot.said_before
    );
}
