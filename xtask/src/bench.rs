//! The benchmark: everything built for release, on a MySQL of its own.

use crate::{command, mysql, paths};
use anyhow::Result;
use std::env;
use std::process::Command;

const MYSQL_URL: &str = "LINEBOT_TEST_MYSQL_URL";
const MYSQL_PROCESS: &str = "LINEBOT_TEST_MYSQL_PROCESS";

/// Builds, starts MySQL unless `LINEBOT_TEST_MYSQL_URL` names one, and measures, passing `arguments` on to `figures`.
pub(crate) fn run(without_mysql: bool, arguments: &[String]) -> Result<()> {
    command::run(&mut command::cargo([
        "build",
        "--release",
        "-p",
        "linebot",
        "-p",
        "bench",
    ]))?;
    let mut figures = Command::new(paths::target().join("release/figures"));
    figures.args(arguments);
    let server = if without_mysql {
        figures.env_remove(MYSQL_URL);
        None
    } else if env::var_os(MYSQL_URL).is_none() {
        let server = mysql::start()?;
        figures
            .env(MYSQL_URL, &server.url)
            .env(MYSQL_PROCESS, server.process_id().to_string());
        Some(server)
    } else {
        None
    };
    let result = command::run(&mut figures);
    drop(server);
    result
}
