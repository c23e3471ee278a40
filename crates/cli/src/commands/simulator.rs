//! `linebot simulator`: the stand-in for the LINE Platform alone, beside a bot that is started by somebody else.

use crate::config::Configuration;
use crate::failure::Failure;
use crate::output;
use crate::signals::Signals;
use simulator::{Channel, Config, Simulator};
use tokio::net::TcpListener;

pub(crate) async fn run(configuration: &Configuration, webhook_url: &str) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let config = Config {
        webhook_url: Some(webhook_url.to_owned()),
        ..Config::new(channel(configuration)?)
    };
    let wanted = configuration.settings.simulator.simulator_listen;
    let listener = TcpListener::bind(wanted)
        .await
        .map_err(|error| Failure::cannot_listen(wanted, "LINEBOT_SIMULATOR_LISTEN", &error))?;
    let simulator = start(listener, config)?;
    simulator.introduce_everybody();
    output::print(&format!(
        "Talk to the bot at {} (Ctrl-C ends it)\n",
        simulator.url()
    ))?;
    signals.asked_to_stop().await;
    tokio::select! {
        () = simulator.stop() => Ok(()),
        never = signals.exit_at_once() => never,
    }
}

/// Starts it, and says in our words why not.
pub(super) fn start(listener: TcpListener, config: Config) -> Result<Simulator, Failure> {
    Simulator::start(listener, config).map_err(|error| {
        Failure::failed(format!(
            "cannot start the stand-in for LINE: {}",
            Failure::chain(&error)
        ))
    })
}

/// The channel of the bot, read from the same variables. With a channel id and no token, the bot has its tokens issued.
fn channel(configuration: &Configuration) -> Result<Channel, Failure> {
    let missing = configuration.missing_of_channel();
    let settings = &configuration.settings.channel;
    let Some(secret) = settings
        .secrets()
        .into_iter()
        .next()
        .filter(|_| missing.is_empty())
    else {
        return Err(Failure::usage(format!(
            "`linebot simulator` is missing {}",
            missing.join(", ")
        ))
        .hint("make up any; the bot has to be given the same"));
    };
    let unknown = Channel::random();
    Ok(Channel {
        id: settings.line_channel_id.clone().unwrap_or(unknown.id),
        secret,
        access_token: settings
            .line_channel_access_token
            .clone()
            .unwrap_or(unknown.access_token),
    })
}
