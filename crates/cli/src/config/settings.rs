//! Every setting of the program, declared once.
//!
//! The flags, the environment, the configuration file, `config check` and the table in the documentation are all read
//! off this struct (see [`keys`](super::keys)). One rule names a setting everywhere: a field is `drain_seconds` in the
//! file and `--drain-seconds` on the command line; its variable is named in `env`, and is the same word in capitals,
//! with `LINEBOT_` in front where no other program's convention rules.
//!
//! `hide_env_values` marks a secret: it is never shown, and a second setting with `_file` behind its name reads it
//! from a file.

use super::database::{self, Database};
use super::values::{self, ListenAddress, LogFilter, LogFormat};
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;
use todo::Language;

/// Every setting of the program.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// A TOML file with any of these settings; flags and variables win over it
    #[arg(
        long,
        env = "LINEBOT_CONFIG",
        value_name = "FILE",
        help_heading = "Configuration"
    )]
    pub config: Option<PathBuf>,
    /// The LINE channel.
    #[command(flatten)]
    pub channel: ChannelSettings,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// The HTTP side.
    #[command(flatten)]
    pub server: ServerSettings,
    /// How the bot behaves.
    #[command(flatten)]
    pub bot: BotSettings,
    /// Logs and traces.
    #[command(flatten)]
    pub telemetry: TelemetrySettings,
    /// What only `dev` uses.
    #[command(flatten)]
    pub dev: DevSettings,
    /// The stand-in for the LINE Platform.
    #[command(flatten)]
    pub simulator: SimulatorSettings,
}

/// The LINE channel the bot talks through.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "LINE channel")]
pub struct ChannelSettings {
    /// Channel secret from the LINE Developers Console; while it is being replaced, the new and the old one separated by a comma
    #[arg(
        long,
        env = "LINE_CHANNEL_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    pub line_channel_secret: Option<SecretString>,

    /// Long-lived channel access token from the console
    #[arg(
        long,
        env = "LINE_CHANNEL_ACCESS_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub line_channel_access_token: Option<SecretString>,

    /// Channel id, instead of a token: 15-minute tokens are then fetched with it and the (first) secret
    #[arg(long, env = "LINE_CHANNEL_ID", value_name = "ID")]
    pub line_channel_id: Option<String>,

    /// The Messaging API
    #[arg(long, env = "LINE_API_BASE_URL", value_name = "URL", default_value = "https://api.line.me", value_parser = values::base_url)]
    pub line_api_base_url: String,
}

/// Where everything is kept: a URL, or MySQL in parts.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseSettings {
    /// `sqlite:///path/linebot.db` or `mysql://user:password@host:3306/linebot`, with `?ssl-mode=VERIFY_CA&ssl-ca=FILE` to insist on encryption
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL", value_parser = Database::parse)]
    pub database_url: Option<Database>,

    /// MySQL in parts, for a Secret and a `ConfigMap`: the host
    #[arg(long, env = "DB_HOST", value_name = "HOST", value_parser = database::host)]
    pub db_host: Option<String>,

    /// MySQL's port
    #[arg(long, env = "DB_PORT", value_name = "PORT", default_value = "3306", value_parser = values::port)]
    pub db_port: NonZeroU16,

    /// MySQL's user
    #[arg(long, env = "DB_USER", value_name = "USER")]
    pub db_user: Option<String>,

    /// MySQL's password
    #[arg(
        long,
        env = "DB_PASSWORD",
        hide_env_values = true,
        value_name = "PASSWORD"
    )]
    pub db_password: Option<SecretString>,

    /// MySQL's database
    #[arg(
        long,
        env = "DB_DATABASE",
        value_name = "NAME",
        default_value = "linebot"
    )]
    pub db_database: String,

    /// Most connections to MySQL
    // (replicas x connections) stays below the 151 that MySQL allows by default, up to 15 replicas.
    #[arg(
        long,
        env = "LINEBOT_DATABASE_CONNECTIONS",
        value_name = "COUNT",
        default_value = "10",
        value_parser = values::connections
    )]
    pub database_connections: NonZeroU32,
}

