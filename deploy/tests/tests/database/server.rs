//! A real MySQL with the configuration and the scripts of the manifests, in a folder of its own.

use deploy_tests::nginx::free_address;
use deploy_tests::object::{Object, find, of, pairs, text};
use deploy_tests::{render, tools};
use std::fs::{self, File};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::thread;
use std::time::{Duration, Instant};

/// Debian's `nobody`: MySQL refuses to run as root.
const NOBODY: u32 = 65_534;

/// The files of passwords, as the Secrets hold them; quotes and backslashes must not disturb.
pub(crate) const PASSWORDS: [(&str, &str); 5] = [
    ("password", "app'\\\"1"),
    ("root-password", "root1"),
    ("migrate-password", "migrate1"),
    ("backup-password", "backup1"),
    ("monitor-password", "monitor1"),
];

pub(crate) struct MySql {
    pub(crate) port: u16,
    /// Its folder, as we see it.
    pub(crate) folder: PathBuf,
    /// Its folder, as it is called inside.
    inside: PathBuf,
    system: PathBuf,
    process: Option<Child>,
}

impl MySql {
    /// Makes an empty data folder, starts it with `my.cnf`, and makes the users, in the order of the image's entrypoint.
    pub(crate) fn start() -> Self {
        let system = tools::mysql_system();
        let folder = tempfile::Builder::new()
            .prefix("linebot-manifests-")
            .tempdir_in(system.join("srv"))
            .expect("root may make a folder")
            .keep();
        let inside = Path::new("/").join(folder.strip_prefix(&system).expect("it is inside"));
        let port = free_address().port();
        let mut server = Self {
            port,
            folder,
            inside,
            system,
            process: None,
        };
        server.write_files();
        let initialized = server
            .chroot("mysqld")
            .args(server.options())
            .arg("--initialize-insecure")
            .output();
        succeeded(&initialized.expect("chroot runs"));
        let log = File::create(server.folder.join("server.log")).expect("a file");
        let process = server
            .chroot("mysqld")
            .args(server.options())
            .stderr(log)
            .spawn();
        server.process = Some(process.expect("chroot runs"));
        server.wait();
        let root = "CREATE DATABASE linebot; ALTER USER root@localhost IDENTIFIED BY 'root1'";
        succeeded(&server.mysql("root", "", &["--execute", root]));
        succeeded(&server.script("init/10-users.sh"));
        server
    }

    fn write_files(&self) {
        let objects = render::overlay("local");
        let of_map = |prefix: &str| -> Object {
            let map = of(&objects, "ConfigMap").find(|map| map.name().starts_with(prefix));
            map.expect("it is rendered").clone()
        };
        for (folder, map) in [
            ("conf.d", "mysql-config"),
            ("init", "init-db-sql"),
            ("scripts", "mysql-backup-scripts"),
        ] {
            fs::create_dir(self.folder.join(folder)).expect("a folder");
            for (name, text) in pairs(of_map(map).get("/data")) {
                // The one place that a test cannot give the pod's.
                let text = text.replace(
                    "/var/lib/mysql/data",
                    &format!("{}/data", self.inside.display()),
                );
                fs::write(self.folder.join(folder).join(name), text).expect("a file");
            }
        }
        for folder in ["secrets", "backups", "work"] {
            fs::create_dir(self.folder.join(folder)).expect("a folder");
        }
        for (name, password) in PASSWORDS {
            self.write_password(name, password);
        }
        for folder in [".", "work", "backups"] {
            chown(self.folder.join(folder), Some(NOBODY), Some(NOBODY)).expect("root may");
        }
    }

    pub(crate) fn write_password(&self, name: &str, password: &str) {
        fs::write(self.folder.join("secrets").join(name), password).expect("a file");
    }

