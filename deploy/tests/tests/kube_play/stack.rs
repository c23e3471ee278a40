//! The whole, in pods. One test, because it takes a minute to build up and to tear down.

use crate::page::Page;
use crate::place::{Place, change};
use anyhow::{Context, ensure};
use deploy_tests::chat::Chat;
use deploy_tests::containers::{
    as_root, both, confined, ended, exec, logged, podman, published, rows, succeeded,
};
use std::fs;

const BOT: &str = "app-server-app-server";
const NGINX: &str = "linebot-nginx-linebot-nginx";
const MYSQL: &str = "mysql-db-mysql";

/// What the bot says once it works.
const READY: &str = "the database answers";

/// Where the page keeps the secrets.
const SECRETS: &str = "deploy/k8s/overlays/podman/private/secrets.yaml";

/// A channel secret as LINE makes them: 32 hexadecimal digits.
const NEW_SECRET: &str = "fedcba9876543210fedcba9876543210";

/// The day on the page, where the name of a backup has its own.
const A_DAY: &str = "2026-11-21";

#[test]
#[ignore = "needs podman, kubectl and the images: cargo xtask test"]
fn the_pods_talk_take_new_secrets_come_back_from_a_backup_and_leave_nothing() -> anyhow::Result<()>
{
    let (page, place) = (Page::read()?, Place::new()?);
    eprintln!("the pods start");
    place.run(page.below("## Start it")?)?;
    tables_are_made(&page, &place)?;
    place.run(page.below("The simulator, which is published")?)?;
    let mut chat = place.chat()?;
    chat.ask("milk\nbread", "Added “milk”")?;
    each_tier_had_its_part()?;
    place.run(page.below("## Look after it")?)?;
    containers_have_no_more_than_they_need(&place)?;
    new_channel_secret(&page, &place, &mut chat)?;
    let dump = backup(&page, &place)?;
    removed_and_made_again(&page, &place, &dump)?;
    eprintln!("everything is removed");
    place.run(page.below("## Remove it")?)?;
    place.run(page.below("The lists, the backups and the secrets:")?)?;
    let left = place.left()?;
    ensure!(left.is_empty(), "left behind: {left:?}");
    ensure!(!place.path(SECRETS).exists(), "the secrets are left");
    page.everything_was_taken()
}

fn tables_are_made(page: &Page, place: &Place) -> anyhow::Result<()> {
    let said = place.run(page.below("Until they are there, the bot waits.")?)?;
    ensure!(said.contains("applied"), "{said}");
    logged(BOT, READY, 1)
}

