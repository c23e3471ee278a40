//! Every command line in the papers: it names programs, verbs and flags that exist.
//!
//! `known_commands.txt` lists what may be used of gcloud, kubectl and Terraform. It is checked against the programs
//! themselves where they are installed; gcloud and Terraform are in no registry that packages come from, so on other
//! machines the list stands for them.

use crate::files::{self, has_ending, pages, root};
use crate::shell::{self, Words};
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// What else a reader is told to type.
const OTHER_PROGRAMS: [&str; 16] = [
    "cargo",
    "cp",
    "curl",
    "dig",
    "docker",
    "echo",
    "export",
    "git",
    "gunzip",
    "kind",
    "kustomize",
    "printf",
    "read",
    "skaffold",
    "ssh-keygen",
    "sudo",
];

/// Programs in the list.
const LISTED: [&str; 3] = ["gcloud", "kubectl", "terraform"];

/// The list: a command's words, and the flags that are used with it.
struct Known(BTreeMap<Vec<String>, BTreeSet<String>>);

impl Known {
    fn read() -> Self {
        let text = files::read("deploy/tests/tests/delivery/known_commands.txt");
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(
            lines
                .map(|line| {
                    let (flags, words): (Vec<&str>, Vec<&str>) =
                        line.split(' ').partition(|word| word.starts_with('-'));
                    (
                        words.into_iter().map(str::to_owned).collect(),
                        flags.into_iter().map(str::to_owned).collect(),
                    )
                })
                .collect(),
        )
    }

    /// The entry a command is an instance of: the longest.
    fn entry(&self, words: &[String]) -> Option<&Vec<String>> {
        self.0
            .keys()
            .filter(|entry| words.starts_with(entry))
            .max_by_key(|entry| entry.len())
    }

    /// What is wrong with a command, and nothing if it is an instance of the list.
    fn problem(&self, words: &Words) -> Option<String> {
        let (words, flags) = verbs_and_flags(words);
        let Some(entry) = self.entry(&words) else {
            return Some(format!("`{}` is not in the list", words.join(" ")));
        };
        flags
            .iter()
            .find(|flag| !self.0[entry].contains(*flag))
            .map(|flag| format!("`{}` has no {flag} in the list", entry.join(" ")))
    }
}

/// A command's words without flags, and its flags without values. Flags of the program itself may stand before the verb
/// (`kubectl --namespace NAME get`), with their value apart.
fn verbs_and_flags(words: &Words) -> (Vec<String>, Vec<String>) {
    let (mut verbs, mut flags) = (Vec::new(), Vec::new());
    let mut skip = false;
    for word in words.iter().take_while(|word| *word != "--") {
        if std::mem::take(&mut skip) {
            continue;
        }
        if word.starts_with('-') && word.len() > 1 {
            let name = word.split('=').next().unwrap_or_default();
            skip = verbs.len() == 1 && !word.contains('=');
            flags.push(name.to_owned());
        } else {
            verbs.push(word.clone());
        }
    }
    (verbs, flags)
}

/// Fails unless a recorded call of kubectl is one that the list allows.
pub(crate) fn must_be_known(words: &Words) {
    assert_eq!(Known::read().problem(words), None, "{words:?}");
}

/// Every command in the papers, with the page it is on.
fn in_the_papers() -> Vec<(String, Words)> {
    let mut found = Vec::new();
    for page in pages() {
        let text = files::read(&page);
        let spans = files::spans(&text);
        let typed = files::shell_lines(&text)
            .into_iter()
            .chain(spans.into_iter().filter(|span| {
                LISTED
                    .iter()
                    .any(|name| span.starts_with(&format!("{name} -")) || is_command(name, span))
            }));
        for line in typed {
            for words in shell::commands(&line) {
                found.push((page.clone(), words));
            }
        }
    }
    found
}

