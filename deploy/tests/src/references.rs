//! Names that lead nowhere: config maps, secrets and their keys, files, claims, volumes, accounts.

use crate::object::{Object, Pod, find, list, of, pods, text};
use crate::programs::commands;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The Secrets that `deploy/k8s/secrets.sh` makes. A test runs it and compares.
pub const MADE_BY_HAND: &[(&str, &[&str])] = &[
    ("line-channel", &["channel-secret", "channel-access-token"]),
    ("pass-secret", &["password", "url"]),
    (
        "mysql-users",
        &[
            "root-password",
            "migrate-password",
            "backup-password",
            "monitor-password",
            "migrate-url",
        ],
    ),
    ("apikey", &["id", "key"]),
    ("dbsecret", &["user", "password", "root_password"]),
];

/// What programs read without being told where by a variable or an argument: the container, and the file.
const READ: &[(&str, &str)] = &[
    ("mysql", "/run/secrets/db/root-password"),
    ("mysql", "/run/secrets/db/migrate-password"),
    ("mysql", "/run/secrets/db/backup-password"),
    ("mysql", "/run/secrets/db/monitor-password"),
    ("mysql", "/run/secrets/db-app/password"),
    ("backup", "/run/secrets/db/backup-password"),
    ("backup", "/scripts/dump.sh"),
    ("restore-check", "/scripts/dump.sh"),
];

/// What a `ConfigMap` or `Secret` holds.
type Keys<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// What is wrong with the references in `objects`.
pub fn problems(objects: &[Object]) -> Vec<String> {
    let world = World {
        objects,
        config_maps: config_maps(objects),
        secrets: secrets(objects),
    };
    pods(objects)
        .iter()
        .flat_map(|pod| {
            world
                .of_pod(pod)
                .into_iter()
                .map(|problem| format!("{}: {problem}", pod.owner.title()))
        })
        .chain(volumes(objects))
        .collect()
}

fn config_maps(objects: &[Object]) -> Keys<'_> {
    of(objects, "ConfigMap")
        .map(|map| (map.name(), keys(map.get("/data"))))
        .collect()
}

/// By hand, unless something rendered makes them.
fn secrets(objects: &[Object]) -> Keys<'_> {
    // Where they are copied, all are.
    let copied = of(objects, "ExternalSecret").next().is_some();
    let by_hand = if copied { &[] } else { MADE_BY_HAND };
    let mut secrets: Keys<'_> = by_hand
        .iter()
        .map(|(name, keys)| (*name, keys.iter().copied().collect()))
        .collect();
    for object in objects {
        match object.kind() {
            "Secret" => secrets.insert(object.name(), keys(object.get("/data"))),
            "ExternalSecret" => secrets.insert(
                text(&object.0, "/spec/target/name"),
                list(object.get("/spec/data"))
                    .iter()
                    .map(|data| text(data, "/secretKey"))
                    .collect(),
            ),
            "Certificate" => secrets.insert(
                text(&object.0, "/spec/secretName"),
                BTreeSet::from(["tls.crt", "tls.key", "ca.crt"]),
            ),
            _ => None,
        };
    }
    secrets
}

fn keys(map: &Value) -> BTreeSet<&str> {
    map.as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect()
}

struct World<'a> {
    objects: &'a [Object],
    config_maps: Keys<'a>,
    secrets: Keys<'a>,
}

