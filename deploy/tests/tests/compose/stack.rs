//! The whole, in containers. One test, because it takes a minute to build up and to tear down.

use crate::project::Project;
use anyhow::{Context, ensure};
use deploy_tests::chat::{Chat, get, post};
use deploy_tests::containers::{both, confined, podman, published, rows, succeeded};
use deploy_tests::tools::variable;
use std::fs;
use std::process::Command;

/// What the bot says when it has read its secrets again.
const RELOADED: &str = "read the configuration again";

/// As `depends_on` orders them.
const SERVICES: [&str; 4] = ["mysql-db", "app-server", "linebot-nginx", "simulator"];

#[test]
#[ignore = "needs podman and the images: cargo xtask test"]
fn the_stack_talks_takes_new_secrets_comes_back_from_a_backup_and_leaves_nothing()
-> anyhow::Result<()> {
    let project = Project::new()?;
    start(&project)?;
    nginx_lets_through_what_it_should(&project)?;
    containers_have_no_more_than_they_need(&project)?;
    the_database_is_closed_to_others(&project)?;
    let mut chat = Chat::open(project.chat_port)?;
    chat.ask("milk\nbread", "Added “milk”")?;
    new_channel_secret(&project, &mut chat)?;
    let mut chat = Chat::open(project.chat_port)?;
    chat.ask("milk", "Done: “milk”")?;
    new_database_passwords(&project, &mut chat)?;
    backup(&project, &mut chat)?;
    let left = project.down()?;
    ensure!(left.is_empty(), "left behind: {left}");
    Ok(())
}

fn start(project: &Project) -> anyhow::Result<()> {
    eprintln!("the services start, one by one");
    for service in SERVICES {
        project.up(service)?;
        if service == "mysql-db" {
            migrate(project)?;
        }
    }
    Ok(())
}

/// Runs to its end; with nothing to do, too.
fn migrate(project: &Project) -> anyhow::Result<()> {
    let said = succeeded(&mut project.compose(&["run", "-T", "--rm", "--no-deps", "migrate"])?)?;
    ensure!(said.contains("applied"), "{said}");
    let said = succeeded(&mut project.compose(&["run", "-T", "--rm", "--no-deps", "migrate"])?)?;
    ensure!(said.contains("is up to date"), "{said}");
    Ok(())
}

fn nginx_lets_through_what_it_should(project: &Project) -> anyhow::Result<()> {
    eprintln!("nginx lets through what it should");
    let port = project.http_port;
    for (path, status) in [
        ("/", 200),
        ("/healthz", 200),
        ("/metrics", 404),
        ("/readyz", 404),
    ] {
        ensure!(get(port, path)? == status, "{path}");
    }
    // nginx's own answer, and the bot's.
    let body = r#"{"destination":"U0","events":[]}"#;
    ensure!(
        post(port, "/callback", "x: y", body)? == 401,
        "no signature"
    );
    let forged = "x-line-signature: Zm9yZ2Vk";
    ensure!(
        post(port, "/callback", forged, body)? == 401,
        "a forged one"
    );
    Ok(())
}

/// What podman says of the containers, besides what compose.yaml says.
fn containers_have_no_more_than_they_need(project: &Project) -> anyhow::Result<()> {
    eprintln!("the containers have no more than they need");
    let files = fs::read_dir(project.path("deploy/compose/private/secrets"))?;
    let secrets: Result<Vec<String>, _> =
        files.map(|file| fs::read_to_string(file?.path())).collect();
    let secrets = secrets?;
    for service in SERVICES {
        let told = confined(&project.container(service), &secrets)?;
        let processes = &told["HostConfig"]["PidsLimit"];
        ensure!(processes.as_u64() > Some(0), "{service}");
        let expected = usize::from(["linebot-nginx", "simulator"].contains(&service));
        let ports = published(&told);
        ensure!(ports.len() == expected, "{service}: {ports:?}");
    }
    Ok(())
}

fn the_database_is_closed_to_others(project: &Project) -> anyhow::Result<()> {
    eprintln!("the database is closed to others");
    let as_the_bot = |arguments: &str| {
        let script = format!(
            "MYSQL_PWD=\"$(cat /run/secrets/db-app/password)\" \
             mysql --host=127.0.0.1 --user=linebot_app {arguments}"
        );
        project.exec("mysql-db", &script)
    };
    let plain = as_the_bot("--ssl-mode=DISABLED --execute='SELECT 1'")?;
    // The same user and password as below: access denied, because of REQUIRE SSL.
    ensure!(both(&plain).contains("ERROR 1045"), "{}", both(&plain));
    let setting = project.as_root("SELECT @@require_secure_transport")?;
    ensure!(setting.trim() == "1", "for every user: {setting}");
    let encrypted = as_the_bot("--ssl-mode=REQUIRED --execute='SELECT 1'")?;
    ensure!(encrypted.status.success(), "{}", both(&encrypted));
    let too_much = as_the_bot("linebot --execute='DROP TABLE events'")?;
    // 1142: the command is denied to the user.
    ensure!(
        both(&too_much).contains("ERROR 1142"),
        "{}",
        both(&too_much)
    );
    let from_the_web_tier = project.exec("linebot-nginx", "getent hosts mysql-db")?;
    ensure!(
        !from_the_web_tier.status.success(),
        "{}",
        both(&from_the_web_tier)
    );
    let the_bot = project.exec("linebot-nginx", "getent hosts app-server")?;
    ensure!(
        the_bot.status.success(),
        "names are answered there: {}",
        both(&the_bot)
    );
    Ok(())
}

