//! What the papers name is there: paths, overlays, alerts, and all that the seeds had.

use crate::files::{self, pages, read, root, spans, under};
use std::collections::BTreeSet;
use std::fs;

/// Every overlay, as `deploy/docs/choosing.md` lists them.
pub(crate) const OVERLAYS: [&str; 11] = [
    "local",
    "podman",
    "seed-parity",
    "gke-ingress",
    "gke-cloudsql",
    "gke-gateway",
    "loadbalancer",
    "istio",
    "istio-canary",
    "nfs",
    "headless-mysql",
];

/// Every alert there is a rule for.
const ALERTS: [&str; 11] = [
    "LinebotErrorBudgetBurnFast",
    "LinebotErrorBudgetBurnSlow",
    "LinebotErrorBudgetTicket",
    "LinebotDatabaseSlow",
    "LinebotDatabaseAway",
    "LinebotBackupOld",
    "LinebotDiskFills",
    "LinebotCertificateExpires",
    "LinebotRedeliveryStorm",
    "LinebotTooFewReplicas",
    "LinebotRepliesWaiting",
];

/// Names in the seeds that must be found in the list of what became of them.
const OF_THE_SEEDS: &str = "linebot-nginx app-server mysql-db 30082 http-port 5000 3306 Recreate init-db-sql init.sql testTable \
    itemTable pass-secret mysql-pv-volume mysql-pv-claim /var/lib/data mysql-persistent-storage init-sql-configmap \
    kota1110 managed-cert-ingress managed-cert mydomain.com linebot-ingress linebot-repo asia-northeast1 linebot-gke \
    linebot-network socket db_volume app.py uwsgi.ini requirements.txt application.log development.json default.conf \
    LINECHANNELACCESSTOKEN LINECHANNELSECRET DBHOST DBNAME DBUSER DBPASS DBCHARSET /callback /test /db \
    sample-pod sample-container sample-server PROJECT_ID projectid project.id SECRET_ID SECRET_KEY apikey cloudbuild.yml \
    ReplicaSet DaemonSet CronJob eng-app eng-app-app eng-app-app-service 3000 eng-app-secret eng-app-data-pvc /mnt \
    eng-app-mysql eng-app-mysql-service eng-app-pvc MYSQL_ROOT_PASSWORD DATABASE_DEV_PASSWORD DATABASE_DEV_USER \
    DATABASE_DEV_HOST INIT_USER_EMAIL INIT_USER_MODE INIT_USER_PASSWD SENTENCE_FILE_PATH eng-app-gateway \
    eng-app-virtual-service eng-app-destination-rules 31380 eng-app-data eng_app_db_init_job.yaml \
    create_k8s_related_resource.sh create_istio_related_resources.sh delete_k8s_related_resource.sh \
    delete_istio_related_resources.sh log_eng_app.sh log_eng_app_db_init_job.sh log_eng_app_mysql.sh login_eng_app.sh \
    login_eng_app_mysql.sh Spinnaker eng_app_base my-test mysql-pv my-mysql my-nginx-pod dbsecret root_password \
    my-mysql-deployment my-mysql-svc my-app my-app-deployment DB_HOST DB_PORT DB_USER DB_PASSWORD DB_DATABASE \
    docker-compose minikube MYSQL_USER MYSQL_PASSWORD MYSQL_DATABASE gcr.io/myproject-292103/sample-image http-server \
    gcr.io/cloud-builders/docker EXPOSE public/voice pvserver /opt/nfs/eng_app /opt/nfs/eng_app_data Recycle ISTIO_MUTUAL \
    persistent-volume.yaml configmap.yaml secret.yaml managed-cert.yaml managed-cert-ingress.yaml TTL 1.23.5 1.21.9 20.10.12 \
    1.21.6 5.7.29 3.9.7 1.1.4";

/// The page that looks up everything of the seeds.
const SEEDS_PAGE: &str = "deploy/docs/from-the-seeds.md";