impl<'a> World<'a> {
    fn of_pod(&self, pod: &Pod<'a>) -> Vec<String> {
        let mut problems = Vec::new();
        let account = text(pod.spec, "/serviceAccountName");
        if !account.is_empty() && find(self.objects, "ServiceAccount", account).is_none() {
            problems.push(format!("no ServiceAccount {account}"));
        }
        // What each volume holds; none: whatever is written there.
        let mut volumes: BTreeMap<&str, Option<BTreeSet<&str>>> = BTreeMap::new();
        for volume in list(&pod.spec["volumes"]) {
            match self.files(volume) {
                Ok(files) => drop(volumes.insert(text(volume, "/name"), files)),
                Err(problem) => problems.push(problem),
            }
        }
        for claim in list(pod.owner.get("/spec/volumeClaimTemplates")) {
            volumes.insert(text(claim, "/metadata/name"), None);
        }
        let mounted: BTreeSet<&str> = pod
            .containers()
            .flat_map(|container| list(&container["volumeMounts"]))
            .map(|mount| text(mount, "/name"))
            .collect();
        for volume in volumes.keys().filter(|volume| !mounted.contains(*volume)) {
            problems.push(format!("nobody mounts the volume {volume}"));
        }
        for container in pod.containers() {
            let variables = match self.variables(container) {
                Ok(variables) => variables,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            let mounts = list(&container["volumeMounts"]);
            for mount in mounts {
                if !volumes.contains_key(text(mount, "/name")) {
                    problems.push(format!("no volume {}", text(mount, "/name")));
                }
            }
            let named = variables.iter().filter(|(name, _)| name.ends_with("_FILE"));
            let program = list(&container["command"]).iter().filter_map(Value::as_str);
            let program = program.filter(|word| word.starts_with('/'));
            let read = commands(container).filter(|word| word.starts_with("/run/secrets/"));
            let untold = READ
                .iter()
                .filter(|(name, _)| container["name"] == **name)
                .map(|(_, path)| *path);
            let scripts = program
                .chain(read)
                .chain(untold)
                .map(|path| ("command", path));
            for (name, path) in named.map(|(name, path)| (*name, *path)).chain(scripts) {
                let there = mounts.iter().any(|mount| {
                    let file = path
                        .strip_prefix(text(mount, "/mountPath"))
                        .and_then(|rest| rest.strip_prefix('/'));
                    let files = volumes.get(text(mount, "/name"));
                    matches!((file, files), (Some(file), Some(Some(files))) if files.contains(file))
                });
                if !there {
                    problems.push(format!("{name}: no file {path} is mounted"));
                }
            }
        }
        problems
    }

    /// The variables of a container that stand in the manifests.
    fn variables(&self, container: &'a Value) -> Result<BTreeMap<&'a str, &'a str>, String> {
        let mut variables = BTreeMap::new();
        for source in list(&container["envFrom"]) {
            let name = text(source, "/configMapRef/name");
            let map =
                find(self.objects, "ConfigMap", name).ok_or(format!("no ConfigMap {name}"))?;
            let data = map.get("/data").as_object().into_iter().flatten();
            variables.extend(data.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))));
        }
        for variable in list(&container["env"]) {
            let reference = &variable["valueFrom"]["configMapKeyRef"];
            if reference.is_object() {
                let map = text(reference, "/name");
                let key = text(reference, "/key");
                if !self
                    .config_maps
                    .get(map)
                    .is_some_and(|keys| keys.contains(key))
                {
                    return Err(format!("no key {key} in a ConfigMap {map}"));
                }
            }
            variables.insert(text(variable, "/name"), text(variable, "/value"));
        }
        Ok(variables)
    }

    /// The files in a volume, where they can be known.
    fn files(&self, volume: &'a Value) -> Result<Option<BTreeSet<&'a str>>, String> {
        if let Some(secret) = volume.get("secret") {
            self.items("Secret", text(secret, "/secretName"), secret)
                .map(Some)
        } else if let Some(map) = volume.get("configMap") {
            self.items("ConfigMap", text(map, "/name"), map).map(Some)
        } else if let Some(projected) = volume.get("projected") {
            let mut files = BTreeSet::new();
            for source in list(&projected["sources"]) {
                let secret = &source["secret"];
                files.extend(self.items("Secret", text(secret, "/name"), secret)?);
            }
            Ok(Some(files))
        } else if let Some(claim) = volume.get("persistentVolumeClaim") {
            let name = text(claim, "/claimName");
            find(self.objects, "PersistentVolumeClaim", name).ok_or(format!("no claim {name}"))?;
            Ok(None)
        } else if let Some(csi) = volume.get("csi") {
            let name = text(csi, "/volumeAttributes/secretProviderClass");
            let class = find(self.objects, "SecretProviderClass", name);
            let class = class.ok_or(format!("no SecretProviderClass {name}"))?;
            if csi["driver"] != "secrets-store-gke.csi.k8s.io" {
                return Err("no driver that knows Secret Manager".to_owned());
            }
            let secrets = text(&class.0, "/spec/parameters/secrets");
            let paths = secrets
                .lines()
                .filter_map(|line| line.trim().strip_prefix("path: "));
            Ok(Some(paths.collect()))
        } else if volume.get("emptyDir").is_some() {
            Ok(None)
        } else {
            Err(format!(
                "the volume {} is of a kind that no test knows",
                text(volume, "/name")
            ))
        }
    }

    fn items(
        &self,
        kind: &str,
        name: &str,
        volume: &'a Value,
    ) -> Result<BTreeSet<&'a str>, String> {
        let all = if kind == "Secret" {
            &self.secrets
        } else {
            &self.config_maps
        };
        let keys = all.get(name).ok_or(format!("no {kind} {name}"))?;
        let items = list(&volume["items"]);
        if items.is_empty() {
            return Ok(keys.clone());
        }
        for item in items {
            if !keys.contains(text(item, "/key")) {
                return Err(format!(
                    "no key {} in the {kind} {name}",
                    text(item, "/key")
                ));
            }
        }
        Ok(items.iter().map(|item| text(item, "/path")).collect())
    }
}

