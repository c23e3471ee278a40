//! What `cargo xtask test` installed.

use std::env;
use std::path::{Path, PathBuf};

/// kubectl, 1.27 or newer.
pub fn kubectl() -> PathBuf {
    installed("LINEBOT_TEST_KUBECTL")
}

/// A Python environment with the packages of `tools/requirements.txt`.
pub fn python() -> PathBuf {
    installed("LINEBOT_TEST_MANIFEST_TOOLS")
}

/// nginx.
pub fn nginx() -> PathBuf {
    installed("LINEBOT_TEST_NGINX")
}

/// The folder of the repository.
pub fn root() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    folder.canonicalize().unwrap_or(folder)
}

/// # Panics
///
/// When it is not there: the test cannot say anything then, and must not pass.
fn installed(variable: &str) -> PathBuf {
    match env::var_os(variable) {
        Some(path) => path.into(),
        None => panic!("{variable} is not set: run `cargo xtask test -p deploy-tests`"),
    }
}
