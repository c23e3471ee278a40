//! What holds in every overlay, found without a tool but kubectl.

use crate::none;
use deploy_tests::object::{Object, find, list, of, pods, text};
use deploy_tests::{problems, problems_of_pods, render};

/// The one that no cluster gets.
const PODMANS: &str = "podman";

/// The overlays that the documents and scripts name.
const OVERLAYS: [&str; 11] = [
    "gke-cloudsql",
    "gke-gateway",
    "gke-ingress",
    "headless-mysql",
    "istio",
    "istio-canary",
    "loadbalancer",
    "local",
    "nfs",
    "podman",
    "seed-parity",
];

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn every_overlay_is_sound() {
    assert_eq!(render::overlays(), OVERLAYS);
    for overlay in OVERLAYS {
        let objects = render::overlay(overlay);
        // The two tiers and their policies at the least, so that an empty rendering is not a sound one.
        assert!(
            objects.len() > 15,
            "{overlay} has {} objects",
            objects.len()
        );
        if overlay == PODMANS {
            none(overlay, &problems_of_pods(&with_claim(objects)));
        } else {
            none(overlay, &problems(&objects));
        }
    }
}

/// What podman is given besides: the claim, which podman 4 plays only once.
fn with_claim(mut objects: Vec<Object>) -> Vec<Object> {
    let file = render::manifests().join("overlays/podman/claim.yaml");
    let claim = std::fs::read_to_string(file).expect("the claim");
    objects.extend(render::parse(&claim).expect("YAML"));
    objects
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn seed_parity_has_the_tutorials_objects_by_their_names() {
    let objects = render::overlay("seed-parity");
    for (kind, name) in [
        ("Deployment", "linebot-nginx"),
        ("Deployment", "app-server"),
        ("Deployment", "mysql-db"),
        ("Service", "linebot-nginx"),
        ("Service", "app-server"),
        ("Service", "mysql-db"),
        ("PersistentVolume", "mysql-pv-volume"),
        ("PersistentVolumeClaim", "mysql-pv-claim"),
        ("ConfigMap", "init-db-sql"),
        ("ManagedCertificate", "managed-cert"),
        ("Ingress", "managed-cert-ingress"),
    ] {
        assert!(find(&objects, kind, name).is_some(), "no {kind} {name}");
    }
    let port = |service, name: &str, number: u64| {
        let service = find(&objects, "Service", service).expect("it is there");
        let ports = list(service.get("/spec/ports"));
        ports
            .iter()
            .any(|port| port["name"] == name && port["port"] == number)
    };
    assert!(port("linebot-nginx", "http-port", 80));
    assert!(port("app-server", "http-port", 5000));
    assert!(port("mysql-db", "mysql", 3306));
    let web = find(&objects, "Service", "linebot-nginx").expect("it is there");
    assert_eq!(text(&web.0, "/spec/type"), "NodePort");
    assert_eq!(*web.get("/spec/ports/0/nodePort"), 30082);
    let tables = find(&objects, "ConfigMap", "init-db-sql").expect("it is there");
    for table in ["testTable", "itemTable"] {
        assert!(text(&tables.0, "/data/init.sql").contains(table), "{table}");
    }
    let volume = find(&objects, "PersistentVolume", "mysql-pv-volume").expect("it is there");
    assert_eq!(text(&volume.0, "/spec/hostPath/path"), "/var/lib/data");
    assert_eq!(text(&volume.0, "/metadata/labels/type"), "local");
    let ingress = find(&objects, "Ingress", "managed-cert-ingress").expect("it is there");
    let annotations = ingress.get("/metadata/annotations");
    assert_eq!(
        annotations["kubernetes.io/ingress.global-static-ip-name"],
        "linebot-ingress"
    );
    assert_eq!(annotations["kubernetes.io/ingress.class"], "gce");
    assert!(ingress.get("/spec/ingressClassName").is_null());
    assert!(uses_secret(&objects, "mysql-db", "pass-secret"));
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn the_other_documents_objects_are_where_the_overlays_say() {
    let balanced = render::overlay("loadbalancer");
    let bot = find(&balanced, "Deployment", "app-server").expect("it is there");
    assert_eq!(*bot.get("/spec/replicas"), 3);
    assert!(uses_secret(&balanced, "app-server", "apikey"));
    let map = of(&balanced, "ConfigMap").find(|map| map.name().starts_with("projectid"));
    assert_eq!(
        map.expect("it is there").0["data"]["project.id"],
        "example-project"
    );
    let variable = bot.get("/spec/template/spec/containers/0/env/0/name");
    assert_eq!(variable, "PROJECT_ID");

    let nfs = render::overlay("nfs");
    for (name, mode) in [
        ("eng-app", "ReadWriteOnce"),
        ("eng-app-data", "ReadOnlyMany"),
    ] {
        let volume = find(&nfs, "PersistentVolume", name).expect("it is there");
        assert_eq!(text(&volume.0, "/spec/accessModes/0"), mode);
        assert_eq!(text(&volume.0, "/spec/nfs/server"), "pvserver");
    }

    let headless = render::overlay("headless-mysql");
    let service = find(&headless, "Service", "my-mysql-svc").expect("it is there");
    assert_eq!(text(&service.0, "/spec/clusterIP"), "None");
    let volume = find(&headless, "PersistentVolume", "mysql-pv").expect("it is there");
    assert_eq!(text(&volume.0, "/spec/storageClassName"), "my-mysql");
    assert!(uses_secret(&headless, "mysql-db", "dbsecret"));
    assert!(uses_secret(&headless, "app-server", "dbsecret"));

    let canary = render::overlay("istio-canary");
    let routes = find(&canary, "VirtualService", "app-server").expect("it is there");
    let weights = list(routes.get("/spec/http/0/route"))
        .iter()
        .map(|route| &route["weight"]);
    assert_eq!(weights.collect::<Vec<_>>(), [90, 10]);
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn the_autoscaler_of_the_first_version_counts_no_pod_of_the_canary() {
    let objects = render::overlay("istio-canary");
    let first = find(&objects, "Deployment", "app-server").expect("it is there");
    let second = find(&objects, "Deployment", "app-server-v2").expect("it is there");
    assert_eq!(first.get("/spec/selector/matchLabels/version"), "v1");
    assert_eq!(second.get("/spec/selector/matchLabels/version"), "v2");
    let image = |deployment: &Object| {
        text(&deployment.0, "/spec/template/spec/containers/0/image").to_owned()
    };
    assert_ne!(image(first), image(second));
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn the_canary_can_be_applied_by_its_label_before_it_gets_requests() {
    let objects = render::overlay("istio-canary");
    let mut second: Vec<&str> = objects
        .iter()
        .filter(|object| object.get("/metadata/labels/version") == "v2")
        .map(Object::kind)
        .collect();
    second.sort_unstable();
    assert_eq!(
        second,
        [
            "ConfigMap",
            "Deployment",
            "PodDisruptionBudget",
            "ServiceAccount"
        ]
    );
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn podman_gets_only_what_it_can_play() {
    let objects = render::overlay(PODMANS);
    let refused = ["Job", "CronJob", "StatefulSet", "PersistentVolumeClaim"];
    for kind in refused.iter().chain(&["Deployment", "Service"]) {
        assert_eq!(of(&objects, kind).count(), 0, "{kind}");
    }
    let mut for_a_moment = Vec::new();
    let pods = pods(&objects);
    let names: Vec<&str> = pods.iter().map(|pod| pod.owner.name()).collect();
    assert_eq!(names, ["app-server", "linebot-nginx", "mysql-db"]);
    for pod in &pods {
        // A pod of its own is found by its name; a Deployment's is not.
        assert_eq!(pod.owner.kind(), "Pod");
        assert!(list(&pod.spec["initContainers"]).is_empty());
        for container in pod.containers() {
            let inside = container["livenessProbe"]["exec"].is_object();
            assert!(inside, "podman asks inside the container");
            let ports = list(&container["ports"]);
            assert!(ports.is_empty(), "podman 4 publishes them to everybody");
        }
        for volume in list(&pod.spec["volumes"]) {
            assert!(volume["projected"].is_null(), "podman has none");
            let secret = &volume["secret"];
            let readable = secret["optional"] == false && secret["defaultMode"] == 0o444;
            assert!(
                secret.is_null() || readable,
                "podman ends with a panic, or nobody but root may read it"
            );
            if volume.get("emptyDir").is_some() {
                for_a_moment.push(text(volume, "/name"));
            }
        }
    }
    assert_eq!(
        for_a_moment,
        ["tmp", "mysql-tmp"],
        "podman 4 would give two pods one volume"
    );
}

fn uses_secret(objects: &[Object], tier: &str, secret: &str) -> bool {
    let shown = |pod: &deploy_tests::object::Pod<'_>| pod.spec["volumes"].to_string();
    let quoted = format!("\"{secret}\"");
    pods(objects)
        .iter()
        .any(|pod| pod.tier() == tier && shown(pod).contains(&quoted))
}
