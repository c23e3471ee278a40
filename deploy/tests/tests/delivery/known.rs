//! `known_commands.txt`: what may be used of gcloud, kubectl and Terraform.

use crate::files;
use crate::shell::{self, Words};
use std::collections::{BTreeMap, BTreeSet};

/// Programs in the list.
pub(crate) const LISTED: [&str; 3] = ["gcloud", "kubectl", "terraform"];

/// The list: a command's words, and the flags that are used with it.
pub(crate) struct Known(pub(crate) BTreeMap<Vec<String>, BTreeSet<String>>);

impl Known {
    pub(crate) fn read() -> Self {
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
    pub(crate) fn entry(&self, words: &[String]) -> Option<&Vec<String>> {
        self.0
            .keys()
            .filter(|entry| words.starts_with(entry))
            .max_by_key(|entry| entry.len())
    }

    /// What is wrong with a command, and nothing if it is an instance of the list.
    pub(crate) fn problem(&self, words: &Words) -> Option<String> {
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
pub(crate) fn verbs_and_flags(words: &Words) -> (Vec<String>, Vec<String>) {
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
