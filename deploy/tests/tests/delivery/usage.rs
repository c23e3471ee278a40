//! How the scripts are used: their help, their errors, their form.

use crate::files::{has_ending, read, root, under};
use crate::workshop::{Workshop, said};
use deploy_tests::tools;
use std::process::Command;

#[test]
fn wrong_usage_calls_nothing_and_says_what_there_is() {
    let workshop = Workshop::new(&["kubectl", "docker", "kustomize", "git"]);
    for (script, arguments, expected) in [
        ("deploy", vec![], "gke-cloudsql local"),
        ("deploy", vec!["locla"], "gke-cloudsql local"),
        ("deploy", vec!["local", "gke-cloudsql"], "one too many"),
        ("deploy", vec!["--force", "local"], "unknown option --force"),
        ("delete", vec!["../.."], "gke-cloudsql local"),
        ("deploy", vec!["podman"], "podman kube play"),
        ("db-init", vec!["nowhere"], "gke-cloudsql local"),
        ("logs", vec![], "app web db migrate backup"),
        ("logs", vec!["dbb"], "app web db migrate backup, not dbb"),
        ("shell", vec!["migrate"], "see 'logs migrate'"),
        ("images", vec![], "which tag?"),
        ("images", vec!["1.0.0", "--push"], "--push needs a REGISTRY"),
        ("release", vec!["local"], "run 'images --push' first"),
        ("fill-in", vec!["project"], "three things"),
        (
            "fill-in",
            vec!["project", "a/b", "192.0.2.1"],
            "small letters",
        ),
    ] {
        let output = workshop.run(script, &arguments);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{script} {arguments:?}: {}",
            said(&output)
        );
        assert!(
            said(&output).contains(expected),
            "{script} {arguments:?}: {}",
            said(&output)
        );
        assert!(
            workshop.calls().is_empty(),
            "{script} {arguments:?} called something"
        );
    }
}

#[test]
fn a_tier_without_a_running_pod_has_no_shell() {
    let workshop = Workshop::new(&["kubectl"]);
    let output = workshop.run("shell", &["db"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("no pod of mysql-db runs"),
        "{}",
        said(&output)
    );
    assert_eq!(workshop.calls().len(), 1);
}

#[test]
fn every_script_says_how_it_is_used() {
    let workshop = Workshop::new(&["kubectl", "docker", "kustomize", "git"]);
    let mut seen = 0;
    for path in under("deploy/scripts") {
        let name = path.rsplit('/').next().unwrap_or_default();
        if name == "common.sh" {
            continue;
        }
        seen += 1;
        let output = workshop.run(name, &["--help"]);
        assert!(output.status.success(), "{name}");
        let text = said(&output);
        assert!(
            text.starts_with(&format!("usage: {name} [--dry-run]")),
            "{name}: {text}"
        );
        assert!(text.lines().all(|line| line.len() <= 110), "{name}: {text}");
        assert!(workshop.calls().is_empty(), "{name} called something");
    }
    assert_eq!(seen, 8);
}

#[test]
fn fill_in_writes_what_is_ones_own_into_the_manifests_and_nowhere_else() {
    let workshop = Workshop::new(&[]);
    workshop.write(
        "deploy/k8s/components/gke/real-ip.conf",
        "set_real_ip_from 203.0.113.10/32;\n",
    );
    workshop.write(
        "deploy/k8s/certificate.yaml",
        "domains: [linebot.example.com]\n",
    );
    workshop.write("deploy/README.md", "PROJECT_ID\n");
    let variable = "- name: PROJECT_ID\n- value: id=$(PROJECT_ID)\n";
    workshop.write("deploy/k8s/variable.yaml", variable);
    workshop.write("deploy/skaffold.yaml", "image: PROJECT_ID/app-server\n");
    let arguments = ["my-project", "bot.example.org", "198.51.100.7"];
    let mut dry = vec!["--dry-run"];
    dry.extend(arguments);
    workshop.run("fill-in", &dry);
    assert_eq!(
        workshop.read("deploy/k8s/certificate.yaml"),
        "domains: [linebot.example.com]\n"
    );
    let output = workshop.run("fill-in", &arguments);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(
        workshop.read("deploy/k8s/certificate.yaml"),
        "domains: [bot.example.org]\n"
    );
    assert_eq!(
        workshop.read("deploy/k8s/components/gke/real-ip.conf"),
        "set_real_ip_from 198.51.100.7/32;\n"
    );
    let overlay = workshop.read("deploy/k8s/overlays/local/kustomization.yaml");
    assert!(overlay.contains("my-project/app-server"), "{overlay}");
    assert_eq!(workshop.read("deploy/README.md"), "PROJECT_ID\n");
    assert_eq!(workshop.read("deploy/k8s/variable.yaml"), variable);
    assert_eq!(
        workshop.read("deploy/skaffold.yaml"),
        "image: my-project/app-server\n"
    );
}

#[test]
#[ignore = "needs shellcheck: cargo xtask test"]
fn shellcheck_finds_nothing() {
    for path in under("deploy/scripts") {
        assert!(read(&path).starts_with('#'), "{path}");
        let output = Command::new(tools::python().join("bin/shellcheck"))
            .args([
                "--shell=sh",
                "--external-sources",
                "--source-path=SCRIPTDIR",
                "--enable=avoid-nullary-conditions",
            ])
            .arg(root().join(&path))
            .output()
            .expect("shellcheck runs");
        assert!(output.status.success(), "{path}: {}", said(&output));
    }
}

#[test]
fn no_script_has_another_ending_than_none() {
    for path in under("deploy/scripts") {
        let shared = path.ends_with("common.sh");
        assert!(shared || !has_ending(&path, "sh"), "{path}");
    }
}
