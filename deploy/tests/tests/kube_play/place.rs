//! Where the commands are run: in a copy of the manifests, with the podman of the tests.

use anyhow::{Context, ensure};
use deploy_tests::chat::Chat;
use deploy_tests::containers::{both, copy_of, ended, podman, succeeded};
use deploy_tests::nginx::free_address;
use deploy_tests::tools::{kubectl, variable};
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The images of the tests, and their names in the overlay.
const IMAGES: [(&str, &str); 2] = [
    ("app-server:local", "localhost/app-server:1.0.0"),
    ("linebot-nginx:local", "localhost/linebot-nginx:1.0.0"),
];

/// Where the page publishes the chat page.
const CHAT: &str = "127.0.0.1:8081:";

/// How long the simulator may take to listen: it starts within a second, on a machine that does other things.
const PATIENCE: Duration = Duration::from_mins(2);

/// What podman has, kind by kind.
const KINDS: [&[&str]; 5] = [
    &["pod", "ls", "--format=pod {{.Name}}"],
    &["ps", "--all", "--format=container {{.Names}}"],
    &["volume", "ls", "--format=volume {{.Name}}"],
    &["secret", "ls", "--format=secret {{.Name}}"],
    &["network", "ls", "--format=network {{.Name}}"],
];

/// The copy. What was started in it is removed when this is dropped.
pub(crate) struct Place {
    folder: TempDir,
    /// Programs by the names the page has for them.
    programs: TempDir,
    chat_port: u16,
    before: BTreeSet<String>,
}

impl Place {
    /// Copies the manifests and names the images.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let programs = TempDir::new()?;
        symlink(
            variable("LINEBOT_TEST_PODMAN")?,
            programs.path().join("podman"),
        )?;
        if kubectl().is_absolute() {
            symlink(kubectl(), programs.path().join("kubectl"))?;
        }
        for (image, name) in IMAGES {
            succeeded(&mut podman(&["tag", image, name])?)?;
        }
        let mut place = Self {
            folder: copy_of(&["deploy/k8s"])?,
            programs,
            chat_port: free_address().port(),
            before: BTreeSet::new(),
        };
        place.speak_english()?;
        // What a test that was killed left.
        place.clear()?;
        place.before = everything()?;
        Ok(place)
    }

    /// The bot waits 700 ms for LINE to tell Alex's language, and on a busy machine may take its default instead.
    fn speak_english(&self) -> anyhow::Result<()> {
        let path = self.path("deploy/k8s/base/app/app.env");
        let text = fs::read_to_string(&path)?;
        ensure!(text.contains("LINEBOT_LANGUAGE=ja\n"), "{text}");
        fs::write(path, text.replace("LANGUAGE=ja", "LANGUAGE=en"))?;
        Ok(())
    }

    /// A file of the copy.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs commands of the page one after the other; all have to succeed. The images are there, and need not be built.
    pub(crate) fn run(&self, commands: &str) -> anyhow::Result<String> {
        let lines = commands.lines().filter(|line| !line.starts_with("cargo "));
        let script: Vec<&str> = lines.collect();
        let script = script.join("\n");
        let here = format!("127.0.0.1:{}:", self.chat_port);
        let output = ended(
            self.bash(&script.replace(CHAT, &here))
                .current_dir(self.folder.path()),
        )?;
        ensure!(output.status.success(), "{commands}\n{}", both(&output));
        Ok(both(&output))
    }

    /// The chat page, once it is there.
    pub(crate) fn chat(&self) -> anyhow::Result<Chat> {
        let started = Instant::now();
        loop {
            match Chat::open(self.chat_port) {
                Ok(chat) => return Ok(chat),
                Err(error) if started.elapsed() > PATIENCE => return Err(error),
                Err(_) => sleep(Duration::from_millis(200)),
            }
        }
    }

    /// What podman has now and did not have before.
    pub(crate) fn left(&self) -> anyhow::Result<BTreeSet<String>> {
        Ok(&everything()? - &self.before)
    }

    fn bash(&self, script: &str) -> Command {
        let mut paths = vec![self.programs.path().to_owned()];
        paths.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", script])
            .env("PATH", env::join_paths(paths).unwrap_or_default());
        bash
    }

    /// Removes everything of the overlay, whatever of it is there.
    fn clear(&self) -> anyhow::Result<()> {
        let script = "podman rm --force --time 0 simulator
            podman pod rm --force --time 0 app-server linebot-nginx mysql-db
            podman volume rm --force line-channel pass-secret mysql-users mysql-backup mysql-pv-claim init-db-sql
            podman volume rm --force $(podman volume ls --quiet --filter name=-config-)
            podman secret rm line-channel pass-secret mysql-users
            podman network rm --force linebot";
        // Each alone: most of it is not there.
        for line in script.lines() {
            ended(&mut self.bash(line))?;
        }
        let left = everything()?;
        let ours = ["pod app-server", "volume mysql-pv-claim", "network linebot"];
        let left = ours.into_iter().find(|name| left.contains(*name));
        left.map_or(Ok(()), |name| anyhow::bail!("cannot remove {name}"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.clear();
        for (_, name) in IMAGES {
            let _ = podman(&["untag", name, name]).map(|mut untag| ended(&mut untag));
        }
    }
}

fn everything() -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for kind in KINDS {
        let told = succeeded(&mut podman(kind)?)?;
        names.extend(told.lines().map(str::to_owned));
    }
    Ok(names)
}

/// Changes the value between quotes behind `key` in a file, and gives the one it had.
pub(crate) fn change(
    path: &Path,
    key: &str,
    new: impl FnOnce(&str) -> String,
) -> anyhow::Result<String> {
    let text = fs::read_to_string(path)?;
    let beginning = format!("  {key}: '");
    let mut lines = text.lines().filter(|line| line.starts_with(&beginning));
    let line = lines.next().with_context(|| format!("no {key}"))?;
    let old = line[beginning.len()..].trim_end_matches('\'').to_owned();
    fs::write(
        path,
        text.replace(line, &format!("{beginning}{}'", new(&old))),
    )?;
    Ok(old)
}
