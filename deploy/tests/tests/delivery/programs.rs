//! The programs themselves, where they are installed: each understands every line.
//!
//! gcloud and Terraform are in no registry that packages come from, so on other machines `known_commands.txt` stands for them.

use crate::commands::of;
use crate::known::{Known, verbs_and_flags};
use crate::workshop::said;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Where a program is: named by a variable, or on the path.
fn installed(program: &str, variable: Option<&str>) -> Option<PathBuf> {
    if let Some(path) = variable.and_then(env::var_os) {
        return Some(path.into());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// gcloud with no account, no way to get one, and no way out: what it is asked to do it cannot do.
pub(crate) fn gcloud_without_account(gcloud: &Path, home: &Path) -> Command {
    let mut command = Command::new(gcloud);
    command
        .env("HOME", home)
        .env("CLOUDSDK_CONFIG", home.join("gcloud"))
        .env("CLOUDSDK_CORE_PROJECT", "example")
        .env("CLOUDSDK_CORE_DISABLE_PROMPTS", "1")
        .env("CLOUDSDK_CORE_DISABLE_USAGE_REPORTING", "1")
        // On Google's own machines it would find one there.
        .env("CLOUDSDK_CORE_CHECK_GCE_METADATA", "false")
        .env_remove("GOOGLE_APPLICATION_CREDENTIALS")
        .env_remove("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE")
        .env_remove("CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE")
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .stdin(Stdio::null())
        .current_dir(home);
    command
}

/// gcloud, or `None` with a word on what is not covered.
pub(crate) fn gcloud() -> Option<PathBuf> {
    let gcloud = installed("gcloud", None);
    if gcloud.is_none() {
        eprintln!(
            "not covered: gcloud itself, which is not on this machine; known_commands.txt, which was checked against \
             gcloud 528, stands for it"
        );
    }
    gcloud
}

#[test]
#[ignore = "needs minutes, and gcloud to say more than the list does: cargo xtask test"]
fn gcloud_itself_understands_every_line() {
    let Some(gcloud) = gcloud() else { return };
    let lines = of("gcloud");
    assert!(lines.len() > 25, "{}", lines.len());
    let home = TempDir::new().expect("a folder");
    // Before anything else: it tells right from wrong as this test believes.
    let wrong = gcloud_without_account(&gcloud, home.path())
        .args(["container", "clusters", "list", "--zoen=a"])
        .output()
        .expect("gcloud runs");
    assert_eq!(wrong.status.code(), Some(2), "{}", said(&wrong));
    for words in lines {
        let line = words.join(" ");
        // These talk to a browser or to a file at once; their help says as much.
        if words[1] == "auth" {
            let (verbs, flags) = verbs_and_flags(&words);
            let known = Known::read();
            let entry = known.entry(&verbs).expect("in the list");
            let help = gcloud_without_account(&gcloud, home.path())
                .args(&entry[1..])
                .arg("--help")
                .output()
                .expect("gcloud runs");
            assert!(help.status.success(), "{line}: {}", said(&help));
            for flag in flags {
                assert!(said(&help).contains(&flag), "{line}: {flag}");
            }
            continue;
        }
        // A file that the reader has made just before.
        for file in words
            .iter()
            .filter_map(|word| word.strip_prefix("--data-file="))
        {
            fs::write(home.path().join(file), "example").expect("written");
        }
        let output = gcloud_without_account(&gcloud, home.path())
            .args(&words[1..])
            .output()
            .expect("gcloud runs");
        let said = said(&output);
        let understood = output.status.success() || said.contains("active account");
        assert!(
            understood && output.status.code() != Some(2),
            "{line}: {said}"
        );
    }
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn kubectl_itself_knows_every_verb_and_flag() {
    let kubectl = installed("kubectl", Some("LINEBOT_TEST_KUBECTL")).expect("kubectl");
    let help = |arguments: &[String]| {
        let output = Command::new(&kubectl)
            .args(arguments)
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        said(&output)
    };
    let global = help(&["options".to_owned()]);
    for (entry, flags) in Known::read().0 {
        if entry[0] != "kubectl" {
            continue;
        }
        let mut arguments = entry[1..].to_vec();
        arguments.push("--help".to_owned());
        let page = help(&arguments);
        // For a verb it does not know, kubectl shows the help of the verb before.
        let usage = page.lines().skip_while(|line| *line != "Usage:").nth(1);
        let usage = usage.unwrap_or_default().trim();
        assert!(usage.starts_with(&entry.join(" ")), "{entry:?}: {usage}");
        for flag in flags {
            let is_named = |text: &str| text.contains(&format!("{flag}="));
            assert!(
                is_named(&page) || is_named(&global),
                "{}: {flag}",
                entry.join(" ")
            );
        }
    }
}

#[test]
#[ignore = "needs Terraform to say more than the list does: cargo xtask test"]
fn terraform_itself_knows_every_verb_and_flag() {
    let Some(terraform) = installed("terraform", None) else {
        eprintln!(
            "not covered: Terraform itself, which is not on this machine; known_commands.txt, which was checked against \
             Terraform 1.11, stands for it"
        );
        return;
    };
    for (entry, flags) in Known::read().0 {
        if entry[0] != "terraform" {
            continue;
        }
        let output = Command::new(&terraform)
            .args(&entry[1..])
            .arg("-help")
            .env("CHECKPOINT_DISABLE", "1")
            .output()
            .expect("it runs");
        let page = said(&output);
        assert!(
            page.contains(&format!(
                "terraform [global options] {}",
                entry[1..].join(" ")
            )),
            "{entry:?}: {page}"
        );
        for flag in flags.iter().filter(|flag| *flag != "-chdir") {
            // `destroy` and `apply` take what `plan` takes, and say so.
            assert!(
                page.contains(flag.as_str()) || page.contains("terraform plan"),
                "{entry:?}: {flag}"
            );
        }
    }
}
