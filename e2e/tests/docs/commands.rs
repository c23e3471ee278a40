//! Every command line in the papers is run, or checked as the table says.

use crate::cargo;
use crate::compose;
use crate::pages::{self, Block};
use crate::world::{Shell, World, get};
use e2e::{Database, Linebot, Stage};
use std::collections::{BTreeMap, BTreeSet};

/// How a command line is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// Run beside a running bot, with its settings; it has to succeed.
    Run,
    /// Run on another database, which no bot uses.
    RunAlone,
    /// Sets a variable: run, and the configuration has to be right.
    Variable,
    /// Started: it has to listen, and to end well when asked to.
    Serve,
    /// Started from the binary of this build: it has to say where the chat page is, and show it.
    Dev,
    /// Asked of the running bot: 200.
    Get,
    /// Sent to the running bot, which has to read its configuration again.
    HangUp,
    /// Everything it names has to exist.
    Cargo,
    /// Run by [`crate::mysql`].
    OnMysql,
    /// Needs containers, in which the tests of the deployment do the same: everything it names has to exist.
    Compose,
}

use Check::{Cargo, Compose, Dev, Get, HangUp, OnMysql, Run, RunAlone, Serve, Variable};

/// Every command line in the papers. One that is not here fails the test, and so does one that is only here.
pub(crate) const COMMANDS: &[(&str, Check)] = &[
    ("cargo run --release -- dev", Dev),
    ("cargo run -- dev", Dev),
    ("cargo test", Cargo),
    ("cargo xtask test", Cargo),
    ("cargo xtask check", Cargo),
    ("cargo xtask servers", Cargo),
    ("cargo xtask bench --quick", Cargo),
    ("cargo xtask test -p storage-mysql deadlock", Cargo),
    ("cargo install --locked --path crates/cli", Cargo),
    ("export LINE_CHANNEL_SECRET=your-channel-secret", Variable),
    (
        "export LINE_CHANNEL_ACCESS_TOKEN=your-channel-access-token",
        Variable,
    ),
    (
        "export DATABASE_URL=\"sqlite://$HOME/linebot.db\"",
        Variable,
    ),
    (
        "export DATABASE_URL=mysql://linebot:password@127.0.0.1:3306/linebot",
        Variable,
    ),
    ("linebot serve", Serve),
    ("linebot migrate", RunAlone),
    ("linebot migrate --plan", RunAlone),
    (
        "linebot migrate --database-url mysql://linebot_owner:password@127.0.0.1:3306/linebot",
        OnMysql,
    ),
    (
        "linebot import --from-seed mysql://user:password@127.0.0.1:3306/linebot",
        OnMysql,
    ),
    ("linebot webhook set https://bot.example.com/callback", Run),
    ("linebot webhook test", Run),
    ("linebot doctor", Run),
    ("linebot config check", Run),
    ("linebot config check --reference", Run),
    ("linebot export --output lists.jsonl", Run),
    ("linebot import lists.jsonl", RunAlone),
    ("curl http://127.0.0.1:5000/healthz", Get),
    ("curl \"http://127.0.0.1:5000/readyz?verbose\"", Get),
    ("curl http://127.0.0.1:9090/metrics", Get),
    ("kill -HUP \"$(pidof linebot)\"", HangUp),
    ("cargo xtask image", Cargo),
    ("cargo xtask image --engine docker", Cargo),
    ("cargo xtask image --twice", Cargo),
    ("cargo xtask image --stand-ins", Cargo),
    ("deploy/compose/prepare.sh", Compose),
    ("deploy/compose/prepare.sh new-passwords", Compose),
    (
        "LINE_CHANNEL_SECRET=your-channel-secret LINE_CHANNEL_ACCESS_TOKEN=your-channel-access-token deploy/compose/prepare.sh",
        Compose,
    ),
    ("docker compose up --detach", Compose),
    ("docker compose up --detach --remove-orphans", Compose),
    ("docker compose up --detach --build", Compose),
    (
        "docker compose up --detach --no-deps --force-recreate app-server",
        Compose,
    ),
    ("docker compose ps", Compose),
    ("docker compose logs --follow app-server", Compose),
    ("docker compose exec app-server /linebot doctor", Compose),
    ("docker compose kill --signal HUP app-server", Compose),
    (
        "docker compose exec mysql-db bash /docker-entrypoint-initdb.d/10-users.sh",
        Compose,
    ),
    ("docker compose run --rm backup", Compose),
    ("docker compose run --rm restore-check", Compose),
    (
        "gunzip < deploy/compose/private/backups/linebot-2026-11-21.sql.gz | docker compose exec -T mysql-db sh -c 'MYSQL_PWD=\"$(cat /run/secrets/db/root-password)\" exec mysql --user=root linebot'",
        Compose,
    ),
    ("docker compose down", Compose),
    (
        "docker compose --profile \"*\" down --rmi all --volumes --remove-orphans",
        Compose,
    ),
];

/// Blocks that are not command lines: checked by [`crate::settings`], [`crate::mysql`] and [`crate::metrics`], or pictures
/// in text.
const OTHER_LANGUAGES: [&str; 4] = ["toml", "sql", "promql", "text"];

/// The crates' pages are theirs for rustdoc, which runs what is in them.
const OF_CRATES: &str = "crates/";

/// What these pages tell to type, the tests beside them check: it needs a cluster, not a bot.
const OF_DEPLOYMENT: &str = "deploy/";

