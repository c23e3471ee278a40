//! What throw-away servers have in common: a port and a folder of their own, and a certain end.

use crate::apt;
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Debian's `nobody` and `nogroup`: servers need no rights, and refuse to run as root.
pub(crate) const NOBODY: u32 = 65_534;

/// A database server that runs until this is dropped.
///
/// Killed without the chance to drop it, we still end it: the kernel does ([`without_rights`]).
pub(crate) struct Server {
    /// What to call it.
    pub(crate) name: &'static str,
    /// Where it answers, as a user who may do everything.
    pub(crate) url: String,
    process: Child,
    _folder: Folder,
}

impl Server {
    /// Starts `command` and waits until it listens on `port`.
    pub(crate) fn start(
        name: &'static str,
        command: &mut Command,
        port: u16,
        folder: Folder,
    ) -> Result<Self> {
        let log = folder.path.join("server.log");
        let log_file = File::create(&log)?;
        let process = command
            .stdin(Stdio::null())
            .stdout(log_file.try_clone()?)
            .stderr(log_file)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let mut server = Self {
            name,
            url: format!("mysql://root@127.0.0.1:{port}"),
            process,
            _folder: folder,
        };
        let give_up = Instant::now() + Duration::from_mins(1);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if server.process.try_wait()?.is_some() || Instant::now() > give_up {
                let log = fs::read_to_string(&log).unwrap_or_default();
                bail!("{name} does not start; it wrote:\n{log}");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Its process, which is the server itself: `chroot` and `setpriv` become what they start.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Waits for its end, which nobody asked for.
    pub(crate) fn wait(&mut self) -> Result<()> {
        let status = self.process.wait()?;
        bail!("{} ended: {status}", self.name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its data is thrown away: no need to let it flush.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A folder of one run, deleted with this.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
}

impl Folder {
    /// Makes an empty folder for `nobody` in `parent`, and deletes those of runs that were killed.
    pub(crate) fn new(parent: &Path, name: &str) -> Result<Self> {
        let prefix = format!("linebot-{name}-");
        for entry in fs::read_dir(parent)? {
            let entry = entry?;
            let file_name = entry.file_name();
            let process = file_name
                .to_str()
                .and_then(|name| name.strip_prefix(&prefix));
            if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        let path = parent.join(format!("{prefix}{}", std::process::id()));
        fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let folder = Self { path };
        if apt::is_root() {
            chown(&folder.path, Some(NOBODY), Some(NOBODY))?;
        }
        Ok(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!("warning: cannot delete {}: {error}", self.path.display());
        }
    }
}

/// The arguments of `setpriv` (util-linux) with which a server has no rights and dies with the thread that starts it.
pub(crate) fn without_rights() -> Vec<String> {
    let mut arguments = vec!["--pdeathsig=KILL".to_owned()];
    if apt::is_root() {
        arguments.push(format!("--reuid={NOBODY}"));
        arguments.push(format!("--regid={NOBODY}"));
        arguments.push("--clear-groups".to_owned());
    }
    arguments
}

/// A port that nobody uses now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
