//! A real nginx with the configuration of a rendered `ConfigMap`.

use crate::object::{Object, pairs};
use crate::tools;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// An nginx that runs until this is dropped.
pub struct Nginx {
    /// Where it answers.
    pub address: SocketAddr,
    process: Child,
    folder: TempDir,
}

/// Writes the files of `map` into `folder`, as a pod would find them, except for addresses and folders: all of them lead
/// into `folder` and to `backends`, of which the first server of the upstream gets the first.
///
/// # Panics
///
/// When a file cannot be written.
pub fn write(folder: &Path, map: &Object, address: SocketAddr, backends: &[SocketAddr]) {
    let certificate =
        rcgen::generate_simple_self_signed(["bot.example.org".to_owned()]).expect("a certificate");
    fs::write(folder.join("tls.crt"), certificate.cert.pem()).expect("a file");
    fs::write(
        folder.join("tls.key"),
        certificate.signing_key.serialize_pem(),
    )
    .expect("a file");
    fs::create_dir(folder.join("tmp")).expect("a folder");
    let own = folder.display().to_string();
    for (name, text) in pairs(map.get("/data")) {
        let mut text = text
            .replace(" /tmp/", &format!(" {own}/tmp/"))
            .replace("/dev/stdout", &format!("{own}/access.log"))
            .replace("/run/secrets/tls/", &format!("{own}/"))
            .replace("listen 8080;", &format!("listen {address};"))
            .replace("listen 8443 ssl;", "listen unix:tls.socket ssl;")
            .replace("unix:tls.socket", &format!("unix:{own}/tls.socket"));
        let mut next = backends.iter();
        let mut last = backends.first();
        while text.contains("server app-server:5000") {
            last = next.next().or(last);
            let backend = last.map_or_else(|| "127.0.0.1:1".to_owned(), ToString::to_string);
            text = text.replacen("server app-server:5000", &format!("server {backend}"), 1);
        }
        fs::write(folder.join(name), text).expect("a file can be written");
    }
}

/// The configuration in `folder`, with the program's own messages in a file.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(tools::nginx());
    command
        .arg("-p")
        .arg(folder)
        .arg("-c")
        .arg(folder.join("nginx.conf"));
    command
}

impl Nginx {
    /// Starts it and waits until it answers.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start(map: &Object, backends: &[SocketAddr]) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let address = free_address();
        write(folder.path(), map, address, backends);
        let errors = File::create(folder.path().join("error.log")).expect("a file can be made");
        let process = command(folder.path())
            .args(["-g", "daemon off;"])
            .stderr(errors)
            .spawn()
            .expect("nginx runs");
        let mut nginx = Self {
            address,
            process,
            folder,
        };
        let give_up = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(address).is_err() {
            let ended = nginx.process.try_wait().expect("it is ours").is_some();
            assert!(
                !ended && Instant::now() < give_up,
                "nginx does not start: {}",
                nginx.errors()
            );
            thread::sleep(Duration::from_millis(10));
        }
        nginx
    }

    /// What it wrote to stderr.
    pub fn errors(&self) -> String {
        fs::read_to_string(self.file("error.log")).unwrap_or_default()
    }

    /// The lines of its log, once there are `count` of them.
    ///
    /// # Panics
    ///
    /// When they do not come.
    pub fn log(&self, count: usize) -> Vec<String> {
        let give_up = Instant::now() + Duration::from_secs(10);
        loop {
            let text = fs::read_to_string(self.file("access.log")).unwrap_or_default();
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            if lines.len() >= count {
                return lines;
            }
            assert!(
                Instant::now() < give_up,
                "{} of {count} lines in the log",
                lines.len()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Tells it to stop as a pod is told: the image's STOPSIGNAL is SIGQUIT.
    ///
    /// # Panics
    ///
    /// When it cannot be told.
    pub fn quit(&self) {
        let told = Command::new("kill")
            .args(["-QUIT", &self.process.id().to_string()])
            .status();
        assert!(told.expect("kill runs").success());
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM, so that it ends its worker as well.
        let _ = Command::new("kill")
            .arg(self.process.id().to_string())
            .status();
        let _ = self.process.wait();
    }
}

/// An address on loopback that nobody listens on.
///
/// # Panics
///
/// When there is none.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address")
}
