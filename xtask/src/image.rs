//! The two images, the list of what is in the bot's, and their digests.

use crate::containers::Containers;
use crate::{command, paths, sbom};
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The bot: compiled while its image is built.
const APP: Image = Image {
    name: "app-server",
    file: "deploy/images/app.Containerfile",
};
const NGINX: Image = Image {
    name: "linebot-nginx",
    file: "deploy/images/nginx.Containerfile",
};

struct Image {
    name: &'static str,
    file: &'static str,
}

/// What builds images here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    Podman,
    Docker,
}

/// The engine on the machine's own storage, or podman on that of the tests.
enum Builder {
    Usual(Engine),
    OnStandIns(Containers),
}

/// Where the list and the digests are left.
pub(crate) fn folder() -> PathBuf {
    paths::target().join("images")
}

/// Where the list of what is in the bot's image is left.
pub(crate) fn sbom() -> PathBuf {
    folder().join("app-server.spdx.json")
}

/// Builds both images.
pub(crate) fn run(engine: Engine, tag: &str, stand_ins: bool, twice: bool) -> Result<()> {
    let builder = match (stand_ins, engine) {
        (false, engine) => Builder::Usual(engine),
        (true, Engine::Podman) => Builder::OnStandIns(Containers::ensure()?),
        (true, Engine::Docker) => bail!("--stand-ins needs podman, which can have a storage apart"),
    };
    build_both(&builder, tag)?;
    if twice {
        build_again(&builder, tag)?;
    }
    Ok(())
}

/// Builds both images for the tests, under the names that compose.yaml has, and returns the podman that has them.
pub(crate) fn for_tests() -> Result<PathBuf> {
    let containers = Containers::ensure()?;
    let podman = containers.wrapper();
    let builder = Builder::OnStandIns(containers);
    build_both(&builder, "local")?;
    // Those that had the names before.
    command::run_quietly(builder.engine().args(["image", "prune", "--force"]))?;
    Ok(podman)
}

fn build_both(builder: &Builder, tag: &str) -> Result<()> {
    let commit = Commit::here()?;
    fs::create_dir_all(folder())?;
    for image in [APP, NGINX] {
        let name = format!("{}:{tag}", image.name);
        builder.build(&image, &name, &commit, false)?;
        let digest = builder.digest(&name)?;
        println!("{name} {digest}");
        fs::write(
            folder().join(format!("{}.digest", image.name)),
            format!("{digest}\n"),
        )?;
    }
    sbom::write(&sbom(), &commit)?;
    println!("{}", sbom().display());
    Ok(())
}

/// Everything once more from the beginning, the compilation too: the same commit has to be the same image.
fn build_again(builder: &Builder, tag: &str) -> Result<()> {
    let commit = Commit::here()?;
    for image in [APP, NGINX] {
        let (first, second) = (
            format!("{}:{tag}", image.name),
            format!("{}:{tag}-again", image.name),
        );
        builder.build(&image, &second, &commit, true)?;
        let (one, other) = (builder.digest(&first)?, builder.digest(&second)?);
        if one != other {
            bail!("{first} is {one}, and built again {other}");
        }
        println!("{second} {other}, the same");
    }
    Ok(())
}

impl Builder {
    fn build(&self, image: &Image, name: &str, commit: &Commit, from_scratch: bool) -> Result<()> {
        let mut engine = self.engine();
        engine
            .args(["build", "--tag", name, "--file", image.file])
            .args([
                "--build-arg",
                &format!("VERSION={}", env!("CARGO_PKG_VERSION")),
            ])
            .args(["--build-arg", &format!("REVISION={}", commit.revision)])
            // BuildKit takes the times in an image from this, podman from the flag.
            .args([
                "--build-arg",
                &format!("SOURCE_DATE_EPOCH={}", commit.seconds),
            ]);
        if matches!(self, Self::Usual(Engine::Docker)) {
            if from_scratch {
                engine.arg("--no-cache");
            }
        } else {
            // The cache of layers of podman 4.3 was seen to take those of other build arguments and another program.
            engine.args(["--timestamp", &commit.seconds, "--layers=false"]);
        }
        let fresh_target = folder().join("target-of-a-build-from-scratch");
        if let Self::OnStandIns(containers) = self {
            let target = if from_scratch {
                fs::create_dir_all(&fresh_target)?;
                fresh_target.clone()
            } else {
                containers.cargo_target()
            };
            engine.args(Containers::compiler(&target)?);
        }
        let result = command::run(engine.arg("."));
        if fresh_target.exists() {
            fs::remove_dir_all(fresh_target)?;
        }
        result
    }

    /// Of the manifest; docker knows that only once a registry has it, and before only that of the configuration.
    fn digest(&self, name: &str) -> Result<String> {
        let format = match self {
            Self::Usual(Engine::Docker) => "{{.Id}}",
            _ => "{{.Digest}}",
        };
        let digest = command::output(
            self.engine()
                .args(["image", "inspect", "--format", format, name]),
        )?;
        Ok(digest.trim().to_owned())
    }

    fn engine(&self) -> Command {
        let name: OsString = match self {
            Self::OnStandIns(containers) => return containers.podman(),
            Self::Usual(Engine::Podman) => "podman".into(),
            Self::Usual(Engine::Docker) => "docker".into(),
        };
        let mut engine = Command::new(name);
        // The builder of old knows no `COPY --chmod`.
        engine
            .env("DOCKER_BUILDKIT", "1")
            .current_dir(paths::root());
        engine
    }
}

/// The commit the images are built from.
pub(crate) struct Commit {
    /// Its hash, and `-dirty` when files differ from it.
    pub(crate) revision: String,
    /// When it was made, in seconds since 1970.
    pub(crate) seconds: String,
    /// The same as `2026-11-21T12:00:00Z`.
    pub(crate) time: String,
}

impl Commit {
    fn here() -> Result<Self> {
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            git.args(arguments)
                .env("TZ", "UTC")
                .current_dir(paths::root());
            command::output(&mut git).map(|text| text.trim().to_owned())
        };
        let told = git(&[
            "log",
            "-1",
            "--format=%H %ct %cd",
            "--date=format-local:%Y-%m-%dT%H:%M:%SZ",
        ])?;
        let mut words = told.split(' ').map(str::to_owned);
        let mut word = || words.next().context("git tells hash and times");
        let (mut revision, seconds, time) = (word()?, word()?, word()?);
        if !git(&["status", "--porcelain"])?.is_empty() {
            revision.push_str("-dirty");
        }
        Ok(Self {
            revision,
            seconds,
            time,
        })
    }
}
