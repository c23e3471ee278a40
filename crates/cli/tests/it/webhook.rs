//! `webhook` against a stand-in for LINE.

use crate::doctor::{TOKEN, World};
use crate::support::linebot;
use simulator::Config;
use std::io::{BufRead, BufReader, Read, Write};

#[tokio::test]
async fn the_webhook_url_is_shown_set_and_tested() {
    let world = World::new().await;
    let url = format!("http://{}/callback", world.address);
    assert_eq!(
        world.run(&["webhook", "get"], &[]).await.succeeded(),
        format!("{url}\nin use\n")
    );
    assert_eq!(
        world.run(&["webhook", "test"], &[]).await.succeeded(),
        "LINE reached the bot and got 200\n"
    );

    let set = world
        .run(&["webhook", "set", "https://bot.example.com/callback"], &[])
        .await
        .succeeded();
    assert!(
        set.starts_with("https://bot.example.com/callback\nset"),
        "{set}"
    );
    let shown = world.run(&["webhook", "get"], &[]).await.succeeded();
    assert!(
        shown.starts_with("https://bot.example.com/callback\n"),
        "{shown}"
    );

    let complaint = world
        .run(
            &["webhook", "get"],
            &[("LINE_CHANNEL_ACCESS_TOKEN", "wrong")],
        )
        .await
        .failed(1);
    assert!(
        complaint.contains("cannot get the webhook URL")
            && complaint.contains("hint: LINE does not accept the channel access token"),
        "{complaint}"
    );
}

#[tokio::test]
async fn a_webhook_url_that_is_not_in_use_or_not_set_is_told_with_the_cure() {
    let world = World::with(|config| Config {
        use_webhook: false,
        ..config
    })
    .await;
    let shown = world.run(&["webhook", "get"], &[]).await.succeeded();
    assert!(
        shown.ends_with("\nnot in use: switch \"Use webhook\" on in the LINE Developers Console\n"),
        "{shown}"
    );

    let world = World::without_webhook_url(|config| config).await;
    for command in ["get", "test"] {
        let complaint = world.run(&["webhook", command], &[]).await.failed(1);
        assert!(
            complaint.contains("no webhook URL is set")
                && complaint.contains("hint: run: linebot webhook set https://"),
            "{complaint}"
        );
    }
}

/// In place of LINE: reads a request to its end, refuses it, and says why.
fn refusing(details: &'static str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (connection, _) = listener.accept().unwrap();
        let mut request = BufReader::new(&connection);
        let mut length = 0;
        for line in request.by_ref().lines() {
            let line = line.unwrap().to_lowercase();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        request.read_exact(&mut vec![0; length]).unwrap();
        let length = details.len();
        let answer =
            format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {length}\r\n\r\n{details}");
        (&connection).write_all(answer.as_bytes()).unwrap();
    });
    url
}

#[test]
fn what_line_finds_wrong_with_a_webhook_url_is_passed_on() {
    let line = refusing(
        r#"{"message":"The request body has 1 error(s)","details":[{"message":"Invalid webhook endpoint","property":"endpoint"}]}"#,
    );
    let variables = [
        ("LINE_CHANNEL_ACCESS_TOKEN", TOKEN),
        ("LINE_API_BASE_URL", line.as_str()),
    ];
    let complaint = linebot(
        &["webhook", "set", "https://bot.example.com/callback"],
        &variables,
    )
    .failed(1);
    assert!(
        complaint.contains("has 1 error(s); endpoint: Invalid webhook endpoint"),
        "{complaint}"
    );
}

#[tokio::test]
async fn a_webhook_url_that_does_not_end_where_the_bot_listens_is_set_with_a_warning() {
    let world = World::new().await;
    for url in [
        "https://bot.example.com",
        "https://bot.example.com/",
        "https://bot.example.com/callback/",
        "https://bot.example.com/?to=/callback",
    ] {
        let set = world.run(&["webhook", "set", url], &[]).await;
        assert_eq!(set.code, Some(0), "{set:?}");
        assert!(set.stdout.contains("\nset; "), "{set:?}");
        let warning = &set.stderr;
        assert!(
            warning.lines().count() == 1 && warning.contains("the bot listens at /callback"),
            "{warning}"
        );
    }
    for url in [
        "https://bot.example.com/todo/callback",
        "https://bot.example.com/callback?x=1",
    ] {
        world.run(&["webhook", "set", url], &[]).await.succeeded();
    }
}

#[test]
fn a_webhook_url_line_would_refuse_is_not_sent() {
    for url in [
        "http://bot.example.com/callback",
        "bot.example.com",
        "https://",
        &format!("https://bot.example.com/{}", "x".repeat(500)),
    ] {
        let complaint = linebot(
            &["webhook", "set", url],
            &[
                ("LINE_CHANNEL_ACCESS_TOKEN", "x"),
                ("LINE_API_BASE_URL", "http://127.0.0.1:1"),
            ],
        )
        .failed(2);
        assert!(complaint.contains("webhook URL"), "{complaint}");
    }
}