/// The HTTP side: where to listen, what to refuse, how to stop.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Server")]
pub struct ServerSettings {
    /// Address of the webhook and the probes
    #[arg(
        long,
        env = "LINEBOT_LISTEN",
        value_name = "ADDRESS",
        default_value = "0.0.0.0:5000",
        value_parser = values::address
    )]
    pub listen: SocketAddr,

    /// Address of the Prometheus metrics, or `off`
    #[arg(
        long,
        env = "LINEBOT_METRICS_LISTEN",
        value_name = "ADDRESS",
        default_value = "0.0.0.0:9090"
    )]
    pub metrics_listen: ListenAddress,

    /// How long SIGTERM leaves the listener open, so that load balancers notice first
    #[arg(long, env = "LINEBOT_DRAIN_SECONDS", value_name = "SECONDS", default_value = "0", value_parser = values::seconds)]
    pub drain_seconds: Duration,

    /// How long requests under way and replies owed may take after that
    #[arg(long, env = "LINEBOT_STOP_SECONDS", value_name = "SECONDS", default_value = "10", value_parser = values::seconds)]
    pub stop_seconds: Duration,

    /// Largest request body
    // LINE documents no limit; webhooks are some kilobytes, so 1 MiB refuses nothing real.
    #[arg(
        long,
        env = "LINEBOT_BODY_LIMIT_BYTES",
        value_name = "BYTES",
        default_value = "1048576",
        value_parser = values::body_bytes
    )]
    pub body_limit_bytes: NonZeroUsize,

    /// Connections served at once; more are answered 503
    #[arg(
        long,
        env = "LINEBOT_MAX_CONNECTIONS",
        value_name = "COUNT",
        default_value = "1024",
        value_parser = values::count
    )]
    pub max_connections: NonZeroUsize,

    /// How long a request's head may take to arrive, and a connection stay idle or an answer unread: longer than the proxy in front keeps an idle connection
    #[arg(long, env = "LINEBOT_HEADER_TIMEOUT_SECONDS", value_name = "SECONDS", default_value = "75", value_parser = values::some_seconds)]
    pub header_timeout_seconds: Duration,

    /// How long a request's body may take to arrive
    #[arg(long, env = "LINEBOT_BODY_TIMEOUT_SECONDS", value_name = "SECONDS", default_value = "10", value_parser = values::some_seconds)]
    pub body_timeout_seconds: Duration,
}

/// How the bot behaves.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Bot")]
pub struct BotSettings {
    /// Language of replies where the person's is not known: `ja` or `en`
    #[arg(long, env = "LINEBOT_LANGUAGE", value_name = "LANGUAGE", default_value = "ja", value_parser = values::language)]
    pub language: Language,

    /// Events that may wait for their transaction; more are refused with 503
    #[arg(
        long,
        env = "LINEBOT_QUEUE_EVENTS",
        value_name = "COUNT",
        default_value = "4096",
        value_parser = values::count
    )]
    pub queue_events: NonZeroUsize,

    /// How long ids of processed events are kept, to recognise redeliveries
    #[arg(long, env = "LINEBOT_KEEP_EVENTS_DAYS", value_name = "DAYS", default_value = "7", value_parser = values::days)]
    pub keep_events_days: Duration,

    /// How long completed and cleared tasks are kept
    #[arg(long, env = "LINEBOT_KEEP_CLOSED_TASKS_DAYS", value_name = "DAYS", default_value = "90", value_parser = values::days)]
    pub keep_closed_tasks_days: Duration,

    /// How long a list is kept after the bot was blocked or removed
    #[arg(long, env = "LINEBOT_KEEP_LEFT_CONVERSATIONS_DAYS", value_name = "DAYS", default_value = "30", value_parser = values::days)]
    pub keep_left_conversations_days: Duration,
}

/// Logs and traces.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Logs and traces")]
pub struct TelemetrySettings {
    /// Least level logged, also by module: `info`, `warn,line=debug`
    #[arg(long, env = "RUST_LOG", value_name = "LEVELS", default_value = "info")]
    pub rust_log: LogFilter,

    /// How logs are written: `json`, `text`, or `auto` (`text` on a terminal)
    #[arg(
        long,
        env = "LINEBOT_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub log_format: LogFormat,

    /// OpenTelemetry collector (HTTP) to send traces to; none are made without it
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL", value_parser = values::base_url)]
    pub otel_exporter_otlp_endpoint: Option<String>,

    /// Name of this service in traces
    #[arg(
        long,
        env = "OTEL_SERVICE_NAME",
        value_name = "NAME",
        default_value = "linebot"
    )]
    pub otel_service_name: String,
}

/// What only `dev` uses.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Development (`dev` only)")]
pub struct DevSettings {
    /// Folder of the embedded database; `$XDG_DATA_HOME/linebot` or `~/.local/share/linebot` if not set
    #[arg(long, env = "LINEBOT_DATA_DIR", value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
}

/// The stand-in for the LINE Platform, inside of `dev` or by itself.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Stand-in for LINE (`dev` and `simulator`)")]
pub struct SimulatorSettings {
    /// Address of the chat page and the stand-in for the LINE Platform
    #[arg(
        long,
        env = "LINEBOT_SIMULATOR_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8080",
        value_parser = values::address
    )]
    pub simulator_listen: SocketAddr,
}

impl ChannelSettings {
    /// The channel secrets in force: one, or two while one is being replaced.
    pub fn secrets(&self) -> Vec<SecretString> {
        let all = self
            .line_channel_secret
            .as_ref()
            .map_or("", |secrets| secrets.expose_secret());
        all.split(',')
            .map(str::trim)
            .filter(|secret| !secret.is_empty())
            .map(SecretString::from)
            .collect()
    }
}