fn each_tier_had_its_part() -> anyhow::Result<()> {
    logged(NGINX, r#""path":"/callback","status":200"#, 1)?;
    let tasks = as_root(MYSQL, "SELECT COUNT(*) FROM tasks")?;
    ensure!(tasks.trim() == "2", "{tasks} tasks");
    Ok(())
}

/// What podman made of the pods.
fn containers_have_no_more_than_they_need(place: &Place) -> anyhow::Result<()> {
    eprintln!("the containers have no more than they need");
    let text = fs::read_to_string(place.path(SECRETS))?;
    let quoted = text.lines().filter_map(|line| line.split('\'').nth(1));
    // The name of a user is none.
    let secrets = quoted.filter(|value| *value != "linebot_app");
    let secrets: Vec<String> = secrets.map(str::to_owned).collect();
    ensure!(secrets.len() > 8, "{} secrets", secrets.len());
    for container in [BOT, NGINX, MYSQL] {
        let told = confined(container, &secrets)?;
        // Podman 4 publishes what is declared, MySQL's port too.
        let ports = published(&told);
        ensure!(ports.is_empty(), "{container}: {ports:?}");
    }
    for container in [NGINX, MYSQL] {
        succeeded(&mut podman(&["healthcheck", "run", container])?)?;
    }
    // Podman 4.3 would ask by a shell, which the image does not have.
    succeeded(&mut podman(&["exec", BOT, "/linebot", "healthcheck"])?)?;
    let plain = as_the_bot("--ssl-mode=DISABLED --execute='SELECT 1'")?;
    // Access denied, because of REQUIRE SSL: the same user comes in encrypted.
    ensure!(plain.contains("ERROR 1045"), "{plain}");
    let encrypted = as_the_bot("--ssl-mode=REQUIRED --execute='SELECT 1'")?;
    ensure!(!encrypted.contains("ERROR"), "{encrypted}");
    Ok(())
}

fn as_the_bot(arguments: &str) -> anyhow::Result<String> {
    let script = format!(
        "MYSQL_PWD=\"$(cat /run/secrets/db-app/password)\" \
         mysql --host=127.0.0.1 --user=linebot_app {arguments}"
    );
    Ok(both(&exec(MYSQL, &script)?))
}

/// As the page says: both secrets, LINE changes, the new one alone; and with that, new passwords for the database.
fn new_channel_secret(page: &Page, place: &Place, chat: &mut Chat) -> anyhow::Result<()> {
    eprintln!("a new channel secret, old and new");
    let file = place.path(SECRETS);
    let made_again = page.below("**New secrets.**")?;
    change(&file, "channel-secret", |old| format!("{NEW_SECRET},{old}"))?;
    place.run(made_again)?;
    logged(BOT, READY, 1)?;
    chat.ask("list", "bread")
        .context("LINE still signs with the old secret")?;
    eprintln!("the new one alone, and new passwords for the database");
    change(&file, "channel-secret", |_| NEW_SECRET.to_owned())?;
    let password = change(&file, "password", |old| format!("another {old}"))?;
    for user in ["migrate", "backup", "monitor"] {
        let key = format!("{user}-password");
        change(&file, &key, |old| format!("another {old}"))?;
    }
    place.run(made_again)?;
    place.run(page.below("its users have to learn them")?)?;
    logged(BOT, READY, 1).context("with the new password")?;
    chat.say("list")?;
    logged(NGINX, r#""path":"/callback","status":401"#, 1)?;
    place.run(page.below("and the simulator when it is started again:")?)?;
    let mut chat = place.chat()?;
    chat.ask("milk", "Done: “milk”")?;
    // The old one is valid until it is discarded, so that nobody is shut out meanwhile.
    as_root(MYSQL, "ALTER USER 'linebot_app'@'%' DISCARD OLD PASSWORD")?;
    let login =
        format!("MYSQL_PWD={password} mysql --host=127.0.0.1 --user=linebot_app --execute=''");
    let refused = both(&exec(MYSQL, &login)?);
    ensure!(refused.contains("ERROR 1045"), "{refused}");
    chat.ask("eggs", "Added “eggs”")?;
    Ok(())
}

/// The day of the dump.
fn backup(page: &Page, place: &Place) -> anyhow::Result<String> {
    eprintln!("a backup");
    let said = place.run(page.below("**A backup**")?)?;
    ensure!(said.contains("can be restored"), "{said}");
    let (_, from) = said
        .split_once("wrote /backups/linebot-")
        .with_context(|| said.clone())?;
    Ok(from.chars().take(A_DAY.len()).collect())
}

/// Without pods and without data; then a new database takes the backup.
fn removed_and_made_again(page: &Page, place: &Place, day: &str) -> anyhow::Result<()> {
    eprintln!("the pods end, and the disk is lost");
    let before = rows(MYSQL)?;
    place.run(page.below("## Remove it")?)?;
    let left = place.left()?;
    let runs = |name: &&String| name.starts_with("pod ") || name.starts_with("container ");
    ensure!(left.iter().find(runs).is_none(), "{left:?}");
    ensure!(left.contains("volume mysql-pv-claim"), "the data is kept");
    succeeded(&mut podman(&["volume", "rm", "mysql-pv-claim"])?)?;

    eprintln!("a new database takes the backup");
    let start = page.below("## Start it")?.lines();
    let claim: Vec<&str> = start.filter(|line| line.contains("claim.yaml")).collect();
    ensure!(claim.len() == 1, "{claim:?}");
    place.run(claim[0])?;
    place.run(page.below("**Other settings, another version.**")?)?;
    tables_are_made(page, place)?;
    ensure!(rows(MYSQL)? != before, "it is empty");
    let restore = page.below("**Back to a backup**")?;
    ensure!(restore.contains(A_DAY), "{restore}");
    place.run(&restore.replace(A_DAY, day))?;
    ensure!(rows(MYSQL)? == before, "every row is back");

    place.run(page.below("The simulator, which is published")?)?;
    let list = place.chat()?.ask("list", "eggs")?;
    ensure!(list.contains("bread") && !list.contains("milk"), "{list}");
    let doctor = ended(&mut podman(&["exec", BOT, "/linebot", "doctor"])?)?;
    ensure!(doctor.status.success(), "{}", both(&doctor));
    Ok(())
}
