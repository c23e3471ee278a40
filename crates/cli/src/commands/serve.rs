//! `linebot serve`: the bot behind its HTTP server, until a signal ends it.

use super::config::missing_for_serve;
use crate::channel::Channel;
use crate::config::Configuration;
use crate::config::values::ListenAddress;
use crate::failure::Failure;
use crate::files;
use crate::running::{Parts, Running, listen};
use crate::signals::{self, Signals};
use crate::store::{self, Access};
use crate::telemetry::Telemetry;
use server::{Limits, Listener};
use std::convert::Infallible;

pub(crate) async fn run(
    configuration: &Configuration,
    telemetry: &Telemetry,
) -> Result<(), Failure> {
    let missing = configuration.missing();
    if !missing.is_empty() {
        return Err(missing_for_serve(&missing));
    }
    let signals = Signals::listen()?;
    let mut hangups = signals::hangups()?;
    let settings = &configuration.settings;
    let channel = Channel::open(configuration)?;
    let listener = listen(settings.server.listen, files::limits(configuration))?;
    let database = store::configured(configuration)?;
    let opened = store::open(
        database,
        settings.database.database_connections,
        Access::Write,
    )?;
    let metrics = metrics_listener(configuration)?;
    let parts = Parts {
        settings,
        opened,
        channel: channel.clone(),
        listener,
        metrics,
        traces: telemetry.traces(),
    };
    let running = Running::start(parts).await?;
    let reloading = async {
        loop {
            hangups.recv().await;
            reload(configuration, &channel, telemetry);
        }
    };
    until_stopped(running, signals, reloading).await
}

/// Runs until a signal asks to stop, then stops in order. A second signal ends the process at once.
pub(super) async fn until_stopped(
    running: Running,
    mut signals: Signals,
    meanwhile: impl Future<Output = Infallible>,
) -> Result<(), Failure> {
    tokio::select! {
        () = signals.asked_to_stop() => {}
        never = meanwhile => match never {},
    }
    tokio::select! {
        () = running.stop() => Ok(()),
        never = signals.exit_at_once() => never,
    }
}

/// Where metrics are served. A second bot on one machine, told only of another port for webhooks, goes without.
pub(super) fn metrics_listener(configuration: &Configuration) -> Result<Option<Listener>, Failure> {
    let ListenAddress(Some(address)) = configuration.settings.server.metrics_listen else {
        return Ok(None);
    };
    match Listener::bind(address, Limits::METRICS) {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if configuration.is_set("metrics_listen") => Err(Failure::failed(format!(
            "cannot listen on {address} for metrics: {error}"
        ))
        .hint("set LINEBOT_METRICS_LISTEN to another address, or to off")),
        Err(error) => {
            tracing::warn!(%address, %error, "no metrics are served; set LINEBOT_METRICS_LISTEN to another address, or to off");
            Ok(None)
        }
    }
}

/// Reads files again: channel secret, channel access token, levels of logs. What is wrong leaves everything as it was.
fn reload(configuration: &Configuration, channel: &Channel, telemetry: &Telemetry) {
    let reloaded = configuration.read_again().and_then(|configuration| {
        channel.replace(&Channel::open(&configuration)?);
        telemetry.set_filter(configuration.settings.telemetry.rust_log);
        Ok(())
    });
    match reloaded {
        Ok(()) => tracing::info!(
            "read the configuration again: channel secret, channel access token, levels of logs"
        ),
        Err(failure) => {
            tracing::error!(%failure, "the configuration cannot be read again; nothing was changed");
        }
    }
}
