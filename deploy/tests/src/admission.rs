//! What fits the schemas and is refused by the API server all the same, or accepted and then waits for ever.

use crate::object::{Object, Pod, list, of, pods, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// The one that backups are made in.
const TIME_ZONE: &str = "Asia/Tokyo";

/// The fields of a schedule: minute, hour, day, month, day of the week.
const FIELDS: [RangeInclusive<u32>; 5] = [0..=59, 0..=23, 1..=31, 1..=12, 0..=6];

/// What is wrong with `objects`.
pub fn problems(objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    for pod in pods(objects) {
        let found = of_pod(&pod);
        problems.extend(
            found
                .into_iter()
                .map(|problem| format!("{}: {problem}", pod.owner.title())),
        );
    }
    for scaler in of(objects, "HorizontalPodAutoscaler") {
        let number = |pointer| scaler.get(pointer).as_u64();
        if number("/spec/minReplicas") > number("/spec/maxReplicas") {
            problems.push(format!("{}: more at least than at most", scaler.title()));
        }
    }
    for job in of(objects, "CronJob") {
        if !is_schedule(text(&job.0, "/spec/schedule"))
            || text(&job.0, "/spec/timeZone") != TIME_ZONE
        {
            problems.push(format!("{}: no time that comes", job.title()));
        }
        if *job.get("/spec/suspend") == true {
            problems.push(format!("{}: it is suspended", job.title()));
        }
        if text(&job.0, "/spec/concurrencyPolicy") != "Forbid" {
            problems.push(format!("{}: two at once would write one file", job.title()));
        }
    }
    if of(objects, "CronJob").count() % 2 == 1 {
        problems.push("backups without a restore check, or the other way round".to_owned());
    }
    for claim in of(objects, "PersistentVolumeClaim") {
        let modes = list(claim.get("/spec/accessModes"));
        let known = ["ReadWriteOnce", "ReadOnlyMany"];
        if modes.len() != 1 || !modes.iter().all(|mode| known.iter().any(|one| mode == one)) {
            problems.push(format!("{}: no way to use it", claim.title()));
        }
        if quantity(claim.get("/spec/resources/requests/storage")).is_none() {
            problems.push(format!("{}: a disk without a size", claim.title()));
        }
    }
    for account in of(objects, "ServiceAccount") {
        if *account.get("/automountServiceAccountToken") != false {
            problems.push(format!("{}: its token is mounted", account.title()));
        }
    }
    for set in of(objects, "StatefulSet") {
        for claim in list(set.get("/spec/volumeClaimTemplates")) {
            if quantity(&claim["spec"]["resources"]["requests"]["storage"]).is_none() {
                problems.push(format!("{}: a disk without a size", set.title()));
            }
        }
    }
    problems
}

fn of_pod(pod: &Pod<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    // Nothing here makes any of these, so a pod that asks for one waits.
    for field in [
        "affinity",
        "imagePullSecrets",
        "nodeName",
        "nodeSelector",
        "priorityClassName",
        "runtimeClassName",
        "schedulerName",
    ] {
        if !pod.spec[field].is_null() {
            problems.push(format!("{field}: of which cluster?"));
        }
    }
    for volume in list(&pod.spec["volumes"]) {
        let scratch = &volume["emptyDir"];
        if scratch.is_object() && quantity(&scratch["sizeLimit"]).is_none() {
            problems.push(format!("{} grows without bound", volume["name"]));
        }
    }
    let restart = text(pod.spec, "/restartPolicy");
    let ends = ["Job", "CronJob"].contains(&pod.owner.kind());
    if ends != ["Never", "OnFailure"].contains(&restart) {
        problems.push(format!("it cannot have the restart policy `{restart}`"));
    }
    let mut names = names(&pod.spec["volumes"], "volume");
    let containers: Vec<&Value> = pod.containers().collect();
    names.extend(
        containers
            .iter()
            .map(|one| format!("container {}", one["name"])),
    );
    for container in containers {
        names.extend(list(&container["ports"]).iter().map(|port| {
            let name = text(port, "/name");
            if name.len() > 15 {
                problems.push(format!("the name of the port {name} is too long"));
            }
            format!("port {name}")
        }));
        if container["imagePullPolicy"] == "Never" {
            problems.push("its image is never pulled".to_owned());
        }
        for probe in ["startupProbe", "livenessProbe"] {
            if !matches!(
                container[probe]["successThreshold"].as_u64(),
                None | Some(1)
            ) {
                problems.push(format!("{probe} succeeds once or not"));
            }
        }
        for resource in ["cpu", "memory", "ephemeral-storage"] {
            let amount = |bound: &str| quantity(&container["resources"][bound][resource]);
            match (amount("requests"), amount("limits")) {
                (Some(request), Some(limit)) if request <= limit => {}
                _ => problems.push(format!("{resource}: no amounts, or more than the limit")),
            }
        }
    }
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.clone()) {
            problems.push(format!("{name} is there twice"));
        }
    }
    problems
}

fn names(items: &Value, what: &str) -> Vec<String> {
    let items = list(items).iter();
    items
        .map(|item| format!("{what} {}", text(item, "/name")))
        .collect()
}

/// The amount in thousandths, of the forms that are used here: `100m`, `2`, `48Mi`, `5Gi`.
fn quantity(value: &Value) -> Option<u64> {
    let value = value.as_str()?;
    let digits = value.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor = match &value[digits.len()..] {
        "m" => 1,
        "" => 1000,
        "Ki" => 1000 << 10,
        "Mi" => 1000 << 20,
        "Gi" => 1000 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// Five fields, each `*` or a number.
fn is_schedule(text: &str) -> bool {
    let fields: Vec<&str> = text.split(' ').collect();
    let fits = |(field, range): (&&str, &RangeInclusive<u32>)| {
        *field == "*" || field.parse().is_ok_and(|number| range.contains(&number))
    };
    fields.len() == FIELDS.len() && fields.iter().zip(&FIELDS).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_are_compared_across_units() {
        assert!(quantity(&json!("1")) > quantity(&json!("999m")));
        assert!(quantity(&json!("1Gi")) > quantity(&json!("1023Mi")));
        assert_eq!(quantity(&json!("128MB")), None);
        assert_eq!(quantity(&json!("100mm")), None);
    }

    #[test]
    fn a_schedule_has_five_fields_in_their_ranges() {
        assert!(is_schedule("0 3 * * *"));
        assert!(!is_schedule("0 33 * * *"));
        assert!(!is_schedule("0 3 * *"));
        assert!(!is_schedule("0  3 * * *"));
    }
}
