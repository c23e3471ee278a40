//! The bound as a program: takes the same environment variables as `linebot serve`, as far as it needs them.

use anyhow::{Context, Result};
use bench::bound::Bound;
use line::{ChannelSecrets, LineClient, TokenProvider};
use secrecy::SecretString;
use server::{Limits, Listener, Readiness};
use std::env;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What is under way when it is told to stop may take this long.
const PATIENCE: Duration = Duration::from_secs(5);

/// On a worker for each core. With one, as the bot has, a message cost 37.5 µs in place of 39.8 and 26,500 a second were
/// taken in place of 33,400 (64 connections, medians of five turns): the harder rate is the measure.
#[tokio::main]
async fn main() -> Result<()> {
    let secrets = ChannelSecrets::new([&secret("LINE_CHANNEL_SECRET")?])?;
    let tokens = TokenProvider::fixed(&secret("LINE_CHANNEL_ACCESS_TOKEN")?)?;
    let client = LineClient::builder(tokens)
        .api_base(variable("LINE_API_BASE_URL")?)
        .build()?;
    let limits = Limits {
        max_connections: 1_024,
        header_timeout: Duration::from_secs(30),
    };
    let listener = Listener::bind(variable("LINEBOT_LISTEN")?.parse()?, limits)?;
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn({
        let stop = stop.clone();
        async move {
            terminate.recv().await;
            stop.cancel();
        }
    });
    listener
        .serve(
            Bound::new(secrets, client).router(),
            Readiness::default(),
            stop,
            PATIENCE,
        )
        .await;
    Ok(())
}

fn secret(name: &str) -> Result<SecretString> {
    variable(name).map(SecretString::from)
}

fn variable(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("{name} is not set"))
}