    fn options(&self) -> Vec<String> {
        let inside = self.inside.display();
        vec![
            format!("--defaults-file={inside}/conf.d/my.cnf"),
            format!("--port={}", self.port),
            format!("--socket={inside}/socket"),
            format!("--pid-file={inside}/pid"),
            "--bind-address=127.0.0.1".to_owned(),
        ]
    }

    /// `program` as nobody, inside, finding the server where the image's programs find it by themselves.
    pub(crate) fn chroot(&self, program: &str) -> Command {
        let inside = self.inside.display();
        let mut command = Command::new("chroot");
        command
            .arg(&self.system)
            .args(["setpriv", "--pdeathsig=KILL", "--clear-groups"])
            .args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")])
            .arg(program)
            .env("MYSQL_UNIX_PORT", format!("{inside}/socket"))
            .env("MYSQL_TCP_PORT", self.port.to_string())
            .env("SECRETS", format!("{inside}/secrets"))
            .env("APP_SECRETS", format!("{inside}/secrets"))
            .env("BACKUPS", format!("{inside}/backups"))
            .env("WORK", format!("{inside}/work"))
            .env("DB_HOST", "127.0.0.1")
            .env("DB_PORT", self.port.to_string())
            .env("LINEBOT_APP_USER", "linebot_app")
            .env_remove("MYSQL_PWD");
        command
    }

    /// A script of the manifests, run as a pod runs it.
    pub(crate) fn script(&self, name: &str) -> Output {
        let path = self.inside.join(name);
        self.chroot("bash").arg(path).output().expect("chroot runs")
    }

    /// MySQL's client as `user`; through the socket unless the arguments name a host.
    pub(crate) fn mysql(&self, user: &str, password: &str, arguments: &[&str]) -> Output {
        let mut command = self.chroot("mysql");
        command
            .arg("--no-defaults")
            .arg(format!("--user={user}"))
            .args(arguments);
        if !password.is_empty() {
            command.env("MYSQL_PWD", password);
        }
        command.output().expect("chroot runs")
    }

    /// What a statement answers over TCP, or the number of the error.
    pub(crate) fn ask(&self, user: &str, password: &str, statement: &str) -> Result<String, u32> {
        let arguments = [
            "--host=127.0.0.1",
            "--skip-column-names",
            "--execute",
            statement,
        ];
        let output = self.mysql(user, password, &arguments);
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        Err(error_number(&output))
    }

    fn wait(&mut self) {
        let give_up = Instant::now() + Duration::from_mins(1);
        // As the startup probe asks.
        let probe = ["--host=127.0.0.1", "ping"];
        while !self
            .chroot("mysqladmin")
            .args(probe)
            .output()
            .expect("chroot runs")
            .status
            .success()
        {
            let ended = self
                .process
                .as_mut()
                .and_then(|process| process.try_wait().ok()?);
            assert!(
                ended.is_none() && Instant::now() < give_up,
                "MySQL does not start: {}",
                fs::read_to_string(self.folder.join("server.log")).unwrap_or_default()
            );
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for MySql {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The command of the readiness probe, with the folder of the test's passwords.
pub(crate) fn readiness(server: &MySql) -> Output {
    let objects = render::overlay("local");
    let set = find(&objects, "StatefulSet", "mysql-db").expect("it is there");
    let probe = "/spec/template/spec/containers/0/readinessProbe/exec/command";
    let script = text(&set.0, &format!("{probe}/2")).replace("/run/secrets/db", "$SECRETS");
    server
        .chroot("sh")
        .args(["-c", &script])
        .output()
        .expect("chroot runs")
}

#[track_caller]
pub(crate) fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", said(output));
}

pub(crate) fn said(output: &Output) -> String {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&said).into_owned()
}

/// `ERROR 1045 (28000): …`
fn error_number(output: &Output) -> u32 {
    let said = said(output);
    let number = said
        .split("ERROR ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next()?.parse().ok());
    number.unwrap_or_else(|| panic!("no error number in {said}"))
}
