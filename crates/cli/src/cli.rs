//! The command line.

use crate::config::Flags;
use crate::config::settings::{
    BotSettings, ChannelSettings, DatabaseSettings, DevSettings, ServerSettings, Settings,
    SimulatorSettings, TelemetrySettings,
};
use crate::config::values;
use clap::{ArgGroup, Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

const ABOUT: &str = "A LINE bot that keeps TODO lists.

Send it a task and it shows your list; send the task again and it is done.
`linebot dev` starts it on this machine with nothing else installed: an embedded
database and a stand-in for the LINE Platform with a chat page in the browser.";

const MORE: &str = "\
Settings come from flags, environment variables and a TOML file (--config), in that
order. `linebot config check` shows each value in effect and where it came from.

Examples:
  linebot dev                                    try it in the browser
  linebot migrate                                create or update the tables
  linebot serve                                  run it, with the settings below
  linebot doctor                                 find out what is still wrong
  linebot export > lists.jsonl                   save every list
  linebot import lists.jsonl                     put them into another database

What `serve` needs:
  LINE_CHANNEL_SECRET, LINE_CHANNEL_ACCESS_TOKEN and DATABASE_URL;
  each secret may stand in a file that LINE_CHANNEL_SECRET_FILE and so on name

Exit codes:
  0  done    1  failed    2  wrong usage or configuration";

/// The program's arguments.
#[derive(Debug, Parser)]
#[command(name = "linebot", version, about = ABOUT, after_help = MORE, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Try the bot on this machine: embedded database, a stand-in for LINE, a chat page in the browser
    ///
    /// Needs no account and no configuration. Credentials that are set are not used; a database that is set
    /// (`DATABASE_URL`, `DB_HOST`) is. Unless a setting says otherwise, it listens on
    /// 127.0.0.1 (on the next free port where the usual one is taken), serves no metrics, and logs warnings only.
    Dev {
        #[command(flatten)]
        flags: Flags<ForDev>,
    },

    /// Run the bot
    ///
    /// SIGTERM or SIGINT: not ready, serve on for `LINEBOT_DRAIN_SECONDS`, finish what is under way, exit 0; a second one
    /// exits at once with 128 + its number (143 or 130).
    /// SIGHUP: read secret files and the configuration file again (channel secret, access token, log levels).
    Serve {
        #[command(flatten)]
        flags: Flags<ForServe>,
    },

    /// Run the stand-in for LINE alone, for a bot that runs elsewhere: another process, container or machine
    ///
    /// It signs webhooks with the (first) channel secret, takes the channel access token, and shows the chat page. The
    /// bot finds it by `LINE_API_BASE_URL`.
    Simulator {
        /// Where webhooks go; the simulator speaks plain HTTP only
        #[arg(
            value_name = "URL",
            default_value = "http://127.0.0.1:5000/callback",
            value_parser = values::plain_http_url
        )]
        webhook_url: String,
        #[command(flatten)]
        flags: Flags<ForSimulator>,
    },

    /// Create or update the tables of the database
    #[command(
        after_help = "Safe to run again, and by several replicas at once: what is applied is not applied twice.\n\
                      On SQLite stop the bot first: the file serves one process."
    )]
    Migrate {
        /// Only print what would be run
        #[arg(long)]
        plan: bool,
        #[command(flatten)]
        flags: Flags<ForDatabase>,
    },

    /// Check everything a running bot needs, and say how to cure what is wrong
    ///
    /// Configuration, secret, token, bot, chat mode, webhook URL (LINE itself calls it), quota, database, clock.
    /// Exits with 1 if anything fails, with 2 if settings are missing.
    Doctor {
        /// Print the findings as one JSON object
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        flags: Flags<ForServe>,
    },

    /// Show, set or test the webhook URL that LINE calls
    #[command(subcommand)]
    Webhook(Webhook),

    /// Write every list as JSON Lines, one conversation a line
    Export {
        /// Write to this file instead of stdout; it appears only when complete
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        flags: Flags<ForDatabase>,
    },

    /// Take over lists from an export, or from the database of the Flask bot
    ///
    /// A conversation that is already there is left as it is and counted, so it is safe to run again. On SQLite, stop the bot
    /// first.
    #[command(group(ArgGroup::new("source").required(true).args(["file", "from_seed"])))]
    Import {
        /// An export, `-` for standard input
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// The MySQL database of the Flask bot: its table `itemTable`
        #[arg(long, value_name = "URL")]
        from_seed: Option<String>,
        #[command(flatten)]
        flags: Flags<ForDatabase>,
    },

    /// Look at the configuration
    #[command(subcommand)]
    Config(Config),

    /// Print completions for a shell
    #[command(after_help = "Example: linebot completions bash > /etc/bash_completion.d/linebot")]
    Completions {
        /// The shell
        shell: Shell,
    },

    /// Ask a running bot on this machine whether it lives: for images without a shell
    Healthcheck {
        #[command(flatten)]
        flags: Flags<ForHealthcheck>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Webhook {
    /// Show the webhook URL and whether it is in use
    Get {
        #[command(flatten)]
        flags: Flags<ForChannel>,
    },
    /// Set the webhook URL
    #[command(after_help = "Example: linebot webhook set https://bot.example.com/callback")]
    Set {
        /// https, at most 500 characters; the bot listens at /callback
        url: String,
        #[command(flatten)]
        flags: Flags<ForChannel>,
    },
    /// Let LINE call the webhook URL now; LINE allows 60 tests an hour
    Test {
        /// Test this URL instead of the one that is set
        url: Option<String>,
        #[command(flatten)]
        flags: Flags<ForChannel>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Show every value in effect and where it came from; secrets are hidden
    ///
    /// Exits with 2 if something is wrong or `serve` would miss something.
    Check {
        /// Print the values as one JSON object
        #[arg(long)]
        json: bool,
        /// Print the table of all settings instead, as Markdown
        #[arg(long)]
        reference: bool,
        #[command(flatten)]
        flags: Flags<Settings>,
    },
}

/// Declares which settings a command has, as flags and elsewhere. Only their names are used; the values are read by
/// [`config::load`](crate::config::load).
macro_rules! groups {
    ($($(#[$doc:meta])* $name:ident: $($field:ident $settings:ty),+;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Args)]
            pub(crate) struct $name { $(#[command(flatten)] $field: $settings,)+ }
        )*
    };
}

groups! {
    /// Everything but what is for trying it out.
    ForServe: channel ChannelSettings, database DatabaseSettings, server ServerSettings, bot BotSettings, telemetry TelemetrySettings;
    /// Everything but the channel, which `dev` makes up.
    ForDev: dev DevSettings, simulator SimulatorSettings, database DatabaseSettings, server ServerSettings, bot BotSettings, telemetry TelemetrySettings;
    /// What the stand-in shares with the bot, and where it listens.
    ForSimulator: channel ChannelSettings, simulator SimulatorSettings, telemetry TelemetrySettings;
    /// To work on the database.
    ForDatabase: database DatabaseSettings, telemetry TelemetrySettings;
    /// To talk to LINE.
    ForChannel: channel ChannelSettings, telemetry TelemetrySettings;
}

/// To find the running bot.
#[derive(Debug, Args)]
pub(crate) struct ForHealthcheck {
    #[arg(long)]
    listen: Option<String>,
}
