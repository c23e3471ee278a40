//! A minimal Debian unstable in a folder: for what Debian stable does not have, and as what the images of the tests are
//! built on.

use crate::{apt, command, once};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// MySQL for the tests of the store; the rest for `containers`.
const PACKAGES: &str =
    "ca-certificates,gcc,libc6-dev,mysql-client-core,mysql-server-core,nginx,wget";

/// Its root, made once, which takes a minute, and again when the packages change.
pub(crate) fn root() -> Result<PathBuf> {
    apt::ensure(&["debootstrap"])?;
    once::folder("unstable", PACKAGES, |root| {
        command::run_quietly(
            Command::new("debootstrap")
                .args(["--variant=minbase", "--include", PACKAGES, "sid"])
                .arg(root)
                .arg(apt::debian_mirror()?),
        )
    })
}
