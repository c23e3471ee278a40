//! Nobody else gets in, nothing bad harms its neighbours, and nothing a person types breaks the bot.

use e2e::process::PATIENCE;
use e2e::{Database, Stage};
use serde_json::json;
use simulator::{Action, Person};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

fn says(text: &str) -> Action {
    Action::Text {
        text: text.to_owned(),
        mentions: Vec::new(),
    }
}

#[tokio::test]
async fn only_what_line_signed_is_read() -> anyhow::Result<()> {
    let stage = Stage::new(Database::sqlite()?).await?;
    let (_bot, _) = stage.serve().await?;
    let chat = stage.simulator.user(&Person::alex().id)?;
    let body = stage.simulator.webhook_body(&[chat.compose(says("milk"))?]);
    let signature = stage.simulator.sign(&body);
    let mut tampered = body.to_vec();
    tampered.push(b' ');
    assert_eq!(
        stage
            .simulator
            .post_webhook(body.clone(), None)
            .await
            .status(),
        Some(401)
    );
    assert_eq!(
        stage
            .simulator
            .post_webhook(body.clone(), Some("AAAA"))
            .await
            .status(),
        Some(401)
    );
    assert_eq!(
        stage
            .simulator
            .post_webhook(tampered, Some(&signature))
            .await
            .status(),
        Some(401)
    );
    assert!(stage.lists().await?.is_empty());
    assert_eq!(
        stage
            .simulator
            .post_webhook(body, Some(&signature))
            .await
            .status(),
        Some(200)
    );
    assert_eq!(stage.lists().await?[chat.id().as_str()], ["milk"]);
    Ok(())
}

#[tokio::test]
async fn an_empty_webhook_is_answered_200_as_lines_verify_button_expects() -> anyhow::Result<()> {
    let stage = Stage::new(Database::sqlite()?).await?;
    let (_bot, _) = stage.serve().await?;
    assert_eq!(stage.simulator.post_events(&[]).await.status(), Some(200));
    Ok(())
}

#[tokio::test]
async fn broken_events_do_not_harm_the_ones_beside_them() -> anyhow::Result<()> {
    let stage = Stage::new(Database::sqlite()?).await?;
    let (_bot, _) = stage.serve().await?;
    let chat = stage.simulator.user(&Person::alex().id)?;
    let mut events = Vec::new();
    for (number, broken) in [
        json!(null),
        json!("text"),
        json!({ "type": "never seen" }),
        json!({ "type": "message", "source": { "type": "user", "userId": 7 }, "message": { "type": "text", "text": ["x"] } }),
        json!({ "type": "message", "webhookEventId": "x".repeat(5_000), "source": { "type": "user", "userId": "U1" }, "message": { "type": "text", "id": "1", "text": "x" } }),
    ]
    .into_iter()
    .enumerate()
    {
        events.push(broken);
        events.push(chat.compose(says(&format!("task {number}")))?);
    }
    assert_eq!(
        stage.simulator.post_events(&events).await.status(),
        Some(200)
    );
    assert_eq!(
        stage.lists().await?[chat.id().as_str()],
        ["task 0", "task 1", "task 2", "task 3", "task 4"]
    );
    Ok(())
}

