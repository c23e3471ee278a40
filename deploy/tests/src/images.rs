//! Containers whose image is not that of their program, or whose program does not listen where the pod says.

use crate::object::{Object, find, list, of, pods, text};
use serde_json::Value;

/// By the name of the container: the last word of its image's name.
const IMAGES: &[(&str, &str)] = &[
    ("app-server", "app-server"),
    ("migrate", "app-server"),
    ("linebot-nginx", "linebot-nginx"),
    ("mysql", "mysql"),
    ("backup", "mysql"),
    ("restore-check", "mysql"),
    ("cloud-sql-proxy", "cloud-sql-proxy"),
];

/// How Cloud SQL's proxy is run, but for the instance.
const PROXY: [&str; 8] = [
    "--private-ip",
    "--port=3306",
    "--structured-logs",
    "--health-check",
    "--http-address=0.0.0.0",
    "--http-port=9801",
    "--exit-zero-on-sigterm",
    "--max-sigterm-delay=30s",
];

/// Ports that the programs have without being told.
const PORTS: &[(&str, &str, u64)] = &[
    ("app-server", "http-port", 5000),
    ("app-server", "metrics", 9090),
    ("mysql", "mysql", 3306),
    ("cloud-sql-proxy", "proxy-health", 9801),
];

/// What is wrong with the containers in `objects`.
pub fn problems(objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    for pod in pods(objects) {
        for container in pod.containers() {
            let found = [
                image(container, objects),
                proxy(container),
                listens(container, objects),
            ]
            .concat();
            problems.extend(
                found
                    .into_iter()
                    .map(|problem| format!("{}: {problem}", pod.owner.title())),
            );
        }
    }
    problems
}

/// Every container is one that this module knows, with its program; a migration is that of its release.
fn image(container: &Value, objects: &[Object]) -> Vec<String> {
    let path = |container: &Value| {
        let image = text(container, "/image");
        let image = image.split('@').next().unwrap_or_default();
        image
            .rsplit_once(':')
            .map_or("", |(path, _)| path)
            .to_owned()
    };
    let own = path(container);
    // A canary's has a name of its own until the overlay says which it is.
    let last = own.rsplit('/').next().unwrap_or_default();
    let last = last.trim_end_matches("-v2");
    let known = IMAGES
        .iter()
        .any(|(name, image)| container["name"] == **name && last == *image);
    if !known {
        return vec![format!("nobody knows {} of {own}", container["name"])];
    }
    let bot = find(objects, "Deployment", "app-server");
    let bot = bot.map(|bot| bot.get("/spec/template/spec/containers/0/image"));
    if container["name"] == "migrate" && bot != Some(&container["image"]) {
        return vec!["it is the migration of another release".to_owned()];
    }
    Vec::new()
}

/// A sidecar that starts before the bot, by its probe, and outlives it.
fn proxy(container: &Value) -> Vec<String> {
    if container["name"] != "cloud-sql-proxy" {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let words: Vec<&str> = list(&container["args"])
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let missing = PROXY.iter().filter(|word| !words.contains(word));
    problems.extend(missing.map(|word| format!("the proxy lacks {word}")));
    // deploy/terraform gives the instance this name.
    if !words
        .iter()
        .any(|word| word.ends_with(":asia-northeast1:linebot"))
    {
        problems.push("it is the proxy of no database of ours".to_owned());
    }
    if container["restartPolicy"] != "Always" {
        problems.push("the proxy is no sidecar".to_owned());
    }
    for (probe, path) in [
        ("startupProbe", "/startup"),
        ("readinessProbe", "/startup"),
        ("livenessProbe", "/liveness"),
    ] {
        let asks = &container[probe]["httpGet"];
        if asks["path"] != path || asks["port"] != "proxy-health" {
            problems.push(format!("the proxy's {probe} does not ask {path}"));
        }
    }
    problems
}

/// Programs listen where their pods say.
fn listens(container: &Value, objects: &[Object]) -> Vec<String> {
    if container["name"] != "linebot-nginx" {
        let own = list(&container["ports"]);
        return PORTS
            .iter()
            .filter(|(program, name, port)| {
                let right = |one: &Value| one["name"] == *name && one["containerPort"] == *port;
                container["name"] == **program && !own.iter().any(right)
            })
            .map(|(_, name, port)| format!("{name} is not {port}"))
            .collect();
    }
    let map = of(objects, "ConfigMap").find(|map| map.name().starts_with("nginx-config"));
    let listen = map.map_or("", |map| text(&map.0, "/data/listen.conf"));
    let ports = list(&container["ports"]).iter();
    ports
        .map(|port| format!("listen {}", port["containerPort"]))
        .filter(|line| {
            let mut found = listen
                .lines()
                .filter_map(|one| one.strip_prefix(line.as_str()));
            !found.any(|rest| rest.starts_with([' ', ';']))
        })
        .map(|line| format!("nginx does not `{line}`"))
        .collect()
}
