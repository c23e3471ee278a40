//! `linebot dev`: the bot with a stand-in for the LINE Platform, on this machine alone.

use super::serve::{metrics_listener, until_stopped};
use crate::channel::Channel;
use crate::config::{Configuration, Database};
use crate::failure::Failure;
use crate::files;
use crate::output;
use crate::running::{Parts, Running};
use crate::signals::Signals;
use crate::store::{self, Access, Opened};
use crate::telemetry::Telemetry;
use line::{ChannelSecrets, TokenProvider};
use server::{Limits, Listener};
use simulator::Simulator;
use std::env;
use std::future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use tokio::net::TcpListener;

/// Where the bot listens if nobody says otherwise: here only, unlike `serve`.
const BOT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 5000);

/// Ports tried when the usual one is taken.
const MOST_TRIES: u16 = 100;

pub(crate) async fn run(
    configuration: &Configuration,
    telemetry: &Telemetry,
) -> Result<(), Failure> {
    let signals = Signals::listen()?;
    let limits = files::limits(configuration);
    let settings = &configuration.settings;
    let opened = open_database(configuration).await?;
    let credentials = simulator::Channel::random();
    let simulator = start_simulator(configuration, credentials.clone()).await?;
    let (listener, address) = bot_listener(configuration, limits).await?;
    let metrics = if configuration.is_set("metrics_listen") {
        metrics_listener(configuration)?
    } else {
        None
    };
    let parts = Parts {
        settings,
        opened,
        channel: channel(&credentials, &simulator)?,
        listener,
        metrics,
        traces: telemetry.traces(),
    };
    let running = Running::start(parts).await?;
    simulator.set_webhook_url(format!("http://{address}/callback"));
    simulator.introduce_everybody();
    output::print(&format!(
        "Talk to the bot at {} (Ctrl-C ends it)\n",
        simulator.url()
    ))?;
    let result = until_stopped(running, signals, future::pending()).await;
    simulator.stop().await;
    result
}

/// The configured database, or a file of `dev`'s own, which it makes and keeps up to date.
async fn open_database(configuration: &Configuration) -> Result<Opened, Failure> {
    let connections = configuration.settings.database.database_connections;
    if configuration.database.is_some() {
        return store::open(
            store::configured(configuration)?,
            connections,
            Access::Write,
        );
    }
    let database = Database::Sqlite(data_folder(configuration)?.join("linebot.db"));
    let opened = store::open(&database, connections, Access::Create)?;
    opened
        .schema
        .migrate()
        .await
        .map_err(|error| opened.failed("cannot update the tables of", &error))?;
    Ok(opened)
}

/// As the XDG Base Directory Specification says; relative paths in its variable do not count.
fn data_folder(configuration: &Configuration) -> Result<PathBuf, Failure> {
    if let Some(folder) = &configuration.settings.dev.data_dir {
        return Ok(folder.clone());
    }
    let xdg = env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let home = || {
        env::var_os("HOME")
            .map(|home| PathBuf::from(home).join(".local/share"))
            .filter(|path| path.is_absolute())
    };
    let folder = xdg.or_else(home).ok_or_else(|| {
        Failure::usage("there is no folder for data: HOME is not set")
            .hint("name one with --data-dir")
    })?;
    Ok(folder.join("linebot"))
}

async fn start_simulator(
    configuration: &Configuration,
    channel: simulator::Channel,
) -> Result<Simulator, Failure> {
    let wanted = configuration.settings.simulator.simulator_listen;
    let move_on = !configuration.is_set("simulator_listen");
    let listener = next_free(wanted, move_on, async |address| {
        TcpListener::bind(address).await
    })
    .await
    .map_err(|error| Failure::cannot_listen(wanted, "LINEBOT_SIMULATOR_LISTEN", &error))?;
    super::simulator::start(listener, simulator::Config::new(channel))
}

async fn bot_listener(
    configuration: &Configuration,
    limits: Limits,
) -> Result<(Listener, SocketAddr), Failure> {
    let settings = &configuration.settings;
    let is_set = configuration.is_set("listen");
    let wanted = if is_set { settings.server.listen } else { BOT };
    let failed = |error| Failure::cannot_listen(wanted, "LINEBOT_LISTEN", &error);
    let listener = next_free(wanted, !is_set, async |address| {
        Listener::bind(address, limits)
    })
    .await
    .map_err(failed)?;
    let address = listener.address().map_err(failed)?;
    Ok((listener, address))
}

/// Binds `wanted`, or the next port that is free where nobody asked for this very one.
async fn next_free<T>(
    wanted: SocketAddr,
    move_on: bool,
    bind: impl AsyncFn(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut address = wanted;
    loop {
        match bind(address).await {
            Ok(bound) => {
                if address != wanted {
                    tracing::warn!("port {} is taken: using {}", wanted.port(), address.port());
                }
                return Ok(bound);
            }
            Err(error)
                if move_on
                    && error.kind() == io::ErrorKind::AddrInUse
                    && address.port() < wanted.port().saturating_add(MOST_TRIES) =>
            {
                address.set_port(address.port() + 1);
            }
            Err(error) => return Err(error),
        }
    }
}

/// The channel that the stand-in made up.
fn channel(credentials: &simulator::Channel, simulator: &Simulator) -> Result<Channel, Failure> {
    let unusable = |error: &dyn std::error::Error| {
        Failure::failed(format!("the stand-in's channel cannot be used: {error}"))
    };
    let tokens =
        TokenProvider::fixed(&credentials.access_token).map_err(|error| unusable(&error))?;
    let secrets = ChannelSecrets::new([&credentials.secret]).map_err(|error| unusable(&error))?;
    Channel::new(tokens, secrets, &simulator.url())
}