/// A volume and its claim must name each other and agree, or the claim waits for ever.
fn volumes(objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    for volume in of(objects, "PersistentVolume") {
        let name = text(&volume.0, "/spec/claimRef/name");
        let Some(claim) = find(objects, "PersistentVolumeClaim", name) else {
            problems.push(format!("{}: no claim {name}", volume.title()));
            continue;
        };
        let same = volume.name() == text(&claim.0, "/spec/volumeName")
            && volume.get("/spec/storageClassName") == claim.get("/spec/storageClassName")
            && volume.get("/spec/accessModes") == claim.get("/spec/accessModes")
            && volume.get("/spec/capacity/storage")
                == claim.get("/spec/resources/requests/storage");
        if !same {
            problems.push(format!(
                "{}: {} does not fit",
                volume.title(),
                claim.title()
            ));
        }
        let nfs = volume.get("/spec/nfs").is_object();
        let hard = list(volume.get("/spec/mountOptions"))
            .iter()
            .any(|one| one == "hard");
        if nfs && !hard {
            problems.push(format!("{}: MySQL would see errors", volume.title()));
        }
        // Any other type may begin with an empty folder, of root, on a node that has none.
        if !nfs && text(&volume.0, "/spec/hostPath/type") != "Directory" {
            problems.push(format!(
                "{}: a folder that may not be there",
                volume.title()
            ));
        }
        if text(&volume.0, "/spec/persistentVolumeReclaimPolicy") != "Retain" {
            problems.push(format!(
                "{}: its data would be deleted with the claim",
                volume.title()
            ));
        }
    }
    for claim in of(objects, "PersistentVolumeClaim") {
        let used = pods(objects).iter().any(|pod| {
            list(&pod.spec["volumes"])
                .iter()
                .any(|volume| text(volume, "/persistentVolumeClaim/claimName") == claim.name())
        });
        if !used {
            problems.push(format!("{}: nobody uses it", claim.title()));
        }
    }
    for set in of(objects, "StatefulSet") {
        for claim in list(set.get("/spec/volumeClaimTemplates")) {
            let class = text(claim, "/spec/storageClassName");
            if !class.is_empty() && find(objects, "StorageClass", class).is_none() {
                problems.push(format!("{}: no StorageClass {class}", set.title()));
            }
            let modes = list(&claim["spec"]["accessModes"]).iter();
            let alone = |mode: &Value| mode == "ReadWriteOnce" || mode == "ReadWriteOncePod";
            if !modes.clone().all(alone) || modes.len() != 1 {
                problems.push(format!("{}: a disk for several", set.title()));
            }
        }
    }
    for class in of(objects, "StorageClass") {
        if text(&class.0, "/reclaimPolicy") != "Retain" {
            problems.push(format!("{}: the disk goes with its claim", class.title()));
        }
        if text(&class.0, "/volumeBindingMode") != "WaitForFirstConsumer" {
            problems.push(format!("{}: a disk in any zone", class.title()));
        }
    }
    problems
}
