//! Metrics and log lines, as the papers tell them and as a running bot shows them.

use crate::pages::{self, page};
use crate::world::{World, get};
use anyhow::Context;
use e2e::process::PATIENCE;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Labels of the exposition format itself.
const FORMAT_LABELS: [&str; 2] = ["le", "quantile"];

/// Names that look like a metric's: the user in the README, and those in `deploy`.
const DATABASE_USERS: [&str; 5] = [
    "linebot_owner",
    "linebot_app",
    "linebot_migrate",
    "linebot_backup",
    "linebot_monitor",
];

/// What a metric is: its kind and its labels.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shape {
    kind: String,
    labels: BTreeSet<String>,
}

/// The rows of the table in `docs/metrics.md`.
fn documented() -> BTreeMap<String, Shape> {
    let page = page("docs/metrics.md");
    let rows = page
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("| `linebot_"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let labels = cells[2].split('`').skip(1).step_by(2).map(str::to_owned);
        let shape = Shape {
            kind: cells[1].to_owned(),
            labels: labels.collect(),
        };
        (format!("linebot_{}", cells[0].trim_end_matches('`')), shape)
    })
    .collect()
}

/// What a page of metrics shows. A sample belongs to the last `# TYPE` line.
fn shown(text: &str) -> BTreeMap<String, Shape> {
    let mut metrics: BTreeMap<String, Shape> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some((name, kind)) = line
            .strip_prefix("# TYPE ")
            .and_then(|rest| rest.split_once(' '))
        {
            name.clone_into(&mut current);
            let shape = metrics.entry(current.clone()).or_default();
            kind.clone_into(&mut shape.kind);
        } else if let Some((_, labels)) = line.split_once('{')
            && !line.starts_with('#')
        {
            let labels = labels.split(',').filter_map(|label| label.split_once('='));
            let labels = labels.map(|(name, _)| name.to_owned());
            let labels = labels.filter(|name| !FORMAT_LABELS.contains(&name.as_str()));
            metrics
                .entry(current.clone())
                .or_default()
                .labels
                .extend(labels);
        }
    }
    metrics
}

#[test]
fn every_metric_is_documented_with_its_kind_and_no_other() {
    let declared: BTreeMap<&str, &str> = server::METRICS
        .iter()
        .chain(bot::metrics::ALL)
        .map(|metric| (metric.name, metric.kind))
        .collect();
    let documented = documented();
    let documented: BTreeMap<&str, &str> = documented
        .iter()
        .map(|(name, shape)| (name.as_str(), shape.kind.as_str()))
        .collect();
    assert_eq!(documented, declared);
}

#[test]
fn every_metric_named_anywhere_exists() {
    let known = documented();
    for page in pages::all() {
        let words = page
            .text
            .split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'));
        for word in words.filter(|word| word.starts_with("linebot_")) {
            let of_histogram = ["_bucket", "_sum", "_count"]
                .iter()
                .filter_map(|suffix| word.strip_suffix(suffix))
                .any(|name| {
                    known
                        .get(name)
                        .is_some_and(|shape| shape.kind == "histogram")
                });
            let exists = known.contains_key(word) || of_histogram || DATABASE_USERS.contains(&word);
            assert!(exists, "{}: there is no {word}", page.path.display());
        }
    }
}

#[tokio::test]
async fn a_bot_with_traffic_shows_every_metric_as_documented() -> anyhow::Result<()> {
    let world = World::new().await?;
    let ignored = json!({"type": "fromTheFuture", "webhookEventId": "01J0000000000000000000000", "timestamp": 1,
        "mode": "active", "source": {"type": "user", "userId": "U00000000000000000000000000000001"},
        "deliveryContext": {"isRedelivery": false}});
    world.stage.simulator.post_events(&[ignored]).await;
    let documented = documented();
    // The first sweep of old rows goes on beside everything else.
    let give_up = Instant::now() + PATIENCE;
    let mut metrics = shown(&get(world.metrics, "/metrics").await?);
    while metrics != documented && Instant::now() < give_up {
        metrics = shown(&get(world.metrics, "/metrics").await?);
    }
    assert_eq!(metrics, documented);
    Ok(())
}

#[tokio::test]
async fn what_has_not_happened_yet_is_counted_as_zero() -> anyhow::Result<()> {
    let world = World::new().await?;
    let shown = get(world.metrics, "/metrics").await?;
    for counter in [
        r#"linebot_webhook_requests_total{status="500"} 0"#,
        r#"linebot_pruned_rows_total{kind="conversations"} 0"#,
        "linebot_replies_undeliverable_total 0",
    ] {
        assert!(
            shown.lines().any(|line| line == counter),
            "{counter} is not in:\n{shown}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn every_field_of_the_log_lines_is_documented() -> anyhow::Result<()> {
    let mut world = World::new().await?;
    let spans: BTreeSet<String> = page("docs/operations.md").spans().into_iter().collect();
    for message in ["webhook", "called LINE"] {
        assert!(spans.contains(message), "{message}");
        let wanted = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            (line["message"] == message).then_some(line)
        };
        let line = world.bot.line(message, wanted).await?;
        for field in line.as_object().context("a line is an object")?.keys() {
            assert!(
                spans.contains(field),
                "`{message}` has {field}, which docs/operations.md does not name"
            );
        }
    }
    Ok(())
}
