//! Manifests made wrong on purpose: each mistake must be found, and the sentence must say what it is.

use deploy_tests::object::Object;
use deploy_tests::{problems, render};
use serde_json::{Value, json};

/// A mistake: in which overlay, in which object, what is done to it, and a part of the sentence that must be said.
struct Mistake {
    overlay: &'static str,
    object: (&'static str, &'static str),
    change: Change,
    said: &'static str,
}

enum Change {
    Set(&'static str, Value),
    Remove(&'static str),
    /// A text in all of the object becomes another.
    Replace(&'static str, &'static str),
    Delete,
}

use Change::{Delete, Remove, Replace, Set};

const BOT: (&str, &str) = ("Deployment", "app-server");
const WEB: (&str, &str) = ("Deployment", "linebot-nginx");

fn mistakes() -> Vec<Mistake> {
    let local = |object, change, said| Mistake { overlay: "local", object, change, said };
    let of = |overlay, object, change, said| Mistake { overlay, object, change, said };
    vec![
        // Names that lead nowhere.
        local(("Service", "app-server"), Set("/spec/ports/0/targetPort", json!("http-prot")), "has no port \"http-prot\""),
        local(("Service", "app-server"), Set("/spec/ports/0/port", json!(5001)), "nobody is at app-server:5000"),
        local(("Service", "app-server"), Set("/spec/selector/app", json!("app-servr")), "it selects no pods"),
        local(("Service", "mysql-db"), Delete, "no database at mysql-db"),
        local(BOT, Set("/spec/template/spec/containers/0/readinessProbe/httpGet/port", json!("http")), "readinessProbe asks port"),
        local(BOT, Set("/spec/template/spec/volumes/0/secret/secretName", json!("line-chanel")), "no Secret line-chanel"),
        local(BOT, Set("/spec/template/spec/volumes/0/secret/items", json!([{"key": "secret", "path": "x"}])), "no key secret"),
        local(BOT, Set("/spec/template/spec/serviceAccountName", json!("app")), "no ServiceAccount app"),
        local(BOT, Replace("/run/secrets/db", "/run/secrets/database"), "no file /run/secrets/db/password is mounted"),
        local(BOT, Remove("/spec/template/spec/containers/0/volumeMounts/1"), "nobody mounts the volume database"),
        local(("CronJob", "mysql-backup"), Replace("\"mysql-backup\"}", "\"backups\"}"), "no claim backups"),
        local(("PersistentVolumeClaim", "mysql-backup"), Delete, "no claim mysql-backup"),
        local(("ServiceAccount", "linebot-nginx"), Delete, "no ServiceAccount linebot-nginx"),
        local(("ConfigMap", "init-db-sql"), Delete, "no ConfigMap init-db-sql"),
        local(("StatefulSet", "mysql-db"), Set("/spec/serviceName", json!("mysql")), "no Service mysql"),
        of("seed-parity", ("PersistentVolume", "mysql-pv-volume"), Set("/spec/claimRef/name", json!("claim")), "no claim claim"),
        of("seed-parity", ("PersistentVolumeClaim", "mysql-pv-claim"), Set("/spec/storageClassName", json!("x")), "does not fit"),
        of("gke-cloudsql", BOT, Set("/spec/template/spec/volumes/0/csi/volumeAttributes/secretProviderClass", json!("x")), "no SecretProviderClass x"),
        of("gke-gateway", ("ExternalSecret", "mysql-users"), Replace("backup-password", "backup-pasword"), "no key backup-password"),
        // Targets.
        local(("HorizontalPodAutoscaler", "app-server"), Set("/spec/scaleTargetRef/name", json!("app")), "no Deployment app"),
        local(BOT, Set("/spec/replicas", json!(2)), "has a number of replicas of its own"),
        local(("PodDisruptionBudget", "app-server"), Set("/spec/selector/matchLabels/app", json!("x")), "it selects no pods"),
        of("istio-canary", ("PodDisruptionBudget", "app-server"), Remove("/spec/selector/matchLabels/version"), "it mixes the pods"),
        of("istio-canary", BOT, Remove("/spec/selector/matchLabels/version"), "its selector selects the pods of Deployment app-server-v2"),
        of("istio-canary", ("VirtualService", "app-server"), Set("/spec/http/0/route/1/weight", json!(20)), "its weights make 110"),
        of("istio-canary", ("VirtualService", "app-server"), Set("/spec/http/0/route/1/destination/subset", json!("v3")), "no subset"),
        of("istio", ("DestinationRule", "app-server"), Set("/spec/host", json!("app-server-v1.linebot.svc.cluster.local")), "no Object"),
        of("istio", ("AuthorizationPolicy", "app-server"), Replace("sa/linebot-nginx", "sa/nginx"), "no Object"),
        of("istio", ("PodMonitor", "app-server"), Set("/spec/podMetricsEndpoints/0/port", json!("metric")), "has no port"),
        of("gke-ingress", ("Ingress", "managed-cert-ingress"), Set("/spec/defaultBackend/service/port/number", json!(81)), "no Port"),
        of("gke-ingress", ("BackendConfig", "linebot-nginx"), Set("/spec/healthCheck/port", json!(80)), "no PodPort"),
        of("gke-ingress", ("ManagedCertificate", "managed-cert"), Delete, "no Object"),
        of("gke-gateway", ("HTTPRoute", "linebot"), Set("/spec/parentRefs/0/sectionName", json!("tls")), "no Listener"),
        // Pods that may do too much.
        local(BOT, Set("/spec/template/spec/containers/0/securityContext/privileged", json!(true)), "is privileged"),
        local(BOT, Remove("/spec/template/spec/containers/0/securityContext/capabilities"), "keeps capabilities"),
        local(WEB, Remove("/spec/template/spec/securityContext/seccompProfile"), "any system call"),
        local(WEB, Set("/spec/template/spec/securityContext/runAsUser", json!(0)), "runs as root"),
        local(WEB, Set("/spec/template/spec/hostNetwork", json!(true)), "hostNetwork"),
        local(WEB, Set("/spec/template/spec/volumes/1", json!({"name": "tmp", "hostPath": {"path": "/"}})), "the volume tmp"),
        local(BOT, Set("/spec/template/spec/automountServiceAccountToken", json!(true)), "a token of the API server"),
        local(BOT, Remove("/spec/template/spec/containers/0/resources/limits/memory"), "no limits of memory"),
        local(BOT, Set("/spec/template/spec/containers/0/env", json!([{"name": "DB_PASSWORD", "value": "x"}])), "a secret in the variable"),
        local(("Namespace", "linebot"), Remove("/metadata/labels"), "does not enforce"),
        // Connections.
        local(("NetworkPolicy", "default-deny"), Delete, "network policies allow mysql-restore-check -> anybody:any"),
        local(("NetworkPolicy", "mysql-db"), Remove("/spec/ingress/0/from"), "network policies allow anybody -> mysql-db:3306"),
        local(("NetworkPolicy", "app-server"), Remove("/spec/egress/0/to/0/ipBlock/except"), "network policies allow app-server -> anybody:443"),
        local(("NetworkPolicy", "app-server"), Remove("/spec/egress/0/ports"), "network policies allow app-server -> the internet:any"),
        local(("NetworkPolicy", "app-server"), Set("/spec/ingress/0/from/0/podSelector", json!({})), "network policies allow mysql-backup -> app-server"),
        local(("NetworkPolicy", "mysql-clients"), Delete, "network policies deny app-server -> mysql-db:3306"),
        local(("NetworkPolicy", "dns"), Delete, "network policies deny linebot-migrate -> kube-system/kube-dns:53"),
        local(("NetworkPolicy", "linebot-nginx"), Set("/spec/egress/0/ports/0/port", json!(5001)), "network policies deny linebot-nginx -> app-server:5000"),
        of("gke-cloudsql", ("NetworkPolicy", "cloud-sql"), Set("/spec/podSelector/matchLabels", json!({"app": "app-server"})), "network policies deny linebot-migrate -> 10.40.0.0/20:3307"),
        of("istio", ("NetworkPolicy", "istiod"), Delete, "network policies deny app-server -> istio-system/istiod:15012"),
        // Rollouts that lose requests.
        local(BOT, Remove("/spec/template/spec/containers/0/lifecycle"), "preStop of 0 s"),
        local(WEB, Remove("/spec/template/spec/containers/0/lifecycle/preStop"), "preStop of 0 s"),
        of("gke-ingress", WEB, Set("/spec/template/spec/containers/0/lifecycle/preStop/sleep/seconds", json!(10)), "45 s are needed"),
        local(BOT, Set("/spec/template/spec/terminationGracePeriodSeconds", json!(30)), "killed after 30 s"),
        local(BOT, Set("/spec/strategy/rollingUpdate/maxUnavailable", json!(1)), "takes pods away"),
        local(BOT, Set("/spec/template/spec/containers/0/livenessProbe/httpGet/path", json!("/readyz")), "its liveness"),
        local(BOT, Remove("/spec/template/spec/containers/0/readinessProbe"), "no readinessProbe"),
        local(("PodDisruptionBudget", "linebot-nginx"), Delete, "no PodDisruptionBudget"),
        local(("HorizontalPodAutoscaler", "app-server"), Set("/spec/minReplicas", json!(1)), "one pod alone"),
        of("seed-parity", ("Deployment", "mysql-db"), Set("/spec/strategy", json!({"type": "RollingUpdate"})), "is not Recreate"),
        // Names.
        local(BOT, Set("/metadata/namespace", json!("default")), "is in the namespace `default`"),
        local(BOT, Replace("localhost/app-server:1.0.0", "localhost/PROJECT/app-server:1.0.0"), "is no image with a version"),
        local(BOT, Replace("localhost/app-server:1.0.0", "localhost/app-server:latest"), "is no image with a version"),
        local(WEB, Set("/metadata/labels/app", json!("linebot nginx")), "the label app"),
    ]
}

fn made(mistake: &Mistake) -> Vec<Object> {
    let mut objects = render::overlay(mistake.overlay);
    let (kind, name) = mistake.object;
    let here = |object: &Object| object.kind() == kind && object.name() == name;
    let place = objects.iter().position(here);
    let place = place.unwrap_or_else(|| panic!("no {kind} {name} in {}", mistake.overlay));
    let object = &mut objects[place].0;
    match &mistake.change {
        Delete => drop(objects.remove(place)),
        Replace(from, to) => {
            let text = object.to_string();
            assert!(text.contains(from), "{kind} {name} has no {from}");
            *object = serde_json::from_str(&text.replace(from, to)).expect("JSON");
        }
        Set(pointer, value) => {
            let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
            let parent = object.pointer_mut(parent).unwrap_or_else(|| panic!("{kind} {name} has no {pointer}"));
            match parent {
                Value::Array(items) => items[field.parse::<usize>().expect("an index")] = value.clone(),
                parent => parent[field] = value.clone(),
            }
        }
        Remove(pointer) => {
            let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
            let removed = match object.pointer_mut(parent) {
                Some(Value::Array(items)) => Some(items.remove(field.parse().expect("an index"))),
                Some(Value::Object(map)) => map.remove(field),
                _ => None,
            };
            assert!(removed.is_some(), "{kind} {name} has no {pointer}");
        }
    }
    objects
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn every_mistake_is_found_and_named() {
    let mut missed = Vec::new();
    for mistake in mistakes() {
        let found = problems(&made(&mistake)).join("\n    ");
        if !found.contains(mistake.said) {
            let (kind, name) = mistake.object;
            missed.push(format!("{} {kind} {name}: nobody said `{}`, but:\n    {found}", mistake.overlay, mistake.said));
        }
    }
    crate::none("missed", &missed);
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn nginx_that_keeps_connections_longer_than_the_bot_drains_is_found() {
    let mut objects = render::overlay("local");
    for object in &mut objects {
        if object.name().starts_with("nginx-config") {
            let text = object.0["data"]["upstream.conf"].as_str().expect("a file");
            object.0["data"]["upstream.conf"] = text.replace("keepalive_timeout 15s", "keepalive_timeout 60s").into();
        }
    }
    let found = problems(&objects).join("\n");
    assert!(found.contains("nginx keeps idle connections for Some(60) s"), "{found}");
}
