//! All tests, with everything they need installed and started.
//!
//! What a test needs it finds in the environment. A variable that is set already is left alone, so that a server or
//! browser of one's own can be used:
//!
//! | variable | what it is |
//! |---|---|
//! | `LINEBOT_TEST_FULL` | `1`: a test that lacks one of the others fails instead of saying that it did nothing |
//! | `LINEBOT_TEST_MYSQL_URL` | a MySQL server whose user may do everything, without a database: `mysql://root@127.0.0.1:3306` |
//! | `LINEBOT_TEST_MARIADB_URL` | the same on MariaDB |
//! | `LINEBOT_TEST_MYSQL_SYSTEM` | the root of a system with MySQL's server and client, to be entered by `chroot` |
//! | `LINEBOT_TEST_WSREP_SCRIPTS` | a folder with `wsrep_sst_rsync` of Debian's `mariadb-server`, where that is not installed |
//! | `LINEBOT_TEST_PYTHON` | a Python with LINE's SDK |
//! | `LINEBOT_TEST_CHROMIUM` | a Chromium |
//! | `LINEBOT_TEST_KUBECTL` | a kubectl, 1.27 or newer |
//! | `LINEBOT_TEST_NGINX` | an nginx |
//! | `LINEBOT_TEST_DEPLOY_TOOLS` | a Python environment with `deploy/tests/tools/requirements.txt` |
//! | `LINEBOT_TEST_PODMAN` | a podman that has both images as `:local`, and those they and `compose.yaml` name |
//! | `LINEBOT_TEST_CONTAINER_TOOLS` | the folder of what `deploy/tests/tools/container-requirements.txt` installs |
//! | `LINEBOT_TEST_SBOM` | the list of what is in the bot's image |

use crate::server::Server;
use crate::{browser, command, galera, image, manifests, mariadb, mysql, python, unstable};
use anyhow::Result;
use std::env;

const MYSQL_URL: &str = "LINEBOT_TEST_MYSQL_URL";
const MARIADB_URL: &str = "LINEBOT_TEST_MARIADB_URL";
const MYSQL_SYSTEM: &str = "LINEBOT_TEST_MYSQL_SYSTEM";
const WSREP_SCRIPTS: &str = "LINEBOT_TEST_WSREP_SCRIPTS";
const PYTHON: &str = "LINEBOT_TEST_PYTHON";
const CHROMIUM: &str = "LINEBOT_TEST_CHROMIUM";
const PODMAN: &str = "LINEBOT_TEST_PODMAN";
const CONTAINER_TOOLS: &str = "LINEBOT_TEST_CONTAINER_TOOLS";
const SBOM: &str = "LINEBOT_TEST_SBOM";

/// Runs the tests, passing `arguments` on to `cargo test`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut tests = command::cargo(["test"]);
    if packages(arguments).is_empty() {
        tests.arg("--workspace");
    }
    tests.args(arguments).env("LINEBOT_TEST_FULL", "1");
    // `#[ignore]` marks the tests that plain `cargo test` cannot run.
    if !arguments.iter().any(|argument| argument == "--") {
        tests.arg("--");
    }
    tests.arg("--include-ignored");
    if unset(PYTHON) {
        tests.env(PYTHON, python::with_line_sdk()?);
    }
    if unset(CHROMIUM) {
        tests.env(CHROMIUM, browser::chromium()?);
    }
    tests.envs(manifests::variables(unset)?);
    if unset(MYSQL_SYSTEM) {
        tests.env(MYSQL_SYSTEM, unstable::root()?);
    }
    // Compiling the bot for its image takes minutes, so only for the tests that look at it.
    if unset(PODMAN) && tests_package(arguments, "deploy-tests") {
        tests.env(PODMAN, image::for_tests()?);
        tests.env(SBOM, image::sbom());
        tests.env(CONTAINER_TOOLS, python::for_containers()?);
    }
    // Some tests start and kill servers of their own.
    mariadb::ensure()?;
    if unset(WSREP_SCRIPTS) {
        tests.env(WSREP_SCRIPTS, galera::scripts()?);
    }
    let servers = start_servers()?;
    for (variable, server) in &servers {
        tests.env(variable, &server.url);
    }
    command::run(&mut tests)
}

/// Starts the servers and waits until we are killed, which ends them too.
pub(crate) fn serve() -> Result<()> {
    let mut servers = start_servers()?;
    for (variable, server) in &servers {
        println!("export {variable}={}", server.url);
    }
    eprintln!("Ctrl-C stops them");
    match servers.first_mut() {
        Some((_, server)) => server.wait(),
        None => Ok(()),
    }
}

fn start_servers() -> Result<Vec<(&'static str, Server)>> {
    let mut servers = Vec::new();
    if unset(MYSQL_URL) {
        servers.push((MYSQL_URL, mysql::start()?));
    }
    if unset(MARIADB_URL) {
        servers.push((MARIADB_URL, mariadb::start()?));
    }
    Ok(servers)
}

/// Whether `package` is among those that are tested: named, or all of them.
fn tests_package(arguments: &[String], package: &str) -> bool {
    let named = packages(arguments);
    named.is_empty() || named.contains(&package)
}

/// The packages that are named, as cargo takes them: `-p todo`, `-ptodo`, `--package todo`, `--package=todo`.
fn packages(arguments: &[String]) -> Vec<&str> {
    let mut of_cargo = arguments.iter().take_while(|argument| *argument != "--");
    let mut packages = Vec::new();
    while let Some(argument) = of_cargo.next() {
        let package = if argument == "-p" || argument == "--package" {
            of_cargo.next().map(String::as_str)
        } else if argument.starts_with("--") {
            argument.strip_prefix("--package=")
        } else {
            argument.strip_prefix("-p")
        };
        packages.extend(package);
    }
    packages
}

fn unset(variable: &str) -> bool {
    env::var_os(variable).is_none()
}

#[cfg(test)]
mod tests {
    use super::packages;

    #[test]
    fn packages_are_named_as_cargo_takes_them() {
        for (arguments, named) in [
            ("-p todo deadlock", vec!["todo"]),
            ("-ptodo --package line", vec!["todo", "line"]),
            ("--package=bot --quiet", vec!["bot"]),
            ("--profile release", vec![]),
            ("deadlock -- -p --package=todo", vec![]),
        ] {
            let arguments: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
            assert_eq!(packages(&arguments), named, "{arguments:?}");
        }
    }
}
