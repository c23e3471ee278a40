//! What the profile "restricted" of Pod Security refuses, and what we ask for beyond it.

use crate::object::{Object, Pod, find, list, pods, text};
use serde_json::{Value, json};

/// The volumes that "restricted" allows.
const VOLUMES: [&str; 8] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// What is wrong with the pods in `objects`, and with their namespace.
pub fn problems(objects: &[Object]) -> Vec<String> {
    let mut problems: Vec<String> = pods(objects)
        .iter()
        .flat_map(|pod| {
            [restricted(pod), ours(pod)]
                .concat()
                .into_iter()
                .map(|problem| format!("{}: {problem}", pod.owner.title()))
        })
        .collect();
    let enforced = find(objects, "Namespace", "linebot").is_some_and(|namespace| {
        namespace.0["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    });
    if !enforced {
        problems.push("the namespace does not enforce the profile restricted".to_owned());
    }
    problems
}

/// <https://kubernetes.io/docs/concepts/security/pod-security-standards/>
fn restricted(pod: &Pod<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    let mut refuse = |wrong: bool, problem: String| {
        if wrong {
            problems.push(problem);
        }
    };
    for host in ["hostNetwork", "hostPID", "hostIPC"] {
        refuse(pod.spec[host] == true, host.to_owned());
    }
    let context = &pod.spec["securityContext"];
    refuse(!list(&context["sysctls"]).is_empty(), "sysctls".to_owned());
    for volume in list(&pod.spec["volumes"]) {
        let known = VOLUMES.iter().any(|kind| volume.get(kind).is_some());
        refuse(!known, format!("the volume {}", text(volume, "/name")));
    }
    for container in pod.containers() {
        let name = text(container, "/name");
        let own = &container["securityContext"];
        // A container's setting wins over its pod's.
        let set = |field: &str| {
            if own[field].is_null() {
                &context[field]
            } else {
                &own[field]
            }
        };
        refuse(own["privileged"] == true, format!("{name} is privileged"));
        refuse(
            own["allowPrivilegeEscalation"] != false,
            format!("{name} may gain privileges"),
        );
        refuse(
            set("runAsNonRoot") != true,
            format!("{name} may run as root"),
        );
        refuse(set("runAsUser") == 0, format!("{name} runs as root"));
        let seccomp = text(set("seccompProfile"), "/type");
        refuse(
            !["RuntimeDefault", "Localhost"].contains(&seccomp),
            format!("{name} may make any system call"),
        );
        let capabilities = &own["capabilities"];
        refuse(
            capabilities["drop"] != json!(["ALL"]),
            format!("{name} keeps capabilities"),
        );
        let added = list(&capabilities["add"]);
        refuse(
            added.iter().any(|one| one != "NET_BIND_SERVICE"),
            format!("{name} adds capabilities"),
        );
        let host_ports = list(&container["ports"])
            .iter()
            .any(|port| !port["hostPort"].is_null());
        refuse(host_ports, format!("{name} takes a port of the node"));
        for field in [
            "procMount",
            "seLinuxOptions",
            "windowsOptions",
            "appArmorProfile",
        ] {
            refuse(!set(field).is_null(), format!("{name} sets {field}"));
        }
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
            refuse(
                !container[probe]["httpGet"]["host"].is_null(),
                format!("{name}: {probe} asks another host"),
            );
        }
    }
    problems
}

/// A read-only root, bounds on everything, no token, no secret in a variable.
fn ours(pod: &Pod<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    let mut ask = |right: bool, problem: String| {
        if !right {
            problems.push(problem);
        }
    };
    ask(
        pod.spec["automountServiceAccountToken"] == false,
        "a token of the API server is mounted".to_owned(),
    );
    ask(
        pod.spec["enableServiceLinks"] == false,
        "every Service becomes a variable".to_owned(),
    );
    ask(
        pod.spec["shareProcessNamespace"] != true,
        "containers see each other's files".to_owned(),
    );
    ask(
        pod.spec["securityContext"]["runAsUser"].as_u64() >= Some(10_000),
        "its user may be one of the node's".to_owned(),
    );
    let account = text(pod.spec, "/serviceAccountName");
    // Podman has no accounts.
    ask(
        !account.is_empty() || pod.owner.kind() == "Pod",
        "the default ServiceAccount".to_owned(),
    );
    for container in pod.containers() {
        let name = text(container, "/name");
        ask(
            container["securityContext"]["readOnlyRootFilesystem"] == true,
            format!("{name} may write to its root"),
        );
        for bound in ["requests", "limits"] {
            for resource in ["cpu", "memory", "ephemeral-storage"] {
                let set = container["resources"][bound][resource].is_string();
                ask(set, format!("{name}: no {bound} of {resource}"));
            }
        }
        for variable in list(&container["env"]) {
            let variable_name = text(variable, "/name");
            let secret = !variable["valueFrom"]["secretKeyRef"].is_null();
            ask(
                !secret,
                format!("{name}: a secret in the variable {variable_name}"),
            );
            let plain = ["PASSWORD", "SECRET", "TOKEN"]
                .iter()
                .any(|word| variable_name.ends_with(word));
            ask(
                !plain,
                format!("{name}: a secret in the variable {variable_name}"),
            );
        }
        let all = list(&container["envFrom"])
            .iter()
            .any(|from| from["secretRef"] != Value::Null);
        ask(!all, format!("{name}: secrets as variables"));
    }
    problems
}