#[tokio::test]
async fn a_body_too_large_or_cut_short_is_refused_and_the_next_one_is_served() -> anyhow::Result<()>
{
    let stage = Stage::new(Database::sqlite()?).await?;
    let (_bot, address) = stage.serve().await?;
    let large = vec![b' '; 3 * 1024 * 1024];
    let signature = stage.simulator.sign(&large);
    assert_eq!(
        stage
            .simulator
            .post_webhook(large, Some(&signature))
            .await
            .status(),
        Some(413)
    );
    let mut cut = TcpStream::connect(address).await?;
    cut.write_all(b"POST /callback HTTP/1.1\r\nhost: b\r\nx-line-signature: AAAA\r\ncontent-length: 100\r\n\r\n{").await?;
    cut.shutdown().await?;
    let mut answer = Vec::new();
    cut.read_to_end(&mut answer).await?;
    assert!(
        !answer.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    assert_eq!(stage.simulator.post_events(&[]).await.status(), Some(200));
    Ok(())
}

#[tokio::test]
async fn a_body_is_refused_by_its_announced_length_alone() -> anyhow::Result<()> {
    let mut stage = Stage::new(Database::sqlite()?).await?;
    let body = stage.simulator.webhook_body(&[]);
    let limits = [
        ("LINEBOT_BODY_LIMIT_BYTES", body.len().to_string()),
        // Whoever waits for the body waits longer than the test does.
        ("LINEBOT_BODY_TIMEOUT_SECONDS", "600".to_owned()),
    ];
    for (name, value) in limits {
        stage.environment.insert(name.to_owned(), value);
    }
    let (_bot, address) = stage.serve().await?;
    for announced in [body.len() as u64 + 1, 1 << 31, 1 << 63] {
        let mut stream = TcpStream::connect(address).await?;
        let head = format!(
            "POST /callback HTTP/1.1\r\nhost: b\r\nx-line-signature: AAAA\r\ncontent-length: {announced}\r\n\r\n{{"
        );
        stream.write_all(head.as_bytes()).await?;
        let mut answer = [0; 12];
        timeout(PATIENCE, stream.read_exact(&mut answer)).await??;
        assert_eq!(&answer, b"HTTP/1.1 413", "{announced} bytes");
    }
    assert_eq!(stage.simulator.post_events(&[]).await.status(), Some(200));
    Ok(())
}

#[tokio::test]
async fn whatever_somebody_types_gets_a_reply_line_accepts() -> anyhow::Result<()> {
    let stage = Stage::new(Database::sqlite()?).await?;
    let (_bot, _) = stage.serve().await?;
    let chat = stage.simulator.user(&Person::alex().id)?;
    let lines = |count: usize| {
        (0..count)
            .map(|number| format!("line {number}"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let texts = [
        "日本語 と English と 한국어".to_owned(),
        "👨‍👩‍👧‍👦🏳️‍🌈🇯🇵".to_owned(),
        "שלום عالم \u{202e}txt.exe".to_owned(),
        "\u{200b}\u{200b}".to_owned(),
        "\u{feff}".to_owned(),
        "e\u{301}".repeat(250),
        "𝒳".repeat(500),
        "x".repeat(5_000),
        "<script>alert(1)</script> '; DROP TABLE tasks; --".to_owned(),
        "\0\u{1}\u{7f}".to_owned(),
        "{name} {{x}} $1 %s \\".to_owned(),
        lines(100),
        lines(101),
        lines(1_000),
    ];
    for text in texts {
        let reply = chat.asks(&text).await?;
        assert!(!reply.is_empty(), "no reply to {text:?}");
    }
    let refused: Vec<_> = stage
        .simulator
        .calls()
        .into_iter()
        .filter(|call| call.status != Some(200))
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn the_log_tells_of_every_webhook_and_call_and_never_what_people_wrote() -> anyhow::Result<()>
{
    let stage = Stage::new(Database::sqlite()?).await?;
    let (mut bot, _) = stage.serve().await?;
    stage
        .simulator
        .user(&Person::alex().id)?
        .asks("my secret wish")
        .await?;
    bot.line("the webhook", |line| {
        (line.contains("\"webhook\"") && line.contains("\"sender_ip\"")).then_some(())
    })
    .await?;
    bot.line("the call", |line| {
        (line.contains("message/reply") && line.contains("x_line_request_id")).then_some(())
    })
    .await?;
    let log = bot.log();
    let secrets = ["LINE_CHANNEL_SECRET", "LINE_CHANNEL_ACCESS_TOKEN"]
        .map(|name| stage.environment[name].clone());
    for hidden in ["secret wish"]
        .into_iter()
        .chain(secrets.iter().map(String::as_str))
    {
        assert!(!log.contains(hidden), "{log}");
    }
    Ok(())
}

#[tokio::test]
async fn the_log_names_the_type_of_an_event_that_is_not_known_and_nothing_somebody_wrote()
-> anyhow::Result<()> {
    let stage = Stage::new(Database::sqlite()?).await?;
    let (mut bot, _) = stage.serve().await?;
    let unknown = json!({ "type": "neverSeen", "webhookEventId": "01NEVERSEEN" });
    let odd = json!({ "type": "my secret wish", "webhookEventId": "another wish" });
    for events in [[unknown, odd.clone()], [odd.clone(), odd]] {
        let answer = stage.simulator.post_events(&events).await;
        assert_eq!(answer.status(), Some(200));
    }
    bot.line("the first of two", |line| {
        let skipped = line.contains("skipped events") && line.contains("\"events\":2");
        (skipped && line.contains("neverSeen") && line.contains("01NEVERSEEN")).then_some(())
    })
    .await?;
    bot.line("the second webhook", |line| {
        (line.contains("skipped events") && line.contains("(not a word)")).then_some(())
    })
    .await?;
    assert!(!bot.log().contains("wish"), "{}", bot.log());
    Ok(())
}
