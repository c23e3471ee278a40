//! A bot on a database of its own, with the simulator as LINE.

use crate::{Database, Linebot, ports, process};
use anyhow::{Context, ensure};
use simulator::{Channel, Redelivery, Simulator};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;
use tokio::net::TcpListener;

/// Everything around the binary under test.
pub struct Stage {
    /// LINE.
    pub simulator: Simulator,
    /// The bot's database.
    pub database: Database,
    /// What the bot finds in its environment.
    pub environment: BTreeMap<String, String>,
}

impl Stage {
    /// A simulator that sends again, quickly and long enough for a restart, what was not answered 2xx; the database
    /// has its tables, and no bot runs yet.
    pub async fn new(database: Database) -> anyhow::Result<Self> {
        let channel = Channel::random();
        let mut environment = BTreeMap::from([
            ("LINE_CHANNEL_SECRET".to_owned(), exposed(&channel.secret)),
            (
                "LINE_CHANNEL_ACCESS_TOKEN".to_owned(),
                exposed(&channel.access_token),
            ),
            ("DATABASE_URL".to_owned(), database.url.clone()),
            ("LINEBOT_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
            (
                "LINEBOT_METRICS_LISTEN".to_owned(),
                "127.0.0.1:0".to_owned(),
            ),
        ]);
        let config = simulator::Config {
            redelivery: Redelivery::every(Duration::from_millis(100), 300),
            patience: process::PATIENCE,
            ..simulator::Config::new(channel)
        };
        let simulator = Simulator::start(TcpListener::bind("127.0.0.1:0").await?, config)?;
        environment.insert("LINE_API_BASE_URL".to_owned(), simulator.url());
        let stage = Self {
            simulator,
            database,
            environment,
        };
        stage.run(&["migrate"]).await?;
        Ok(stage)
    }

    /// Starts the bot, points LINE's webhooks at it and returns it with its address.
    pub async fn serve(&self) -> anyhow::Result<(Linebot, SocketAddr)> {
        let (bot, address) = self.replica(None).await?;
        self.simulator
            .set_webhook_url(format!("http://{address}/callback"));
        Ok((bot, address))
    }

    /// Starts a bot at `address`, or at one where it can be started again, and leaves LINE as it is.
    pub async fn replica(
        &self,
        address: Option<SocketAddr>,
    ) -> anyhow::Result<(Linebot, SocketAddr)> {
        let address = address.map_or_else(ports::free_address, Ok)?;
        let mut environment = self.environment.clone();
        environment.insert("LINEBOT_LISTEN".to_owned(), address.to_string());
        let mut bot = Linebot::start(&["serve"], &environment)?;
        let address = bot.address().await?;
        Ok((bot, address))
    }

    /// Runs a command of the binary to its end and returns what it wrote to standard output.
    pub async fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = tokio::process::Command::new(process::binary())
            .args(arguments)
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "linebot {arguments:?} on {}: {}: {said}",
            self.database.name,
            output.status
        );
        String::from_utf8(output.stdout).context("standard output is text")
    }

    /// Every conversation's open titles in order, as `linebot export` tells them.
    pub async fn lists(&self) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
        let mut lists = BTreeMap::new();
        for line in self.run(&["export"]).await?.lines() {
            let record: serde_json::Value = serde_json::from_str(line)?;
            let conversation = record["conversation"]
                .as_str()
                .context("a conversation has an id")?;
            let open = record["open"]
                .as_array()
                .context("a conversation has open tasks")?;
            let titles = open
                .iter()
                .filter_map(|task| task["title"].as_str())
                .map(str::to_owned)
                .collect();
            lists.insert(conversation.to_owned(), titles);
        }
        Ok(lists)
    }
}

fn exposed(secret: &secrecy::SecretString) -> String {
    secrecy::ExposeSecret::expose_secret(secret).to_owned()
}
