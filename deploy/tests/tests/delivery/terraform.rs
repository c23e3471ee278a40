//! Terraform's files: their form, and the policies of checkov.

use crate::files::{has_ending, read, root, under};
use crate::workshop::said;
use deploy_tests::tools;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

const FOLDER: &str = "deploy/terraform";

/// Policies that are skipped, and for what: three that Autopilot fulfils by itself, and lets nobody configure; and one that
/// knows the rule against `Log4Shell` only if it also looks at what people write.
const SKIPPED: [(&str, &str); 4] = [
    ("CKV_GCP_12", "google_container_cluster.linebot"),
    ("CKV_GCP_61", "google_container_cluster.linebot"),
    ("CKV_GCP_69", "google_container_cluster.linebot"),
    ("CKV_GCP_73", "google_compute_security_policy.linebot"),
];

fn files() -> Vec<String> {
    let files: Vec<String> = under(FOLDER)
        .into_iter()
        .filter(|path| has_ending(path, "tf"))
        .collect();
    assert!(files.len() >= 10, "{files:?}");
    files
}

/// Where a text is not as `terraform fmt` would write it: the part of its rules that can be said in a few lines.
/// Indentation follows the brackets, equal signs of neighbours stand below one another, nothing is at the ends of lines.
fn misshapen(text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut depth: usize = 0;
    // Where the equal sign stands in the neighbours above.
    let mut column: Option<usize> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let trimmed = line.trim();
        if line.trim_end() != line || line.contains('\t') {
            problems.push(format!("{number}: white space"));
        }
        let outdented = usize::from(trimmed.starts_with(['}', ']', ')']));
        if !trimmed.is_empty()
            && line.len() - line.trim_start().len() != 2 * depth.saturating_sub(outdented)
        {
            problems.push(format!("{number}: indentation"));
        }
        let code = without_strings_and_comments(trimmed);
        // An attribute of several lines stands by itself.
        let one_line = !code.ends_with(['{', '[', '(']);
        let equals = code.find(" = ").filter(|_| !code.contains("=>"));
        match (equals, column) {
            (Some(at), Some(above)) if one_line && at != above => {
                problems.push(format!(
                    "{number}: the equal sign is not below the one above"
                ));
            }
            _ => {}
        }
        column = equals.filter(|_| one_line);
        let opened = code.matches(['{', '[', '(']).count();
        let closed = code.matches(['}', ']', ')']).count();
        // Two brackets opened on a line and closed on another indent once.
        depth = match opened.cmp(&closed) {
            Ordering::Greater => depth + 1,
            Ordering::Less => depth.saturating_sub(1),
            Ordering::Equal => depth,
        };
    }
    problems
}

/// A line with nothing in its strings, and no comment.
fn without_strings_and_comments(line: &str) -> String {
    let mut inside = false;
    let mut code = String::new();
    for character in line.chars() {
        match character {
            '"' => {
                inside = !inside;
                code.push('"');
            }
            '#' if !inside => break,
            _ if inside => code.push('x'),
            _ => code.push(character),
        }
    }
    code.trim_end().to_owned()
}

#[test]
fn the_files_have_terraforms_form() {
    for path in files() {
        let problems = misshapen(&read(&path));
        assert!(problems.is_empty(), "{path}: {problems:?}");
    }
}

#[test]
fn another_form_is_found() {
    for wrong in [
        "a {\n    b = 1\n}\n",
        "a {\n  b = 1\n  longer = 2\n}\n",
        "a { \n  b = 1\n}\n",
        "a {\nb = [\n  1,\n]\n}\n",
    ] {
        assert!(!misshapen(wrong).is_empty(), "{wrong}");
    }
    assert!(
        misshapen("a {\n  b      = 1 # c = 2\n  longer = 2\n\n  d = [\n    3,\n  ]\n}\n")
            .is_empty()
    );
}

#[test]
#[ignore = "needs Terraform to say more than the test above: cargo xtask test"]
fn terraform_fmt_changes_nothing() {
    let output = Command::new("terraform")
        .args(["fmt", "-check", "-diff", "-recursive"])
        .arg(root().join(FOLDER))
        .env("CHECKPOINT_DISABLE", "1")
        .output();
    match output {
        Ok(output) => assert!(output.status.success(), "{}", said(&output)),
        Err(_) => eprintln!(
            "not covered: terraform fmt, which is not on this machine; the test of the form covers indentation, equal \
             signs and white space"
        ),
    }
}

#[test]
#[ignore = "needs checkov: cargo xtask test"]
fn checkov_finds_nothing_and_skips_only_what_is_known() {
    let output = Command::new(tools::python().join("bin/checkov"))
        .args([
            "--framework",
            "terraform",
            "--skip-download",
            "--output",
            "json",
            "--directory",
        ])
        .arg(root().join(FOLDER))
        .output()
        .expect("checkov runs");
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", said(&output)));
    assert!(
        report["summary"]["passed"].as_u64() > Some(50),
        "{}",
        report["summary"]
    );
    let ids = |kind: &str| -> BTreeSet<String> {
        let checks = report["results"][kind].as_array().expect("a list");
        checks
            .iter()
            .map(|check| {
                format!(
                    "{} {}",
                    check["check_id"].as_str().unwrap_or("?"),
                    check["resource"]
                )
            })
            .collect()
    };
    assert_eq!(ids("failed_checks"), BTreeSet::new());
    assert_eq!(report["summary"]["parsing_errors"], 0);
    let allowed: BTreeSet<String> = SKIPPED
        .iter()
        .map(|(id, resource)| format!("{id} \"{resource}\""))
        .collect();
    assert_eq!(ids("skipped_checks"), allowed);
}