/// Manifests, compose and images come from changes of their own; where they are there, all of them must be.
fn is_expected(path: &str) -> bool {
    let parts = [
        ("deploy/k8s", "deploy/k8s/base"),
        ("deploy/images", "deploy/images"),
        ("compose.yaml", "compose.yaml"),
    ];
    parts
        .iter()
        .all(|(beginning, sign)| !path.starts_with(beginning) || root().join(sign).exists())
}

/// The path a span names, from the root; `None` if it is no path of the repository.
fn path_in(page: &str, span: &str) -> Option<String> {
    // The path in a command, too: the arguments are looked at elsewhere.
    let word = span.split(' ').next()?.trim_end_matches('/');
    let ours = ["deploy/", "crates/", "docs/", ".ci/"];
    if ours.iter().any(|folder| word.starts_with(folder)) || word == "compose.yaml" {
        return Some(word.to_owned());
    }
    let of_manifests = ["base/", "components/", "overlays/"];
    let is_of_manifests = word == "base"
        || word == "secrets.sh"
        || of_manifests.iter().any(|folder| word.starts_with(folder));
    (page == SEEDS_PAGE && is_of_manifests).then(|| format!("deploy/k8s/{word}"))
}

#[test]
fn every_path_named_exists() {
    let (mut seen, mut missing) = (0, BTreeSet::new());
    for page in pages() {
        let text = read(&page);
        let lines = files::shell_lines(&text);
        let typed = lines
            .iter()
            .flat_map(|line| line.split([' ', '"', '=', '\'']));
        for span in spans(&text).into_iter().chain(typed.map(str::to_owned)) {
            let Some(path) = path_in(&page, &span) else {
                continue;
            };
            seen += 1;
            // What a reader makes as he goes along.
            let made = ["terraform.tfvars", "OVERLAY", "/private"];
            if made.iter().any(|name| path.contains(name)) {
                continue;
            }
            if is_expected(&path) && !root().join(&path).exists() {
                missing.insert(format!("{page}: {path}"));
            }
        }
    }
    assert!(seen > 60, "{seen}");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_overlay_named_is_one_and_every_one_is_explained() {
    let known: BTreeSet<&str> = OVERLAYS.into();
    for page in pages() {
        let text = read(&page);
        let words: Vec<&str> = text.split_whitespace().collect();
        for pair in words.windows(2) {
            let named = pair[1].trim_matches(['.', ',', ':', ';', ')', '*', '`']);
            let is_name =
                pair[0].trim_start_matches('(').ends_with("overlay") && pair[1].starts_with('`');
            assert!(!is_name || known.contains(named), "{page}: {named}");
        }
        for line in files::shell_lines(&text) {
            let mut words = line.split(' ');
            let script = words.next().unwrap_or_default();
            if ["deploy", "delete", "db-init", "release"]
                .iter()
                .any(|name| script == format!("deploy/scripts/{name}"))
            {
                let operand = words.next_back().unwrap_or_default();
                assert!(known.contains(operand), "{page}: {line}");
            }
        }
    }
    let choosing = read("deploy/docs/choosing.md");
    let table = choosing
        .split("\n\n")
        .find(|part| part.contains("| for whom |"))
        .expect("the table of overlays");
    let explained: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    assert_eq!(explained, OVERLAYS);
    let folder = root().join("deploy/k8s/overlays");
    if folder.exists() {
        let there = fs::read_dir(folder).expect("overlays");
        let there: BTreeSet<String> = there
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("Unicode")
            })
            .collect();
        assert_eq!(there, known.iter().map(|name| (*name).to_owned()).collect());
    }
}

