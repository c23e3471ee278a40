//! MariaDB, from the Debian this runs on.

use crate::server::{Folder, Server, free_port, without_rights};
use crate::{apt, command};
use anyhow::Result;
use std::process::Command;

/// The server and `my_print_defaults`, which `mariadb-install-db` calls; not `mariadb-server`, which would start the
/// machine's own service.
const PACKAGES: [&str; 2] = ["mariadb-server-core", "mariadb-client-core"];

/// Installs MariaDB where it is missing.
pub(crate) fn ensure() -> Result<()> {
    apt::ensure(&PACKAGES)
}

/// Starts MariaDB with empty data, as Debian configures it.
pub(crate) fn start() -> Result<Server> {
    ensure()?;
    // Not under `target`: the server's user may not be allowed into the folders above it.
    let folder = Folder::new(&std::env::temp_dir(), "mariadb")?;
    let data = folder.path.join("data");
    let unprivileged = |program: &str| {
        let mut command = Command::new("setpriv");
        command.args(without_rights());
        command.args([program, "--no-defaults"]);
        command.arg(format!("--datadir={}", data.display()));
        command.current_dir(&folder.path);
        command
    };
    command::output(
        unprivileged("mariadb-install-db")
            .args(["--auth-root-authentication-method=normal", "--skip-test-db"]),
    )?;
    let port = free_port()?;
    let mut command = unprivileged("mariadbd");
    command
        .arg(format!("--port={port}"))
        .arg(format!("--socket={}", folder.path.join("socket").display()))
        .args(["--bind-address=127.0.0.1", "--max-connections=1000"]);
    Server::start("MariaDB", &mut command, port, folder)
}
