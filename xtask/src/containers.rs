//! Containers for the tests: podman with a storage of its own, and stand-ins for the images of registries.
//!
//! The stand-ins have the names of the real images, so that Containerfiles and compose.yaml are tested as they are.
//! They are made from Debian unstable and, for Rust, what is installed on this machine: nothing comes from a registry.

use crate::{apt, command, once, paths, unstable};
use anyhow::{Context, Result, bail};
use std::env;
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Each stand-in's Containerfile in deploy/tests/stand-ins, the image it stands in for, and the file that names the
/// version of that.
const STAND_INS: [(&str, &str, &str); 3] = [
    (
        "rust",
        "docker.io/library/rust:",
        "deploy/images/app.Containerfile",
    ),
    (
        "nginx",
        "docker.io/nginxinc/nginx-unprivileged:",
        "deploy/images/nginx.Containerfile",
    ),
    ("mysql", "docker.io/library/mysql:", "compose.yaml"),
];

/// What all stand-ins are made from, and what that was made of.
const DEBIAN: &str = "localhost/debian-unstable:stand-in";

/// A podman that leaves the machine's own alone.
pub(crate) struct Containers {
    folder: PathBuf,
}

impl Containers {
    /// Installs podman and makes the stand-ins.
    pub(crate) fn ensure() -> Result<Self> {
        if !apt::is_root() {
            bail!("the tests of the images and of Compose need root: they make networks");
        }
        apt::ensure(&[
            "podman",
            "runc",
            "netavark",
            "aardvark-dns",
            "catatonit",
            "iptables",
        ])?;
        let containers = Self {
            folder: paths::target().join("containers"),
        };
        for folder in ["temporary", "networks", "storage", "cargo-target"] {
            fs::create_dir_all(containers.folder.join(folder))?;
        }
        fs::write(
            containers.folder.join("containers.conf"),
            containers.configuration(),
        )?;
        fs::write(
            containers.folder.join("storage.conf"),
            containers.storage_configuration(),
        )?;
        let wrapper = containers.wrapper();
        fs::write(&wrapper, containers.wrapper_script())?;
        fs::set_permissions(&wrapper, Permissions::from_mode(0o755))?;
        containers.make_stand_ins()?;
        Ok(containers)
    }

    /// A program that is podman on this storage, for whoever starts podman.
    pub(crate) fn wrapper(&self) -> PathBuf {
        self.folder.join("podman")
    }

    /// What `podman build` needs besides for the stand-in of Rust, which has neither compiler nor crates.
    ///
    /// `target` is where cargo leaves what it has compiled, and may find it next time.
    pub(crate) fn compiler(target: &Path) -> Result<Vec<OsString>> {
        let sysroot = command::output(Command::new("rustc").args(["--print", "sysroot"]))?;
        let cargo_home = env::var_os("CARGO_HOME").map_or_else(
            || env::home_dir().map(|home| home.join(".cargo")),
            |home| Some(home.into()),
        );
        let registry = cargo_home
            .context("neither CARGO_HOME nor HOME is set")?
            .join("registry");
        let mounts = [
            (Path::new(sysroot.trim()), "/usr/local/rust:ro"),
            (&registry, "/usr/local/cargo/registry"),
            (target, "/target"),
        ];
        let mut arguments = vec!["--network=none".into()];
        for (here, there) in mounts {
            let mut mount = here.as_os_str().to_owned();
            mount.push(":");
            mount.push(there);
            arguments.extend(["--volume".into(), mount]);
        }
        Ok(arguments)
    }

    /// Where the usual builds leave what they have compiled.
    pub(crate) fn cargo_target(&self) -> PathBuf {
        self.folder.join("cargo-target")
    }

    /// `podman` on this storage.
    pub(crate) fn podman(&self) -> Command {
        let mut podman = Command::new(self.wrapper());
        podman.current_dir(paths::root());
        podman
    }

    fn wrapper_script(&self) -> String {
        let folder = self.folder.display();
        format!(
            "#!/bin/sh\nexport CONTAINERS_CONF='{folder}/containers.conf'\n\
             export CONTAINERS_STORAGE_CONF='{folder}/storage.conf'\n\
             export TMPDIR='{folder}/temporary'\nexec /usr/bin/podman \"$@\"\n"
        )
    }

    /// Limits may not be raised in a container that we may run in ourselves, crun refuses some layouts of cgroups, and
    /// there may be no systemd.
    fn configuration(&self) -> String {
        format!(
            "[containers]\ndefault_ulimits = [\"nofile=4096:4096\", \"nproc=8192:8192\"]\n\
             [engine]\nruntime = \"runc\"\nevents_logger = \"file\"\ncgroup_manager = \"cgroupfs\"\n\
             [network]\nnetwork_config_dir = \"{}\"\n",
            self.folder.join("networks").display()
        )
    }

    fn storage_configuration(&self) -> String {
        // Told apart from those of other checkouts by a path that has no blank in it.
        let checkout = paths::root().display().to_string().replace('/', "-");
        format!(
            "[storage]\ndriver = \"overlay\"\ngraphroot = \"{}\"\nrunroot = \"/run/linebot{checkout}\"\n",
            self.folder.join("storage").display()
        )
    }

    fn make_stand_ins(&self) -> Result<()> {
        self.import_debian()?;
        for (name, image, named_in) in STAND_INS {
            let tag = tag_of(image, named_in)?;
            let folder = paths::root().join("deploy/tests/stand-ins");
            command::run_quietly(
                self.podman()
                    .args(["build", "--quiet", "--network=none", "--timestamp=0"])
                    .arg("--tag")
                    .arg(format!("{image}{tag}"))
                    .arg("--file")
                    .arg(folder.join(format!("{name}.Containerfile")))
                    .arg(folder),
            )?;
        }
        Ok(())
    }

    /// Debian unstable as an image, made again when the folder was.
    fn import_debian(&self) -> Result<()> {
        let root = unstable::root()?;
        let made_of = fs::read_to_string(root.join(once::MADE_OF))?;
        let stamp = self.folder.join("debian-made-of");
        let imported = command::succeeds(self.podman().args(["image", "exists", DEBIAN]));
        if imported && fs::read_to_string(&stamp).is_ok_and(|packages| packages == made_of) {
            return Ok(());
        }
        eprintln!("$ tar … | podman import - {DEBIAN}");
        let mut tar = Command::new("tar")
            .arg("--directory")
            .arg(&root)
            // The data of servers that run, and what apt downloaded.
            .args([
                "--exclude=./srv",
                "--exclude=./var/cache",
                "--exclude=./var/lib/apt",
            ])
            .args(["--create", "."])
            .stdout(Stdio::piped())
            .spawn()?;
        let archive = tar.stdout.take().context("tar writes to a pipe")?;
        let imported = self
            .podman()
            .args(["import", "--quiet", "-", DEBIAN])
            .stdin(archive)
            .stdout(Stdio::null())
            .status()?;
        if !tar.wait()?.success() || !imported.success() {
            bail!("Debian unstable cannot be made an image");
        }
        fs::write(stamp, made_of)?;
        Ok(())
    }
}

/// The version of `image` that a file of the repository names.
fn tag_of(image: &str, file: &str) -> Result<String> {
    let text = fs::read_to_string(paths::root().join(file))?;
    let (_, rest) = text
        .split_once(image)
        .with_context(|| format!("{file} does not name {image}"))?;
    let tag: String = rest
        .chars()
        .take_while(|character| character.is_ascii_alphanumeric() || ".-_".contains(*character))
        .collect();
    Ok(tag)
}
