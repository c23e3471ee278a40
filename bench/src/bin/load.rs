//! Traffic for a bot that runs already, as LINE would send it, with every reply checked.
//!
//! Start the bot with `LINE_API_BASE_URL` pointing at `--line`.

use anyhow::{Result, ensure};
use bench::load::{Latencies, Load, Settings, Traffic};
use clap::Parser;
use std::net::SocketAddr;
use std::time::Duration;

/// Sends signed webhooks to a bot, plays LINE for it, and checks every reply.
#[derive(Parser)]
struct Arguments {
    /// Where the bot listens.
    #[arg(long, default_value = "127.0.0.1:5000")]
    bot: SocketAddr,
    /// Where to play LINE: the bot's `LINE_API_BASE_URL`.
    #[arg(long, default_value = "127.0.0.1:5001")]
    line: SocketAddr,
    #[arg(long, env = "LINE_CHANNEL_SECRET", hide_env_values = true)]
    channel_secret: String,
    #[arg(long, env = "LINE_CHANNEL_ACCESS_TOKEN", hide_env_values = true)]
    channel_access_token: String,
    /// Connections that carry webhooks.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Messages a second, at even intervals; without it as fast as the bot answers.
    #[arg(long)]
    rate: Option<f64>,
    /// How long to send, in seconds.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How many people write.
    #[arg(long, default_value_t = 1_000)]
    people: u32,
    /// How many tasks everybody has already, where the bot's database was filled by `figures --tasks`.
    #[arg(long, default_value_t = 0)]
    open_each: u8,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    ensure!(
        arguments.bot.ip().is_loopback(),
        "only a bot on the loopback interface: {}",
        arguments.bot
    );
    let load = Load::start(
        arguments.line,
        &Settings {
            bot: arguments.bot,
            channel_secret: arguments.channel_secret,
            channel_access_token: arguments.channel_access_token,
            people: arguments.people,
            open_each: arguments.open_each,
        },
    )?;
    let connections = arguments.connections;
    let traffic = arguments
        .rate
        .map_or(Traffic::Closed { connections }, |rate| Traffic::Open {
            connections,
            rate,
        });
    let measured = load.send(traffic, Duration::from_secs(arguments.seconds))?;
    println!(
        "{} messages, {:.0} a second",
        measured.messages,
        measured.rate()
    );
    print_latency("webhook answered", &measured.acknowledgements);
    print_latency("reply", &measured.replies);
    ensure!(measured.faults.total() == 0, "{}", measured.faults);
    Ok(())
}

fn print_latency(what: &str, latencies: &Latencies) {
    let [half, most, all] = [50, 99, 100].map(|percent| latencies.percentile(percent));
    println!("{what} after p50 {half:.1?}, p99 {most:.1?}, at most {all:.1?}");
}
