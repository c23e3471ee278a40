//! What `cargo xtask test` installed.

use anyhow::Context;
use std::env;
use std::path::{Path, PathBuf};

/// kubectl, 1.27 or newer.
pub fn kubectl() -> PathBuf {
    installed("LINEBOT_TEST_KUBECTL")
}

/// A Python environment with the packages of `tools/requirements.txt`.
pub fn python() -> PathBuf {
    installed("LINEBOT_TEST_DEPLOY_TOOLS")
}

/// nginx.
pub fn nginx() -> PathBuf {
    installed("LINEBOT_TEST_NGINX")
}

/// The root of a system with MySQL, to be entered by `chroot`.
pub fn mysql_system() -> PathBuf {
    installed("LINEBOT_TEST_MYSQL_SYSTEM")
}

/// The folder of the repository.
pub fn root() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    folder.canonicalize().unwrap_or(folder)
}

/// What `cargo xtask test` sets.
pub fn variable(name: &str) -> anyhow::Result<PathBuf> {
    let value = env::var_os(name);
    Ok(value
        .with_context(|| format!("{name} is not set: run `cargo xtask test -p deploy-tests`"))?
        .into())
}

/// # Panics
///
/// When it is not there: the test cannot say anything then, and must not pass.
fn installed(name: &str) -> PathBuf {
    variable(name).unwrap_or_else(|error| panic!("{error}"))
}
