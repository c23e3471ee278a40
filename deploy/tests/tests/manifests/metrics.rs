//! Alerts and dashboard ask only for what a running bot shows.

use deploy_tests::nginx::free_address;
use deploy_tests::object::{list, of, text};
use deploy_tests::{render, tools};
use line::ChannelSecrets;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What other programs show, each with its name.
const OTHERS: [(&str, &str); 7] = [
    (
        "kube_deployment_status_replicas_available",
        "kube-state-metrics",
    ),
    (
        "kube_cronjob_status_last_successful_time",
        "kube-state-metrics",
    ),
    ("kube_cronjob_created", "kube-state-metrics"),
    ("kubelet_volume_stats_available_bytes", "the kubelet"),
    ("kubelet_volume_stats_capacity_bytes", "the kubelet"),
    (
        "certmanager_certificate_expiration_timestamp_seconds",
        "cert-manager",
    ),
    ("probe_ssl_earliest_cert_expiry", "the blackbox exporter"),
];

/// The alerts, each with a section in the runbook.
const ALERTS: [&str; 11] = [
    "LinebotErrorBudgetBurnFast",
    "LinebotErrorBudgetBurnSlow",
    "LinebotErrorBudgetTicket",
    "LinebotDatabaseAway",
    "LinebotDatabaseSlow",
    "LinebotRepliesWaiting",
    "LinebotRedeliveryStorm",
    "LinebotTooFewReplicas",
    "LinebotBackupOld",
    "LinebotDiskFills",
    "LinebotCertificateExpires",
];

