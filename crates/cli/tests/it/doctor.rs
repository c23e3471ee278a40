//! `doctor` against a stand-in for LINE that has nothing wrong, and then something.

use crate::support::{Bot, Ended, SECRET, linebot, sqlite};
use simulator::{Account, Channel, ChatMode, Clock, Config, Endpoint, Fault, Simulator};
use std::net::SocketAddr;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

pub(crate) const TOKEN: &str = "a-token-of-the-simulator";

/// What is different about LINE.
type Change = fn(Config) -> Config;

/// LINE, a bot at its webhook URL, and what both are called.
pub(crate) struct World {
    simulator: Simulator,
    bot: Option<Bot>,
    pub(crate) address: SocketAddr,
    database: String,
    _folder: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|config| config).await
    }

    /// The same, but for this change.
    pub(crate) async fn with(change: Change) -> Self {
        let world = Self::without_webhook_url(change).await;
        let url = format!("http://{}/callback", world.address);
        world.simulator.set_webhook_url(url);
        world
    }

    /// The same, and LINE does not know where the bot is.
    pub(crate) async fn without_webhook_url(change: Change) -> Self {
        let channel = Channel {
            id: "1234567890".to_owned(),
            secret: SECRET.into(),
            access_token: TOKEN.into(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let simulator = Simulator::start(listener, change(Config::new(channel))).unwrap();
        let folder = TempDir::new().unwrap();
        let database = sqlite(folder.path(), true);
        let (line, url) = (simulator.url(), database.clone());
        let started = spawn_blocking(move || {
            Bot::serve(&[
                ("DATABASE_URL", &url),
                ("LINE_API_BASE_URL", &line),
                ("LINE_CHANNEL_ACCESS_TOKEN", TOKEN),
            ])
        });
        let (bot, address) = started.await.unwrap();
        Self {
            simulator,
            bot: Some(bot),
            address,
            database,
            _folder: folder,
        }
    }

    /// Runs the binary with everything it needs, but for what `changed` says otherwise.
    pub(crate) async fn run(&self, arguments: &[&str], changed: &[(&str, &str)]) -> Ended {
        let own = [
            ("LINE_API_BASE_URL", self.simulator.url()),
            ("LINE_CHANNEL_SECRET", SECRET.to_owned()),
            ("LINE_CHANNEL_ACCESS_TOKEN", TOKEN.to_owned()),
            ("DATABASE_URL", self.database.clone()),
        ];
        let changed = changed
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let variables: Vec<(String, String)> = own
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .chain(changed)
            .collect();
        let arguments: Vec<String> = arguments
            .iter()
            .map(|argument| (*argument).to_owned())
            .collect();
        let run = move || {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let variables: Vec<(&str, &str)> = variables
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            linebot(&arguments, &variables)
        };
        spawn_blocking(run).await.unwrap()
    }
}

#[tokio::test]
async fn a_bot_with_nothing_wrong_is_told_so() {
    let world = World::new().await;
    let report = world.run(&["doctor"], &[]).await.succeeded();
    let findings = [
        "✓ configuration   complete",
        "✓ channel secret  32 hexadecimal digits",
        "✓ access token    accepted by LINE",
        "✓ bot             TODO (@todo)",
        "✓ chat mode       the bot answers",
        &format!(
            "✓ webhook URL     http://{}/callback, in use",
            world.address
        ),
        "✓ webhook test    LINE reached the bot and got 200",
        "✓ quota           0 messages this month, no limit; replies do not count",
        "✓ clock           agrees with LINE's",
        "✓ database        sqlite:///",
    ];
    for (line, finding) in report.lines().zip(findings) {
        assert!(line.starts_with(finding), "{finding}\n{report}");
    }
    assert_eq!(report.lines().count(), findings.len(), "{report}");
}

#[tokio::test]
async fn the_findings_come_as_json_too() {
    let world = World::new().await;
    let report: serde_json::Value =
        serde_json::from_str(&world.run(&["doctor", "--json"], &[]).await.succeeded()).unwrap();
    assert_eq!(report["ok"], true);
    assert_eq!(report["checks"][2]["check"], "access token");
}

#[tokio::test]
async fn every_fault_comes_with_its_cure() {
    let mut world = World::new().await;
    for (changed, finding, cure, code) in [
        (
            ("LINE_CHANNEL_SECRET", "not-a-secret"),
            "✗ channel secret",
            "Basic settings",
            1,
        ),
        (
            ("LINE_CHANNEL_ACCESS_TOKEN", "wrong"),
            "✗ access token",
            "issue it again",
            1,
        ),
        (
            ("DATABASE_URL", "sqlite:///nowhere/linebot.db"),
            "✗ database",
            "linebot migrate",
            1,
        ),
        (
            ("LINE_CHANNEL_ACCESS_TOKEN", ""),
            "✗ configuration",
            "linebot serve --help",
            2,
        ),
        (
            ("LINE_API_BASE_URL", "http://127.0.0.1:1"),
            "✗ clock",
            "can this machine reach",
            1,
        ),
    ] {
        let ended = world.run(&["doctor"], &[changed]).await;
        assert_found(&ended, finding, cure);
        ended.failed(code);
    }

    drop(world.bot.take());
    let ended = world.run(&["doctor"], &[]).await;
    assert!(
        ended
            .stdout
            .contains("✗ webhook test    LINE could not deliver"),
        "{ended:?}"
    );
    assert!(ended.stdout.contains("COULD_NOT_CONNECT"), "{ended:?}");
    ended.failed(1);
}

#[tokio::test]
async fn what_is_set_wrong_at_line_is_the_only_fault_and_comes_with_its_cure() {
    let cases: [(Change, _, _); 4] = [
        (
            |config| Config {
                bot: Account {
                    chat_mode: ChatMode::Chat,
                    ..config.bot
                },
                ..config
            },
            "✗ chat mode       people answer in the chats",
            "Response settings: chat off",
        ),
        (
            |config| Config {
                use_webhook: false,
                ..config
            },
            "✗ webhook URL     http://127.0.0.1:",
            ", not in use  (switch \"Use webhook\" on",
        ),
        (
            |config| at_another_time(config, 3_600_000),
            "✗ clock           3",
            " s behind LINE's  (switch on time synchronisation",
        ),
        (
            |config| at_another_time(config, -3_600_000),
            "✗ clock           3",
            " s ahead of LINE's  (switch on time synchronisation",
        ),
    ];
    for (change, finding, cure) in cases {
        let world = World::with(change).await;
        let ended = world.run(&["doctor"], &[]).await;
        assert_found_alone(ended, finding, cure);
    }
    let world = World::without_webhook_url(|config| config).await;
    let ended = world.run(&["doctor"], &[]).await;
    assert_found_alone(
        ended,
        "✗ webhook URL     no webhook URL is set",
        "linebot webhook set https://",
    );
}

/// LINE's clock goes so many milliseconds ahead of this machine's.
fn at_another_time(config: Config, ahead: i64) -> Config {
    Config {
        clock: Clock::new(move || Clock::system().now() + ahead),
        ..config
    }
}

#[tokio::test]
async fn a_call_that_fails_is_the_only_fault_and_comes_with_its_cure() {
    let world = World::new().await;
    for (endpoint, status, finding, cure) in [
        (
            Endpoint::GetWebhookEndpoint,
            403,
            "✗ webhook URL",
            "does not allow this call",
        ),
        (
            Endpoint::TestWebhook,
            429,
            "✗ webhook test",
            "wait, and try again",
        ),
        (Endpoint::Quota, 500, "✗ quota", "a fault at LINE"),
        (
            Endpoint::QuotaConsumption,
            500,
            "✗ quota",
            "a fault at LINE",
        ),
    ] {
        let fault = Fault::Status(status);
        world.simulator.plan_fault(endpoint, u64::MAX, fault);
        let ended = world.run(&["doctor"], &[]).await;
        assert_found_alone(ended, finding, cure);
        world.simulator.clear_faults();
    }
}

#[track_caller]
fn assert_found(ended: &Ended, finding: &str, cure: &str) {
    let line = ended
        .stdout
        .lines()
        .find(|line| line.starts_with(finding))
        .unwrap_or_else(|| panic!("{finding}: {ended:?}"));
    assert!(line.contains(cure), "{line}");
}

#[track_caller]
fn assert_found_alone(ended: Ended, finding: &str, cure: &str) {
    assert_found(&ended, finding, cure);
    assert_eq!(ended.stdout.matches('✗').count(), 1, "{ended:?}");
    ended.failed(1);
}

#[tokio::test]
async fn with_the_channel_id_line_itself_checks_the_secret() {
    let world = World::new().await;
    let right = world
        .run(
            &["doctor"],
            &[
                ("LINE_CHANNEL_ID", "1234567890"),
                ("LINE_CHANNEL_ACCESS_TOKEN", ""),
            ],
        )
        .await
        .succeeded();
    assert!(
        right.contains("✓ secret of channel  accepted by LINE"),
        "{right}"
    );
    let other = "00000000000000000000000000000000";
    let wrong = world
        .run(
            &["doctor"],
            &[
                ("LINE_CHANNEL_ID", "1234567890"),
                ("LINE_CHANNEL_SECRET", other),
            ],
        )
        .await;
    assert!(
        wrong.stdout.contains("✗ secret of channel")
            && wrong.stdout.contains("do not belong together"),
        "{wrong:?}"
    );
    wrong.failed(1);
}

#[tokio::test]
async fn a_base_url_that_is_not_lines_is_named_as_the_cure() {
    let world = World::new().await;
    // A page like any other's, and a path too many.
    let page = format!("http://{}", world.address);
    let too_long = format!("{}/v2", world.simulator.url());
    for url in [page, too_long] {
        let ended = world.run(&["doctor"], &[("LINE_API_BASE_URL", &url)]).await;
        let line = ended
            .stdout
            .lines()
            .find(|line| line.starts_with("✗ access token"))
            .unwrap_or_else(|| panic!("{ended:?}"));
        assert!(line.contains("is LINE_API_BASE_URL right?"), "{line}");
        ended.failed(1);
    }
}

#[tokio::test]
async fn the_clock_is_checked_without_a_token_too() {
    let world = World::new().await;
    let ended = world
        .run(&["doctor"], &[("LINE_CHANNEL_ACCESS_TOKEN", "")])
        .await;
    assert!(ended.stdout.contains("✓ clock"), "{ended:?}");
    ended.failed(2);
}

#[tokio::test]
async fn a_webhook_url_without_its_path_is_told_from_other_faults() {
    let world = World::new().await;
    for path in ["", "/", "/webhook"] {
        let url = format!("http://{}{path}", world.address);
        world.simulator.set_webhook_url(url);
        let complaint = world.run(&["webhook", "test"], &[]).await.failed(1);
        assert!(
            complaint.contains("the bot listens at /callback: does the URL end with it?"),
            "{complaint}"
        );
    }
}
