//! What the scripts call, exactly.

use crate::known::must_be_known;
use crate::shell::Words;
use crate::workshop::{Workshop, said};
use std::path::Path;

/// What `kubectl get persistentvolumes` is asked for.
const RELEASED: &str = "kubectl get persistentvolumes --output jsonpath={range .items[?(@.status.phase==\"Released\")]}\
                        {.spec.claimRef.namespace}/{.metadata.name} {end}";

const DEPLOY: [&str; 9] = [
    RELEASED,
    "kubectl --namespace linebot delete jobs --selector app=linebot-migrate --ignore-not-found",
    "kubectl apply --kustomize ROOT/deploy/k8s/overlays/local",
    "kubectl --namespace linebot wait jobs --selector app=linebot-migrate --for condition=complete --timeout 15m",
    "kubectl --namespace linebot get deployments --output name",
    "kubectl --namespace linebot wait deployment.apps/NAME --for condition=available --timeout 15m",
    "kubectl --namespace linebot rollout status deployment.apps/NAME --timeout 15m",
    "kubectl --namespace linebot wait deployment.apps/OTHER --for condition=available --timeout 15m",
    "kubectl --namespace linebot rollout status deployment.apps/OTHER --timeout 15m",
];

/// A cluster that has one running pod of everything, and two Deployments.
const CLUSTER: &str = "case \"$*\" in
  *'get pods'*) echo pod/POD ;;
  *'get deployments'*) echo deployment.apps/NAME; echo deployment.apps/OTHER ;;
esac";

/// Every script that talks to the cluster, with arguments, and what it calls.
fn calls() -> Vec<(&'static str, Vec<&'static str>, Vec<String>)> {
    let logs = |tier: &str, more: &str| {
        format!(
            "kubectl --namespace linebot logs --selector app={tier} --all-containers --prefix --tail 100{more}"
        )
    };
    let pods = |tier: &str| {
        format!(
            "kubectl --namespace linebot get pods --selector app={tier} --field-selector status.phase=Running \
             --output name"
        )
    };
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    let delete = "kubectl delete --ignore-not-found --kustomize ROOT/deploy/k8s/overlays/local --selector \
                  !kept-by-delete --timeout 10m";
    vec![
        ("deploy", vec!["local"], owned(&DEPLOY)),
        ("delete", vec!["local"], owned(&[delete, "kubectl get persistentvolumes"])),
        (
            "delete",
            vec!["--everything", "local"],
            owned(&[
                delete,
                "kubectl delete namespace linebot --ignore-not-found --timeout 10m",
                "kubectl get persistentvolumes",
            ]),
        ),
        (
            "db-init",
            vec!["local"],
            vec![
                DEPLOY[1].to_owned(),
                "kubectl apply --kustomize ROOT/deploy/k8s/overlays/local --selector app=linebot-migrate".to_owned(),
                DEPLOY[3].to_owned(),
                logs("linebot-migrate", ""),
            ],
        ),
        ("logs", vec!["app"], vec![logs("app-server", "")]),
        ("logs", vec!["app-server"], vec![logs("app-server", "")]),
        ("logs", vec!["web"], vec![logs("linebot-nginx", "")]),
        ("logs", vec!["--follow", "db"], vec![logs("mysql-db", " --follow")]),
        ("logs", vec!["migrate"], vec![logs("linebot-migrate", "")]),
        ("logs", vec!["backup"], vec![logs("mysql-backup", "")]),
        (
            "shell",
            vec!["app"],
            vec![
                pods("app-server"),
                "kubectl --namespace linebot debug pod/POD --stdin --tty --image busybox:1.37.0 --target app-server \
                 --profile restricted -- sh"
                    .to_owned(),
            ],
        ),
        (
            "shell",
            vec!["web"],
            vec![
                pods("linebot-nginx"),
                "kubectl --namespace linebot exec pod/POD --stdin --tty --container linebot-nginx -- sh".to_owned(),
            ],
        ),
        (
            "shell",
            vec!["db"],
            vec![
                pods("mysql-db"),
                "kubectl --namespace linebot exec pod/POD --stdin --tty --container mysql -- sh -c \
                 MYSQL_PWD=$(cat /run/secrets/db/root-password) exec mysql --user=root linebot"
                    .to_owned(),
            ],
        ),
    ]
}

