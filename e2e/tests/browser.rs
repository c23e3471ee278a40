//! The chat page of `linebot dev` in a real browser: runs the tests of `e2e/browser`, each file with a bot of its own.

use e2e::Linebot;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// Set by `cargo xtask test`: a Chromium.
const CHROMIUM: &str = "LINEBOT_TEST_CHROMIUM";

/// Set by `cargo xtask test`: what cannot run fails.
const FULL: &str = "LINEBOT_TEST_FULL";

/// For all tests of a file, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(5);

#[tokio::test]
async fn people_can_talk_to_the_bot_on_the_chat_page() -> anyhow::Result<()> {
    passes("chat.test.mjs").await
}

#[tokio::test]
async fn nobody_loses_what_they_write_on_the_chat_page() -> anyhow::Result<()> {
    passes("writing.test.mjs").await
}

#[tokio::test]
async fn people_can_use_the_chat_page_by_ear_and_by_keyboard() -> anyhow::Result<()> {
    passes("access.test.mjs").await
}

async fn passes(file: &str) -> anyhow::Result<()> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let Ok(chromium) = std::env::var(CHROMIUM) else {
        anyhow::ensure!(std::env::var_os(FULL).is_none(), "{CHROMIUM} is not set");
        eprintln!(
            "not covered: the chat page in a browser ({CHROMIUM} is not set; `cargo xtask test` covers it)"
        );
        return Ok(());
    };
    anyhow::ensure!(
        tests.join("node_modules/playwright-core").exists(),
        "{} has no packages: run `npm ci` there, or `cargo xtask test`",
        tests.display()
    );
    let data = TempDir::new()?;
    let environment = BTreeMap::from([
        (
            "LINEBOT_DATA_DIR".to_owned(),
            data.path().display().to_string(),
        ),
        ("LINEBOT_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        (
            "LINEBOT_SIMULATOR_LISTEN".to_owned(),
            "127.0.0.1:0".to_owned(),
        ),
    ]);
    let mut bot = Linebot::start(&["dev"], &environment)?;
    let url = bot
        .line("where the chat page is", |line| {
            let url = line
                .strip_prefix("Talk to the bot at ")?
                .split(' ')
                .next()?;
            Some(url.to_owned())
        })
        .await?;
    let browser = tokio::process::Command::new("node")
        .args(["--test", file])
        .env(CHROMIUM, chromium)
        .env("LINEBOT_CHAT_URL", url)
        .current_dir(tests)
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, browser).await??;
    anyhow::ensure!(
        output.status.success(),
        "{}{}\nthe bot said:\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        bot.log()
    );
    Ok(())
}
