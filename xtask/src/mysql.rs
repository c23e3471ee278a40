//! A real MySQL, which Debian stable does not have: the one of Debian unstable.

use crate::server::{Folder, Server, free_port, without_rights};
use crate::{apt, command, unstable};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is deployed.
const DEPLOYED: &str = include_str!("../../deploy/k8s/components/mysql/my.cnf");

/// What of it decides how fast a server is. With the redo log MySQL has by itself, 100 MB, it writes pages back every
/// second, and commits wait for it: 20 ms at 3,400 messages a second, for one in a hundred.
const SIZES: [&str; 2] = ["innodb_buffer_pool_size", "innodb_redo_log_capacity"];

/// Starts MySQL with empty data, as Debian configures it and of the sizes deployed: binary log and a flush at every
/// commit are on, as in production.
pub(crate) fn start() -> Result<Server> {
    if !apt::is_root() {
        bail!(
            "MySQL is run in a folder of its own, which only root may do.\n\
             Run `sudo --preserve-env=PATH,HOME cargo xtask test`, or set \
             LINEBOT_TEST_MYSQL_URL to a MySQL server whose user may do everything"
        );
    }
    let system = unstable::root()?;
    let folder = Folder::new(&system.join("srv"), "mysql")?;
    let data = inside(&system, &folder.path).join("data");
    let mysqld = || {
        let mut command = Command::new("chroot");
        command.arg(&system).arg("setpriv").args(without_rights());
        command
            .args(["mysqld", "--no-defaults", "--datadir"])
            .arg(&data);
        command
    };
    command::output(mysqld().arg("--initialize-insecure"))?;
    let port = free_port()?;
    let socket = inside(&system, &folder.path).join("socket");
    let mut command = mysqld();
    command
        .arg(format!("--port={port}"))
        .arg(format!("--socket={}", socket.display()))
        .args([
            "--bind-address=127.0.0.1",
            "--mysqlx=OFF",
            "--secure-file-priv=",
        ])
        .arg("--max-connections=1000")
        .args(sizes()?);
    Server::start("MySQL", &mut command, port, folder)
}

/// As options of the command.
fn sizes() -> Result<Vec<String>> {
    let option = |name| {
        let line = DEPLOYED
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
        let value = line.with_context(|| format!("{name} is not in the my.cnf deployed"))?;
        Ok(format!("--{name}={value}"))
    };
    SIZES.into_iter().map(option).collect()
}

/// How `path` is called inside `system`.
fn inside(system: &Path, path: &Path) -> PathBuf {
    Path::new("/").join(path.strip_prefix(system).unwrap_or(path))
}