/// Those that need none.
const OF_ONE_MACHINE: [&str; 2] = ["deploy/compose/", "deploy/images/"];

/// The command lines of all pages, in order, each once.
fn lines() -> Vec<String> {
    let (mut lines, mut seen) = (Vec::new(), BTreeSet::new());
    for block in pages::all().iter().flat_map(pages::Page::blocks) {
        let on_one_machine = OF_ONE_MACHINE
            .iter()
            .any(|folder| block.page.starts_with(folder));
        if block.page.starts_with(OF_DEPLOYMENT) && !on_one_machine {
            continue;
        }
        if block.language != "sh" {
            let Block { page, language, .. } = &block;
            assert!(
                OTHER_LANGUAGES.contains(&language.as_str()) || page.starts_with(OF_CRATES),
                "{page}: who checks `{language}`?"
            );
            continue;
        }
        for line in block.text.lines().filter(|line| !line.is_empty()) {
            if seen.insert(line.to_owned()) {
                lines.push(line.to_owned());
            }
        }
    }
    lines
}

#[test]
fn every_command_line_is_in_the_table_and_the_table_has_no_other() {
    let written: BTreeSet<String> = lines().into_iter().collect();
    let listed: BTreeSet<String> = COMMANDS
        .iter()
        .map(|(line, _)| (*line).to_owned())
        .collect();
    assert_eq!(written, listed);
}

#[tokio::test]
async fn every_command_line_does_what_it_is_there_for() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let mut world = World::new().await?;
    let other = Stage::new(Database::sqlite()?).await?;
    for line in lines() {
        let (_, check) = COMMANDS
            .iter()
            .find(|(listed, _)| *listed == line)
            .expect("in the table");
        world.point_line_here();
        let here = line.replace("$HOME", &shell.path("").display().to_string());
        match check {
            Run => drop(shell.succeed(&here, &world.stage.environment).await?),
            RunAlone => drop(shell.succeed(&here, &other.environment).await?),
            Variable => {
                let line = format!("{here} && linebot config check");
                shell.succeed(&line, &world.stage.environment).await?;
            }
            Serve => serve(&line).await?,
            Dev => dev(&line).await?,
            Get => ask(&world, &line).await?,
            HangUp => {
                let process = world.bot.process_id()?.to_string();
                let line = line.replace("$(pidof linebot)", &process);
                shell.succeed(&line, &BTreeMap::new()).await?;
                let heard =
                    |line: &str| line.contains("read the configuration again").then_some(());
                world
                    .bot
                    .line("that it read its configuration again", heard)
                    .await?;
            }
            Cargo => cargo::check(&line),
            Compose => compose::check(&line),
            OnMysql => {}
        }
    }
    let (exported, imported) = (world.stage.lists().await?, other.lists().await?);
    assert_eq!(exported, imported);
    assert!(
        exported.values().any(|titles| titles == &["milk"]),
        "{exported:?}"
    );
    Ok(())
}

async fn serve(line: &str) -> anyhow::Result<()> {
    let stage = Stage::new(Database::sqlite()?).await?;
    let arguments: Vec<&str> = line.split(' ').skip(1).collect();
    let mut bot = Linebot::start(&arguments, &stage.environment)?;
    assert!(
        get(bot.address().await?, "/readyz")
            .await?
            .starts_with("HTTP/1.1 200 ")
    );
    bot.terminate()?;
    assert_eq!(bot.ended().await?.code(), Some(0));
    Ok(())
}

async fn dev(line: &str) -> anyhow::Result<()> {
    let (_, arguments) = line.split_once("-- ").expect("arguments behind `--`");
    let home = tempfile::TempDir::new()?;
    let environment = BTreeMap::from([("HOME".to_owned(), home.path().display().to_string())]);
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let mut bot = Linebot::start(&arguments, &environment)?;
    let page = bot
        .line("where the chat page is", |line| {
            let rest = line.strip_prefix("Talk to the bot at http://")?;
            rest.split(' ').next()?.parse().ok()
        })
        .await?;
    assert!(get(page, "/").await?.starts_with("HTTP/1.1 200 "));
    Ok(())
}

/// Asks the running bot what the line asks one on the usual ports.
async fn ask(world: &World, line: &str) -> anyhow::Result<()> {
    let url = line
        .rsplit(' ')
        .next()
        .unwrap_or_default()
        .trim_matches('"');
    for (usual, here) in [
        ("http://127.0.0.1:5000", world.address),
        ("http://127.0.0.1:9090", world.metrics),
    ] {
        if let Some(path) = url.strip_prefix(usual) {
            let answer = get(here, path).await?;
            anyhow::ensure!(answer.starts_with("HTTP/1.1 200 "), "`{line}`: {answer}");
            return Ok(());
        }
    }
    anyhow::bail!("`{line}` asks neither the bot nor its metrics")
}

#[tokio::test]
async fn every_linebot_command_named_in_the_text_exists() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let mut commands = BTreeSet::new();
    for span in pages::all().iter().flat_map(pages::Page::spans) {
        let Some(rest) = span.strip_prefix("linebot ") else {
            continue;
        };
        let words = rest
            .split(' ')
            .filter(|word| !word.contains(['/', '.', ':']));
        commands.insert(words.collect::<Vec<_>>().join(" "));
    }
    assert!(commands.len() > 5, "{commands:?}");
    for command in commands {
        // clap looks at the words before it helps.
        shell
            .succeed(&format!("linebot {command} --help"), &BTreeMap::new())
            .await?;
    }
    Ok(())
}
