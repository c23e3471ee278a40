//! A MariaDB that a test may kill.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Killed and deleted when dropped. The kernel kills it too when the thread that started it ends.
pub(crate) struct OwnServer {
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

impl OwnServer {
    /// Makes an empty server with the database `linebot` and starts it.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let installed = Command::new("mariadb-install-db")
            .args([
                "--no-defaults",
                "--skip-test-db",
                "--auth-root-authentication-method=normal",
            ])
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--user={}", user()))
            // Two at once would take the same names for their temporary tables.
            .env("TMPDIR", folder.path())
            .output()
            .expect("mariadb-install-db can be run: cargo xtask test");
        assert!(installed.status.success(), "{installed:?}");
        std::fs::create_dir(data.join("linebot")).unwrap();
        let mut server = Self {
            port: e2e::ports::free(1).unwrap(),
            folder,
            process: None,
        };
        server.start_again();
        server
    }

    /// Starts it on the data and port it had, and waits until it accepts connections.
    pub(crate) fn start_again(&mut self) {
        let folder = self.folder.path();
        let process = Command::new("setpriv")
            .args([
                "--pdeathsig=KILL",
                "mariadbd",
                "--no-defaults",
                "--bind-address=127.0.0.1",
            ])
            .arg(format!("--user={}", user()))
            .arg(format!("--datadir={}", folder.join("data").display()))
            .arg(format!("--socket={}", socket(folder)))
            .arg(format!("--port={}", self.port))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(process);
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.process.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "it does not start: {ended:?}");
            std::thread::yield_now();
        }
    }

    /// As a crash ends it.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// It keeps its connections and answers nothing.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Ends [`Self::freeze`].
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let process = self.process.as_ref().unwrap().id().to_string();
        let sent = Command::new("kill").args([signal, &process]).status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn url(&self) -> String {
        format!("mysql://root@127.0.0.1:{}/linebot", self.port)
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn socket(folder: &Path) -> String {
    folder.join("socket").display().to_string()
}

/// It runs as whoever runs the tests.
fn user() -> String {
    let user = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(user.stdout).unwrap().trim().to_owned()
}