struct Bot(Child);

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The page of metrics after one webhook with an event to apply and one to ignore, so that everything was counted.
fn metrics() -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let (bot, page) = (free_address(), free_address());
    let program = e2e::process::binary();
    let command = |word: &str| {
        let mut command = Command::new(&program);
        command
            .arg(word)
            .env(
                "DATABASE_URL",
                format!("sqlite://{}", folder.path().join("linebot.db").display()),
            )
            .env("LINE_CHANNEL_SECRET", "secret")
            .env("LINE_CHANNEL_ACCESS_TOKEN", "token")
            // Nobody is there; nothing leaves this machine.
            .env("LINE_API_BASE_URL", format!("http://{}", free_address()))
            .env("LINEBOT_LISTEN", bot.to_string())
            .env("LINEBOT_METRICS_LISTEN", page.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    };
    assert!(command("migrate").status().expect("it runs").success());
    let _process = Bot(command("serve").spawn().expect("it runs"));
    wait(bot);
    let body = r#"{"destination":"U","events":[{"type":"message","webhookEventId":"01","timestamp":1,"mode":"active",
        "deliveryContext":{"isRedelivery":false},"replyToken":"r","source":{"type":"user","userId":"U1"},
        "message":{"type":"text","id":"1","text":"milk","quoteToken":"q"}},{"type":"unheard","webhookEventId":"02",
        "timestamp":1,"mode":"active","deliveryContext":{"isRedelivery":false},"source":{"type":"user","userId":"U1"}}]}"#;
    let secrets = ChannelSecrets::new([&"secret".into()]).expect("any secret will do");
    let signature = secrets.sign(body.as_bytes());
    let answer = ask(
        bot,
        &format!(
            "POST /callback HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Line-Signature: {signature}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ),
    );
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    ask(
        page,
        "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )
}

fn wait(address: SocketAddr) {
    let give_up = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(address).is_err() {
        assert!(Instant::now() < give_up, "nobody listens at {address}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

/// The names of the series on a page of metrics: those of a histogram are three.
fn series(page: &str) -> BTreeSet<String> {
    let types = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types
        .flat_map(|(name, kind)| match kind {
            "histogram" => ["_bucket", "_sum", "_count"]
                .map(|end| format!("{name}{end}"))
                .to_vec(),
            _ => vec![name.to_owned()],
        })
        .collect()
}

/// The names of series in an expression: words that begin as ours or others' do.
fn named(expression: &str) -> BTreeSet<String> {
    let prefixes = [
        "linebot_",
        "linebot:",
        "kube_",
        "kubelet_",
        "certmanager_",
        "probe_",
    ];
    expression
        .split(|character: char| {
            !character.is_ascii_alphanumeric() && character != '_' && character != ':'
        })
        .filter(|word| prefixes.iter().any(|prefix| word.starts_with(prefix)))
        .map(str::to_owned)
        .collect()
}

/// The boundaries of a histogram's buckets on a page of metrics, as they are written there.
fn boundaries(page: &str, bucket: &str) -> BTreeSet<String> {
    page.lines()
        .filter_map(|line| {
            line.strip_prefix(bucket)?
                .split_once("le=\"")?
                .1
                .split_once('"')
        })
        .map(|(boundary, _)| boundary.to_owned())
        .collect()
}

/// Which buckets an expression asks for by their boundary: the series, and the matcher of `le`.
fn asked_buckets(expression: &str) -> Vec<(&str, &str)> {
    let series = expression.split('{').zip(expression.split('{').skip(1));
    series
        .flat_map(|(before, after)| {
            let name = before
                .rsplit(|character: char| !character.is_ascii_alphanumeric() && character != '_')
                .next()
                .unwrap_or_default();
            let (matchers, _) = after.split_once('}').unwrap_or((after, ""));
            let matchers = matchers.split(',').map(str::trim);
            matchers.map(move |matcher| (name, matcher))
        })
        .filter(|(_, matcher)| matcher.starts_with("le=") || matcher.starts_with("le!"))
        .collect()
}

/// The one matcher that finds a boundary everywhere: Prometheus 3 adds `.0` to a whole number, which older ones leave as
/// the bot writes it.
fn found_by_all(boundary: &str) -> String {
    if boundary.contains('.') {
        format!("le=\"{boundary}\"")
    } else {
        format!("le=~\"{boundary}([.]0)?\"")
    }
}

/// The rules of an overlay: of both collectors they are the same.
fn rules(overlay: &str, kind: &str) -> Vec<Value> {
    let objects = render::overlay(overlay);
    let groups = of(&objects, kind).flat_map(|rules| list(rules.get("/spec/groups")));
    groups
        .flat_map(|group| list(&group["rules"]))
        .cloned()
        .collect()
}

fn dashboard() -> Value {
    let objects = render::overlay("istio");
    let map = of(&objects, "ConfigMap")
        .find(|map| map.name() == "linebot-dashboard")
        .expect("a dashboard");
    assert_eq!(map.get("/metadata/labels/grafana_dashboard"), "1");
    serde_json::from_str(text(&map.0, "/data/linebot.json")).expect("JSON")
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn alerts_and_dashboard_ask_only_for_series_that_exist() {
    let rules = rules("istio", "PrometheusRule");
    let mut known = series(&metrics());
    assert!(
        known.contains("linebot_batch_duration_seconds_bucket"),
        "{known:?}"
    );
    known.extend(OTHERS.iter().map(|(name, _)| (*name).to_owned()));
    known.extend(
        rules
            .iter()
            .filter_map(|rule| Some(rule["record"].as_str()?.to_owned())),
    );

    let asked = |expression: &str| -> Vec<String> {
        named(expression).difference(&known).cloned().collect()
    };
    let mut expressions = 0;
    for rule in &rules {
        let expression = text(rule, "/expr");
        assert!(
            !named(expression).is_empty(),
            "{expression} asks for nothing"
        );
        assert_eq!(asked(expression), Vec::<String>::new(), "{expression}");
        expressions += 1;
    }
    for panel in list(&dashboard()["panels"]) {
        for target in list(&panel["targets"]) {
            let expression = text(target, "/expr");
            assert!(
                !named(expression).is_empty(),
                "{expression} asks for nothing"
            );
            assert_eq!(asked(expression), Vec::<String>::new(), "{expression}");
            expressions += 1;
        }
    }
    assert!(expressions > 30, "{expressions} expressions");
    assert_eq!(
        asked("rate(linebot_webhook_request_total[5m])"),
        ["linebot_webhook_request_total"]
    );
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn buckets_are_asked_for_as_every_prometheus_calls_them() {
    let (rules, dashboard, page) = (rules("istio", "PrometheusRule"), dashboard(), metrics());
    let targets = list(&dashboard["panels"])
        .iter()
        .flat_map(|panel| list(&panel["targets"]));
    let mut asked = 0;
    for one in rules.iter().chain(targets) {
        for (series, matcher) in asked_buckets(text(one, "/expr")) {
            let there = boundaries(&page, series);
            assert!(
                there.iter().any(|one| found_by_all(one) == matcher),
                "{series}{{{matcher}}} is none of {there:?}"
            );
            asked += 1;
        }
    }
    assert!(asked >= 5, "{asked} buckets");
    assert_eq!(
        asked_buckets(r#"a - sum(rate(b_bucket{le="1", c="2"}[5m])) by (le) / d{e="3"}"#),
        [("b_bucket", r#"le="1""#)]
    );
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn both_collectors_have_the_same_alerts_and_each_has_a_section_in_the_runbook() {
    let rules_of = |overlay, kind| rules(overlay, kind);
    let alerts = rules_of("istio", "PrometheusRule");
    assert_eq!(alerts, rules_of("gke-ingress", "Rules"));
    let names: Vec<&str> = alerts
        .iter()
        .filter_map(|rule| rule["alert"].as_str())
        .collect();
    assert_eq!(names, ALERTS);
    for alert in alerts.iter().filter(|rule| rule["alert"].is_string()) {
        let name = text(alert, "/alert");
        let runbook = format!("deploy/docs/runbook.md#{}", name.to_lowercase());
        assert_eq!(text(alert, "/annotations/runbook"), runbook);
        assert!(
            ["page", "ticket"].contains(&text(alert, "/labels/severity")),
            "{name}"
        );
        for sentence in ["/annotations/summary", "/annotations/description"] {
            assert!(text(alert, sentence).len() > 10, "{name} says nothing");
        }
        assert!(!text(alert, "/for").is_empty(), "{name}");
    }
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn the_dashboard_shows_every_metric_of_the_bot() {
    let asked: BTreeSet<String> = list(&dashboard()["panels"])
        .iter()
        .flat_map(|panel| list(&panel["targets"]))
        .flat_map(|target| named(text(target, "/expr")))
        .collect();
    let page = fs::read_to_string(tools::root().join("docs/metrics.md")).expect("the page");
    let documented = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    for (metric, _) in documented.filter(|(name, _)| name.starts_with("linebot_")) {
        let shown = asked.iter().any(|one| one.starts_with(metric));
        assert!(shown, "{metric} is on no panel");
    }
}
