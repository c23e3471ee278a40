//! What `cargo xtask test` installed.

use serde_json::Value;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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

/// The program, built if need be.
///
/// # Panics
///
/// When it cannot be built.
pub fn linebot() -> PathBuf {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "--package",
            "linebot",
            "--message-format",
            "json",
        ])
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "linebot cannot be built");
    let messages = String::from_utf8_lossy(&built.stdout);
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut programs =
        messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    programs.next().expect("a program")
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