/// As deploy/compose/README.md says: both secrets, LINE changes, the new one alone. Nothing is restarted but LINE.
fn new_channel_secret(project: &Project, chat: &mut Chat) -> anyhow::Result<()> {
    eprintln!("a new channel secret");
    let path = project.path("deploy/compose/private/secrets/channel-secret");
    let token = project.path("deploy/compose/private/secrets/channel-access-token");
    let (old, new, token) = (
        fs::read_to_string(path)?,
        "a new secret",
        fs::read_to_string(token)?,
    );
    let take = |secret: &str| {
        let channel = [
            ("LINE_CHANNEL_SECRET", secret),
            ("LINE_CHANNEL_ACCESS_TOKEN", &*token),
        ];
        project.prepare(&[], &channel)?;
        let app = project.container("app-server");
        succeeded(&mut podman(&["kill", "--signal=HUP", &app])?)
    };
    take(&format!("{new},{old}"))?;
    project.logs("app-server", RELOADED, 1)?;
    chat.ask("list", "bread")
        .context("LINE still signs with the old secret")?;
    take(new)?;
    project.logs("app-server", RELOADED, 2)?;
    // The first was the forged one.
    chat.say("list")?;
    project.logs("app-server", r#""status":401"#, 2)?;
    succeeded(&mut podman(&[
        "restart",
        "--time=10",
        &project.container("simulator"),
    ])?)?;
    project.healthy("simulator")
}

/// The users get new passwords while the bot runs on with the old one; then the bot is made again. Its container has
/// another address then, which nginx finds by itself.
fn new_database_passwords(project: &Project, chat: &mut Chat) -> anyhow::Result<()> {
    eprintln!("new passwords for the database");
    let address = |service: &str| -> anyhow::Result<String> {
        let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}";
        let container = project.container(service);
        succeeded(&mut podman(&["inspect", "--format", format, &container])?)
    };
    let old = fs::read_to_string(project.path("deploy/compose/private/secrets/password"))?;
    project.prepare(&["new-passwords"], &[])?;
    let changed = project.exec("mysql-db", "bash /docker-entrypoint-initdb.d/10-users.sh")?;
    ensure!(changed.status.success(), "{}", both(&changed));
    chat.ask("eggs", "Added “eggs”")
        .context("the bot's connections last")?;
    let before = address("app-server")?;
    let app = project.container("app-server");
    succeeded(&mut podman(&["stop", &app])?)?;
    succeeded(&mut podman(&["rm", &app])?)?;
    project.up("app-server")?;
    ensure!(
        before != address("app-server")?,
        "another address: {before}"
    );
    chat.ask("list", "eggs")
        .context("with the new password, at the new address")?;
    // The old one is valid until it is discarded, so that nobody is shut out meanwhile.
    project.as_root("ALTER USER 'linebot_app'@'%' DISCARD OLD PASSWORD")?;
    let refused = project.exec(
        "mysql-db",
        &format!("MYSQL_PWD={old} mysql --host=127.0.0.1 --user=linebot_app --execute='SELECT 1'"),
    )?;
    ensure!(both(&refused).contains("ERROR 1045"), "{}", both(&refused));
    Ok(())
}

fn backup(project: &Project, chat: &mut Chat) -> anyhow::Result<()> {
    eprintln!("a backup, a disaster, and back");
    let rows = || rows(&project.container("mysql-db"));
    let run =
        |service| succeeded(&mut project.compose(&["run", "-T", "--rm", "--no-deps", service])?);
    let before = rows()?;
    let said = run("backup")?;
    ensure!(said.contains("wrote /backups/linebot-"), "{said}");
    let said = run("restore-check")?;
    ensure!(said.contains("can be restored"), "{said}");
    chat.ask("clear", "Cleared your list")?;
    project.as_root("DROP TABLE tasks")?;
    ensure!(rows()? != before, "the rows are gone");
    restore(project)?;
    ensure!(rows()? == before, "every row is back");
    chat.ask("list", "eggs")?;
    Ok(())
}

/// As deploy/compose/README.md says, with podman for docker.
fn restore(project: &Project) -> anyhow::Result<()> {
    eprintln!("the dump goes in");
    let dumps = fs::read_dir(project.path("deploy/compose/private/backups"))?;
    let dump = dumps
        .flatten()
        .map(|entry| entry.path())
        .next()
        .context("a dump")?;
    let pipe = r#"gunzip <"$1" | "$2" exec --interactive "$3" sh -c "$4""#;
    let load = r#"MYSQL_PWD="$(cat /run/secrets/db/root-password)" exec mysql --user=root linebot"#;
    let mut restore = Command::new("sh");
    restore
        .args(["-c", pipe, "restore"])
        .arg(dump)
        .arg(variable("LINEBOT_TEST_PODMAN")?)
        .args([&project.container("mysql-db"), load]);
    succeeded(&mut restore).map(drop)
}