#[test]
fn every_alert_has_its_section_and_no_other_has() {
    let runbook = read("deploy/docs/runbook.md");
    let sections: Vec<&str> = runbook.split("\n## ").skip(1).collect();
    let names: Vec<&str> = sections
        .iter()
        .filter_map(|section| section.lines().next())
        .collect();
    assert_eq!(names, ALERTS);
    for section in &sections {
        let name = section.lines().next().unwrap_or_default();
        let (_, rests_on) = section.split_once("**Rests on** `").unwrap_or_default();
        let sources = ["linebot_", "kube_", "kubelet_", "probe_"];
        assert!(
            sources.iter().any(|source| rests_on.starts_with(source)),
            "{name}: on which metric?"
        );
    }
    let rules: BTreeSet<String> = under("deploy/k8s")
        .iter()
        .filter(|path| path.to_lowercase().ends_with(".yaml"))
        .flat_map(|path| {
            let text = read(path);
            let lines = text.lines().filter_map(|line| {
                let line = line.trim().trim_start_matches("- ");
                line.strip_prefix("alert: ").map(str::to_owned)
            });
            lines.collect::<Vec<_>>()
        })
        .collect();
    if rules.is_empty() {
        eprintln!(
            "not covered: whether the rules have these alerts (there are none under deploy/k8s)"
        );
    } else {
        assert_eq!(
            rules,
            ALERTS.iter().map(|name| (*name).to_owned()).collect()
        );
    }
}

#[test]
fn the_runbook_names_the_metrics_that_each_rule_rests_on() {
    let runbook = read("deploy/docs/runbook.md");
    let mut seen = 0;
    for path in under("deploy/k8s")
        .iter()
        .filter(|path| files::has_ending(path, "yaml"))
    {
        if !read(path).contains("alert: Linebot") {
            continue;
        }
        for document in files::yaml(path).expect("YAML") {
            let groups = document["spec"]["groups"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            for rule in groups
                .iter()
                .filter_map(|group| group["rules"].as_array())
                .flatten()
            {
                let (Some(alert), Some(expression)) =
                    (rule["alert"].as_str(), rule["expr"].as_str())
                else {
                    continue;
                };
                seen += 1;
                let section = runbook
                    .split("\n## ")
                    .find(|section| section.starts_with(alert));
                let section = section.unwrap_or_else(|| panic!("no section {alert}"));
                for metric in metrics(expression) {
                    assert!(section.contains(&metric), "{alert}: {metric}");
                }
            }
        }
    }
    if seen == 0 {
        eprintln!("not covered: the rules (there are none under deploy/k8s)");
    }
}

/// The metrics that an expression asks for, without what a histogram adds to its name. Recorded ones (`a:b`) are left out.
fn metrics(expression: &str) -> BTreeSet<String> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "_:".contains(character);
    expression
        .split(|character: char| !is_part(character))
        .filter(|word| {
            ["linebot_", "kube_", "kubelet_", "probe_", "certmanager_"]
                .iter()
                .any(|start| word.starts_with(start))
        })
        .map(|word| {
            word.trim_end_matches("_bucket")
                .trim_end_matches("_count")
                .to_owned()
        })
        .collect()
}

#[test]
fn every_mistake_of_the_seeds_is_in_the_list_once() {
    let page = read(SEEDS_PAGE);
    let rows: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| M")?.split(' ').next())
        .collect();
    let expected: Vec<String> = (1..=51).map(|number| number.to_string()).collect();
    assert_eq!(rows, expected);
    for line in page.lines().filter(|line| line.starts_with("| M")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        assert_eq!(cells.len(), 4, "{line}");
        assert!(cells.iter().all(|cell| cell.trim().len() > 1), "{line}");
    }
}

#[test]
fn every_name_of_the_seeds_is_looked_up() {
    let page = read(SEEDS_PAGE);
    for name in OF_THE_SEEDS.split_whitespace() {
        assert!(page.contains(name), "{name}");
    }
}

/// Blanks that look like one and are none.
fn is_foreign_blank(character: char) -> bool {
    character.is_whitespace() && !character.is_ascii()
        || "\u{200b}\u{feff}\u{2060}".contains(character)
}

#[test]
fn no_blank_is_other_than_ascii() {
    assert!(is_foreign_blank('\u{3000}') && is_foreign_blank('\u{a0}') && !is_foreign_blank(' '));
    let mut seen = 0;
    for path in under("deploy").iter().chain(&["compose.yaml".to_owned()]) {
        // What is not text cannot have one.
        let Ok(text) = fs::read_to_string(root().join(path)) else {
            continue;
        };
        seen += 1;
        for (number, line) in (1..).zip(text.lines()) {
            assert!(!line.contains(is_foreign_blank), "{path}:{number}");
        }
    }
    assert!(seen > 30, "{seen}");
}
