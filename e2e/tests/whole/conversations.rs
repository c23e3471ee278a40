//! What people see.

use crate::on_every_database;
use e2e::{Database, Stage};
use simulator::{Chat, Group, Message, Person};

/// The text of a reply of one message.
fn only_text(reply: &[Message]) -> &str {
    assert_eq!(reply.len(), 1, "{reply:?}");
    reply[0].text().expect("replies are texts")
}

/// Whether the reply shows exactly these tasks, in this order.
fn shows(reply: &[Message], titles: &[&str]) -> bool {
    let listed: Vec<String> = only_text(reply)
        .lines()
        .filter(|line| {
            line.split_once(". ")
                .is_some_and(|(number, _)| number.parse::<u32>().is_ok())
        })
        .map(str::to_owned)
        .collect();
    let expected: Vec<String> = titles
        .iter()
        .enumerate()
        .map(|(index, title)| format!("{}. {title}", index + 1))
        .collect();
    listed == expected
}

fn alex(stage: &Stage) -> anyhow::Result<Chat> {
    Ok(stage.simulator.user(&Person::alex().id)?)
}

#[tokio::test]
async fn a_task_is_added_shown_completed_cleared_and_brought_back() -> anyhow::Result<()> {
    on_every_database(async |database| {
        let stage = Stage::new(database).await?;
        let (_bot, _) = stage.serve().await?;
        let chat = alex(&stage)?;
        let reply = chat.asks("milk").await?;
        assert!(only_text(&reply).contains("Added “milk”"), "{reply:?}");
        assert!(shows(&reply, &["milk"]), "{reply:?}");
        assert!(shows(
            &chat.asks("eggs\n  bread \n\nＭＩＬＫ").await?,
            &["eggs", "bread"]
        ));
        assert!(shows(&chat.asks("list").await?, &["eggs", "bread"]));
        assert!(shows(&chat.asks("clear\ntea").await?, &["tea"]));
        assert!(shows(&chat.asks("undo").await?, &["eggs", "bread"]));
        assert!(only_text(&chat.asks("help").await?).contains("undo"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn everybody_is_answered_in_their_language_from_the_first_message_on() -> anyhow::Result<()> {
    on_every_database(async |database| {
        let stage = Stage::new(database).await?;
        let (_bot, _) = stage.serve().await?;
        let misaki = stage.simulator.user(&Person::misaki().id)?;
        let alex = alex(&stage)?;
        assert!(only_text(&misaki.asks("牛乳").await?).contains("「牛乳」を追加しました"));
        assert!(only_text(&alex.asks("牛乳").await?).contains("Added “牛乳”"));
        // Asked once, remembered.
        misaki.asks("卵").await?;
        assert_eq!(stage.simulator.call_count(simulator::Endpoint::Profile), 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn in_a_group_the_bot_acts_only_when_it_is_mentioned_and_the_list_is_the_groups()
-> anyhow::Result<()> {
    on_every_database(async |database| {
        let stage = Stage::new(database).await?;
        let (_bot, _) = stage.serve().await?;
        let group = stage
            .simulator
            .group(&Group::family().id, &Person::alex().id)?;
        assert!(
            group
                .says("milk")
                .await?
                .first_outcome()
                .await?
                .is_delivered()
        );
        let reply = group.says_to_bot("eggs").await?.reply().await?;
        assert!(shows(&reply, &["eggs"]), "{reply:?}");
        assert!(shows(&alex(&stage)?.asks("list").await?, &[]));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn comings_and_goings_are_greeted_and_the_list_outlives_a_block() -> anyhow::Result<()> {
    on_every_database(async |database| {
        let stage = Stage::new(database).await?;
        let (_bot, _) = stage.serve().await?;
        let chat = alex(&stage)?;
        chat.asks("milk").await?;
        assert!(chat.blocks().await?.first_outcome().await?.is_delivered());
        let welcome = chat.unblocks().await?.reply().await?;
        assert!(only_text(&welcome).contains("Welcome back"), "{welcome:?}");
        assert!(shows(&chat.asks("list").await?, &["milk"]));
        assert!(only_text(&chat.sends_sticker().await?.reply().await?).contains("only read text"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_message_taken_back_leaves_nothing_behind() -> anyhow::Result<()> {
    on_every_database(async |database| {
        let stage = Stage::new(database).await?;
        let (_bot, _) = stage.serve().await?;
        let chat = alex(&stage)?;
        chat.asks("milk").await?;
        let secret = chat.says("my secret wish").await?;
        secret.reply().await?;
        chat.unsends(&secret.message_id()?).await?;
        assert!(shows(&chat.asks("list").await?, &["milk"]));
        let exported = stage.run(&["export"]).await?;
        assert!(!exported.contains("secret wish"), "{exported}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_redelivered_message_changes_nothing_and_is_answered_once() -> anyhow::Result<()> {
    on_every_database(async |database| {
        let stage = Stage::new(database).await?;
        let (_bot, _) = stage.serve().await?;
        let chat = alex(&stage)?;
        let delivery = chat.says("milk").await?;
        delivery.reply().await?;
        for _ in 0..3 {
            assert!(delivery.redeliver().await?.is_delivered());
        }
        assert!(shows(&chat.asks("list").await?, &["milk"]));
        assert_eq!(chat.bot_messages().len(), 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_token_that_line_does_not_take_is_told_of_with_the_cure() -> anyhow::Result<()> {
    let mut stage = Stage::new(Database::sqlite()?).await?;
    let token = "LINE_CHANNEL_ACCESS_TOKEN".to_owned();
    stage
        .environment
        .insert(token, "of-another-channel".to_owned());
    let (mut bot, _) = stage.serve().await?;
    alex(&stage)?.says("milk").await?;
    bot.line("the cure", |line| {
        let told =
            line.contains("\"WARN\"") && line.contains("does not take the channel access token");
        (told && line.contains("linebot doctor")).then_some(())
    })
    .await?;
    Ok(())
}
