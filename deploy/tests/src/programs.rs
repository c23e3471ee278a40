//! What the programs in the containers need of their pods: arguments, settings, files to read, folders to write to.

use crate::object::{Object, Pod, find, list, of, pairs, pods, text, variables};
use serde_json::{Value, json};

/// What must be mounted at a path.
enum Holds {
    /// A `ConfigMap` with this file.
    File(&'static str),
    /// A folder that goes with the pod.
    Scratch,
    /// A folder that outlives the pod.
    Disk,
}

/// By the name of the container: what its program looks for, and where.
const PLACES: &[(&str, &str, Holds)] = &[
    ("linebot-nginx", "/etc/nginx", Holds::File("nginx.conf")),
    ("linebot-nginx", "/tmp", Holds::Scratch),
    ("mysql", "/etc/mysql/conf.d", Holds::File("my.cnf")),
    (
        "mysql",
        "/docker-entrypoint-initdb.d",
        Holds::File("10-users.sh"),
    ),
    ("mysql", "/var/lib/mysql", Holds::Disk),
    ("mysql", "/var/run/mysqld", Holds::Scratch),
    ("mysql", "/tmp", Holds::Scratch),
    ("backup", "/backups", Holds::Disk),
    ("backup", "/tmp", Holds::Scratch),
    ("restore-check", "/backups", Holds::Disk),
    ("restore-check", "/tmp", Holds::Scratch),
];

/// Read by the owner and the group, which is `fsGroup`: 0440.
const OF_THE_GROUP: u64 = 0o440;

/// What is wrong with the pods in `objects`, for the programs in them.
pub fn problems(objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    for pod in pods(objects) {
        let mut found = secrets(&pod);
        for container in pod.containers() {
            found.extend(places(&pod, container, objects));
            found.extend(arguments(container));
            found.extend(database(container, objects));
        }
        let title = pod.owner.title();
        problems.extend(
            found
                .into_iter()
                .map(|problem| format!("{title}: {problem}")),
        );
    }
    for map in of(objects, "ConfigMap") {
        for key in pairs(map.get("/data")).keys() {
            if ["SECRET", "TOKEN", "PASSWORD"]
                .iter()
                .any(|word| key.ends_with(word))
            {
                problems.push(format!("{}: {key} is a secret", map.title()));
            }
            // The ports that Services, probes and policies name are the program's own.
            if key.ends_with("_LISTEN") {
                problems.push(format!("{}: {key} moves a port", map.title()));
            }
        }
    }
    problems
}

/// Secrets are for the program's group only, and must be there.
fn secrets(pod: &Pod<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    for volume in list(&pod.spec["volumes"]) {
        let name = text(volume, "/name");
        for kind in ["secret", "projected"] {
            let source = &volume[kind];
            if source.is_object() && source["defaultMode"].as_u64() != Some(OF_THE_GROUP) {
                problems.push(format!("the files of {name} are not of mode 0440"));
            }
        }
        if volume["secret"]["optional"] == true || volume["configMap"]["optional"] == true {
            problems.push(format!("{name} may be missing"));
        }
        let reads = volume["secret"].is_object() || volume["projected"].is_object();
        let writes = volume["persistentVolumeClaim"].is_object();
        let context = &pod.spec["securityContext"];
        if (reads || writes)
            && (context["fsGroup"].is_null() || context["fsGroup"] != context["runAsGroup"])
        {
            problems.push(format!("{name} does not belong to the pod's group"));
        }
    }
    problems
}

fn places(pod: &Pod<'_>, container: &Value, objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    let expected = PLACES
        .iter()
        .filter(|(name, ..)| container["name"] == **name);
    for (_, path, holds) in expected {
        let mounts = list(&container["volumeMounts"]);
        let mount = mounts.iter().find(|mount| mount["mountPath"] == **path);
        let name = mount.map_or("", |mount| text(mount, "/name"));
        let writable = mount.is_some_and(|mount| mount["readOnly"] != true);
        let volume = list(&pod.spec["volumes"])
            .iter()
            .find(|volume| volume["name"] == name)
            .unwrap_or(&Value::Null);
        let right = match holds {
            Holds::File(file) => {
                let map = find(objects, "ConfigMap", text(volume, "/configMap/name"));
                map.is_some_and(|map| pairs(map.get("/data")).contains_key(file))
            }
            Holds::Scratch => writable && volume["emptyDir"].is_object(),
            Holds::Disk => {
                let claims = list(pod.owner.get("/spec/volumeClaimTemplates"));
                let own = claims.iter().any(|claim| claim["metadata"]["name"] == name);
                own || volume["persistentVolumeClaim"].is_object()
            }
        };
        if !right {
            problems.push(format!("{path} is not what its program needs"));
        }
    }
    problems
}

/// The image of the bot is its program and no shell.
fn arguments(container: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let word = match text(container, "/name") {
        "app-server" => "serve",
        "migrate" => "migrate",
        _ => "",
    };
    if !word.is_empty() && (container["args"] != json!([word]) || !container["command"].is_null()) {
        problems.push(format!("it does not run `linebot {word}`"));
    }
    for (name, command) in [
        ("linebot-nginx", json!(["nginx", "-g", "daemon off;"])),
        ("backup", json!(["bash", "/scripts/backup.sh"])),
        (
            "restore-check",
            json!(["bash", "/scripts/restore-check.sh"]),
        ),
    ] {
        if container["name"] == name && container["command"] != command {
            problems.push(format!("it does not run {command}"));
        }
    }
    if list(&container["envFrom"])
        .iter()
        .any(|from| from["configMapRef"]["optional"] == true)
    {
        problems.push("its settings may be missing".to_owned());
    }
    if commands(container).any(|part| part.starts_with("-p") || part.starts_with("--password")) {
        problems.push("a password among the arguments, which everybody can read".to_owned());
    }
    problems
}

/// Every word of what is run in a container, by its probes too.
pub fn commands(container: &Value) -> impl Iterator<Item = &str> {
    let probes = ["startupProbe", "readinessProbe", "livenessProbe"];
    let probes = probes.map(|probe| &container[probe]["exec"]["command"]);
    [&container["command"], &container["args"]]
        .into_iter()
        .chain(probes)
        .flat_map(list)
        .filter_map(Value::as_str)
        .flat_map(|word| word.split([' ', '"', '\'', '(', ')', '=']))
}

/// The bot and its migration are the users that MySQL makes, in the database that it makes.
fn database(container: &Value, objects: &[Object]) -> Vec<String> {
    let mut problems = Vec::new();
    let name = text(container, "/name");
    if name == "mysql" {
        for (variable, value) in [
            ("MYSQL_DATABASE", "linebot"),
            ("MYSQL_ROOT_HOST", "localhost"),
            ("MYSQL_ROOT_PASSWORD_FILE", "/run/secrets/db/root-password"),
        ] {
            let set = list(&container["env"]).iter();
            if !set
                .clone()
                .any(|one| one["name"] == variable && one["value"] == value)
            {
                problems.push(format!("{variable} is not {value}"));
            }
        }
        let users = list(&container["env"]).iter();
        if !users.clone().any(|one| one["name"] == "LINEBOT_APP_USER") {
            problems.push("MySQL makes no user for the bot".to_owned());
        }
    }
    if !["app-server", "migrate"].contains(&name) {
        return problems;
    }
    let settings = variables(objects, container);
    let all = pods(objects);
    let server = all.iter().flat_map(Pod::containers);
    let made = server
        .filter(|container| container["name"] == "mysql")
        .flat_map(|mysql| list(&mysql["env"]))
        .find(|variable| variable["name"] == "LINEBOT_APP_USER")
        .map_or("linebot_app", |variable| text(variable, "/value"));
    let user = if name == "migrate" {
        "linebot_migrate"
    } else {
        made
    };
    for (variable, right) in [
        ("DB_USER", user),
        ("DB_PORT", "3306"),
        ("DB_DATABASE", "linebot"),
    ] {
        for (_, value) in settings.iter().filter(|(one, _)| *one == variable) {
            if *value != right {
                problems.push(format!("{variable} is {value} and not {right}"));
            }
        }
    }
    problems
}