/// Whether a span is a command line, not the mere name of one: `kubectl apply` is a name, with a flag it is a line.
fn is_command(program: &str, span: &str) -> bool {
    span.strip_prefix(program)
        .is_some_and(|rest| rest.starts_with(' ') && rest.contains(" --"))
}

/// The commands of the papers and of the scripts that go to a program of the list.
fn of(program: &str) -> BTreeSet<Words> {
    let of_papers = in_the_papers().into_iter().map(|(_, words)| words);
    of_papers.filter(|words| words[0] == program).collect()
}

#[test]
fn every_command_in_the_papers_is_known() {
    let known = Known::read();
    let mut problems = Vec::new();
    for (page, words) in in_the_papers() {
        let program = words[0].as_str();
        if LISTED.contains(&program) {
            problems.extend(
                known
                    .problem(&words)
                    .map(|problem| format!("{page}: {problem}")),
            );
        } else if program.contains('/') {
            problems.extend(script_problem(&words).map(|problem| format!("{page}: {problem}")));
        } else if !OTHER_PROGRAMS.contains(&program) {
            problems.push(format!("{page}: who knows `{program}`?"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// A script of ours has to be there, and its help has to name the options used.
fn script_problem(words: &Words) -> Option<String> {
    let script = root().join(&words[0]);
    // Manifests and their script come with another change; once there, they are looked at as well.
    if !script.exists()
        && words[0].starts_with("deploy/k8s/")
        && !root().join("deploy/k8s").exists()
    {
        return None;
    }
    if !script.exists() {
        return Some(format!("there is no {}", words[0]));
    }
    if !words[0].starts_with("deploy/scripts/") {
        return None;
    }
    let help = Command::new(&script)
        .arg("--help")
        .output()
        .expect("it runs");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    words
        .iter()
        .skip(1)
        .find(|word| word.starts_with("--") && !help.contains(word.as_str()))
        .map(|option| format!("{} has no {option}", words[0]))
}

#[test]
fn the_list_has_nothing_that_nobody_uses() {
    let known = Known::read();
    let mut unused: BTreeMap<Vec<String>, BTreeSet<String>> = known.0.clone();
    let scripted = crate::scripts::every_call_of_kubectl();
    let in_papers = in_the_papers().into_iter().map(|(_, words)| words);
    for words in in_papers.chain(scripted) {
        let (verbs, flags) = verbs_and_flags(&words);
        let left = known.entry(&verbs).and_then(|entry| unused.get_mut(entry));
        if let Some(left) = left {
            left.retain(|flag| !flags.contains(flag));
            // Used at least once: an empty remainder says so.
            left.insert(String::new());
        }
    }
    for (entry, left) in unused {
        assert!(left.contains(""), "nobody uses `{}`", entry.join(" "));
        assert_eq!(left.len(), 1, "`{}`: nobody uses {left:?}", entry.join(" "));
    }
}

#[test]
fn a_wrong_verb_a_wrong_flag_and_a_wrong_program_are_found() {
    let known = Known::read();
    for line in [
        "gcloud container clusters delete linebot-gke --zone=asia-northeast1",
        "gcloud container cluster delete linebot-gke --location=asia-northeast1",
        "kubectl --namespace linebot roll out status deployment/app-server",
        "kubectl apply --kustomise deploy/k8s/overlays/local",
        "terraform aply",
    ] {
        let words = shell::commands(line).remove(0);
        assert!(known.problem(&words).is_some(), "{line}");
    }
}

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

fn text(output: &Output) -> String {
    let (out, errors) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(errors)
    )
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
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong));
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
            assert!(help.status.success(), "{line}: {}", text(&help));
            for flag in flags {
                assert!(text(&help).contains(&flag), "{line}: {flag}");
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
        let said = text(&output);
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
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
        text(&output)
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
        let page = text(&output);
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

#[test]
fn no_script_has_another_ending_than_none() {
    for path in files::under("deploy/scripts") {
        let shared = path.ends_with("common.sh");
        assert!(shared || !has_ending(&path, "sh"), "{path}");
    }
}
