//! Every command line in the papers: it names programs, verbs and flags that exist.
//!
//! Whether they are understood is asked of a list ([`crate::known`]) and of the programs themselves ([`crate::programs`]).

use crate::files::{self, pages, root};
use crate::known::{Known, LISTED, verbs_and_flags};
use crate::shell::{self, Words};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What else a reader is told to type.
const OTHER_PROGRAMS: [&str; 20] = [
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
    "mkdir",
    "podman",
    "printf",
    "read",
    "rm",
    "skaffold",
    "ssh-keygen",
    "sudo",
    "xargs",
];

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

/// The commands of the papers that go to a program of the list.
pub(crate) fn of(program: &str) -> BTreeSet<Words> {
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