/// What somebody writes to the bot is in the webhook's body: no rule may look at it there.
#[test]
fn the_firewall_does_not_read_what_people_write() {
    let text = read("deploy/terraform/armor.tf");
    let expressions: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("expression = "))
        .collect();
    let firewall = |expression: &&&str| expression.contains("evaluatePreconfigured");
    assert_eq!(expressions.iter().filter(firewall).count(), 1);
    for expression in expressions.iter().filter(firewall) {
        assert!(
            expression.starts_with("\"!(request.path == '/callback') && "),
            "{expression}"
        );
    }
}

#[test]
fn what_other_files_name_is_made_here() {
    let all: String = files().iter().map(|path| read(path)).collect();
    for name in [
        // The seeds' names.
        "linebot-gke",
        "linebot-repo",
        "linebot-ingress",
        // What the manifests name.
        "linebot-modern",
        "linebot-channel-secret",
        "linebot-channel-access-token",
        "10.40.0.0",
        // What the pipeline names.
        "linebot-delivery",
        "linebot-proposal",
        "linebot-release-key",
        // What is promised of the platform.
        "MYSQL_8_4",
        "REGIONAL",
        "REGULAR",
        "enable_autopilot",
        "enable_private_nodes",
        "binary_log_enabled",
        "google_billing_budget",
        "google_compute_security_policy",
    ] {
        assert!(all.contains(name), "{name}");
    }
    assert!(
        all.matches("principal://").count() == 1,
        "Workload Identity, without keys"
    );
    assert!(!all.contains("google_service_account_key"));
}

/// The resources of a file, each with its text.
fn resources(text: &str) -> BTreeMap<String, String> {
    let blocks = format!("\n{text}");
    blocks
        .split("\nresource \"")
        .skip(1)
        .filter_map(|block| {
            let (head, body) = block.split_once(" {\n")?;
            let (body, _) = body.split_once("\n}").unwrap_or((body, ""));
            Some((head.replace("\" \"", ".").replace('"', ""), body.to_owned()))
        })
        .collect()
}

/// The resources that are made without waiting for the services, directly or by another that does.
fn not_waiting(resources: &BTreeMap<String, String>) -> BTreeSet<&str> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "_.".contains(character);
    let names = |body: &str, name: &str| {
        body.split(|character| !is_part(character)).any(|word| {
            word == name
                || word
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with('.'))
        })
    };
    let mut waiting = BTreeSet::from(["google_project_service.used"]);
    loop {
        let more: Vec<&str> = resources
            .iter()
            .filter(|(name, body)| {
                !waiting.contains(name.as_str()) && waiting.iter().any(|other| names(body, other))
            })
            .map(|(name, _)| name.as_str())
            .collect();
        if more.is_empty() {
            break;
        }
        waiting.extend(more);
    }
    resources
        .keys()
        .map(String::as_str)
        .filter(|name| !waiting.contains(name))
        .collect()
}

/// A proposal's code runs before anybody has read it.
#[test]
fn the_account_of_proposals_may_only_write_its_log() {
    let text = read("deploy/terraform/delivery.tf");
    let resources = resources(&text);
    let granted: Vec<&String> = resources
        .values()
        .filter(|body| body.contains("google_service_account.proposal.member"))
        .collect();
    assert_eq!(granted.len(), 1, "{granted:?}");
    assert!(granted[0].contains("role    = \"roles/logging.logWriter\""));
}

#[test]
fn everything_waits_until_the_services_are_on() {
    let all: String = files().iter().map(|path| read(path) + "\n").collect();
    let resources = resources(&all);
    assert_eq!(resources.len(), all.matches("\nresource \"").count());
    assert_eq!(not_waiting(&resources), BTreeSet::new());
    // Without the line that makes it wait.
    let mut broken = resources.clone();
    let account = "google_service_account.delivery";
    broken.insert(account.to_owned(), "  account_id = \"a\"".to_owned());
    assert!(not_waiting(&broken).contains(account));
}

#[test]
fn no_password_reaches_the_state() {
    for path in files() {
        let text = read(&path);
        for line in text.lines().map(str::trim) {
            let (name, _) = line.split_once(' ').unwrap_or((line, ""));
            assert!(
                !["password", "secret_data", "secret_data_base64"].contains(&name),
                "{path}: `{name}` is kept in the state: take the write-only one"
            );
        }
        assert!(
            !text.contains("resource \"random_password\""),
            "{path}: ephemeral, please"
        );
    }
}

#[test]
fn every_variable_is_used_and_every_one_used_is_declared() {
    let all: String = files().iter().map(|path| read(path)).collect();
    let declared: BTreeSet<&str> = all
        .lines()
        .filter_map(|line| line.strip_prefix("variable \"")?.strip_suffix("\" {"))
        .collect();
    let used: BTreeSet<&str> = all
        .split("var.")
        .skip(1)
        .map(|rest| {
            rest.split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))
                .next()
                .unwrap_or_default()
        })
        .collect();
    assert_eq!(declared, used);
}