fn workshop() -> Workshop {
    let workshop = Workshop::new(&[]);
    workshop.stand_in("kubectl", CLUSTER);
    workshop
}

/// The calls of all scripts, as words.
pub(crate) fn every_call_of_kubectl() -> Vec<Words> {
    let workshop = workshop();
    workshop.stand_in(
        "kubectl",
        &format!("case \"$*\" in *jsonpath*) echo linebot/data ;; esac\n{CLUSTER}"),
    );
    let mut words = Vec::new();
    for (script, arguments, _) in calls() {
        workshop.run(script, &arguments);
        words.extend(workshop.calls());
    }
    words
}

#[test]
fn a_script_calls_what_it_says_and_nothing_else() {
    let workshop = workshop();
    for (script, arguments, expected) in calls() {
        let output = workshop.run(script, &arguments);
        assert!(
            output.status.success(),
            "{script} {arguments:?}: {}",
            said(&output)
        );
        assert_eq!(workshop.lines(), expected, "{script} {arguments:?}");
    }
}

#[test]
fn a_dry_run_prints_the_same_and_calls_nothing() {
    let workshop = workshop();
    for (script, mut arguments, expected) in calls() {
        arguments.insert(0, "--dry-run");
        // What is looked up is shown on stderr, because its answer would be read from stdout.
        let output = workshop
            .command(Path::new("/bin/sh"))
            .args(["-c", "exec \"$0\" \"$@\" 2>&1"])
            .arg(workshop.path("deploy/scripts").join(script))
            .args(&arguments)
            .output()
            .expect("the script runs");
        assert!(output.status.success(), "{script}: {}", said(&output));
        assert!(workshop.calls().is_empty(), "{script} called something");
        let printed = said(&output);
        let here = workshop.path("").display().to_string();
        let printed: Vec<String> = printed
            .replace(here.trim_end_matches('/'), "ROOT")
            .lines()
            .map(|line| line.trim_start_matches("+ ").replace('\'', ""))
            .collect();
        // It cannot know how many there are.
        let expected: Vec<String> = expected
            .into_iter()
            .filter(|line| !line.contains("OTHER"))
            .collect();
        assert_eq!(printed, expected, "{script} {arguments:?}");
    }
}

#[test]
fn every_call_is_one_that_kubectl_understands() {
    let calls = every_call_of_kubectl();
    assert!(calls.len() > 20, "{}", calls.len());
    for call in calls {
        must_be_known(&call);
    }
}

#[test]
fn deploy_takes_volumes_of_the_bot_that_were_released_and_no_others() {
    let workshop = workshop();
    workshop.stand_in(
        "kubectl",
        "case \"$*\" in *jsonpath*) echo 'linebot/mysql-pv-volume other/theirs linebot-test/not-ours' ;; esac",
    );
    let output = workshop.run("deploy", &["local"]);
    assert!(output.status.success(), "{}", said(&output));
    let patches: Vec<String> = workshop
        .lines()
        .into_iter()
        .filter(|line| line.contains(" patch "))
        .collect();
    assert_eq!(
        patches,
        [
            "kubectl patch persistentvolume mysql-pv-volume --type json --patch \
             [{\"op\":\"remove\",\"path\":\"/spec/claimRef/uid\"},\
             {\"op\":\"remove\",\"path\":\"/spec/claimRef/resourceVersion\"}]"
        ]
    );
}

#[test]
fn a_script_stops_at_the_first_call_that_fails() {
    let workshop = workshop();
    for failing in 0..DEPLOY.len() {
        let verb = [
            "jsonpath",
            "delete",
            "apply",
            "'wait jobs'",
            "'get deployments'",
            "'wait deployment.apps/NAME'",
            "'status deployment.apps/NAME'",
            "'wait deployment.apps/OTHER'",
            "'status deployment.apps/OTHER'",
        ][failing];
        let failing_one = format!("case \"$*\" in *{verb}*) exit 1 ;; esac\n{CLUSTER}");
        workshop.stand_in("kubectl", &failing_one);
        let output = workshop.run("deploy", &["local"]);
        assert!(!output.status.success(), "{verb}");
        assert_eq!(workshop.lines().len(), failing + 1, "after {verb}");
    }
}
