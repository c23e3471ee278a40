//! Every object is what the API server, or the controller it is meant for, expects; fields nobody knows are refused.

use crate::combinations::distinct_objects;
use crate::none;
use deploy_tests::object::Object;
use deploy_tests::{render, tools};
use jsonschema::{Registry, Validator};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

/// The versions of Kubernetes that are checked.
const VERSIONS: [&str; 5] = ["1.33", "1.34", "1.35", "1.36", "1.37"];

/// The kinds that the API server itself has.
fn is_built_in(object: &Object) -> bool {
    let group = object
        .api_version()
        .split_once('/')
        .map_or("", |(group, _)| group);
    !group.contains('.') || group.ends_with(".k8s.io") && !OWN_GROUPS.contains(&group)
}

/// `.k8s.io` too, but of controllers.
const OWN_GROUPS: [&str; 2] = ["gateway.networking.k8s.io", "secrets-store.csi.x-k8s.io"];

/// Where the package kubernetes-validate keeps the schemas of a version, with unknown fields refused.
fn schemas(version: &str) -> PathBuf {
    let libraries = tools::python().join("lib");
    let python = fs::read_dir(&libraries)
        .expect("a Python environment")
        .next();
    let python = python.expect("a version").expect("an entry").path();
    python.join(format!(
        "site-packages/kubernetes_validate/kubernetes-json-schema/v{version}.0-local-strict"
    ))
}

/// `deployment-apps-v1.json`
fn file_name(object: &Object) -> String {
    let version = object.api_version();
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    let group = group.split('.').next().unwrap_or_default();
    let parts = [&object.kind().to_lowercase(), group, version];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{}.json", parts.join("-"))
}

/// Validators by kind, each built once.
struct Schemas {
    folder: PathBuf,
    /// What all schemas of the version refer to.
    definitions: Registry<'static>,
    built: BTreeMap<String, Validator>,
}

impl Schemas {
    fn faults(&mut self, object: &Object) -> Vec<String> {
        let name = file_name(object);
        let (folder, definitions) = (&self.folder, &self.definitions);
        let validator = self.built.entry(name.clone()).or_insert_with(|| {
            let options = jsonschema::options().with_registry(definitions);
            options.build(&read(&folder.join(&name))).expect("a schema")
        });
        validator
            .iter_errors(&object.0)
            .map(|fault| format!("{}: {fault} at {}", object.title(), fault.instance_path()))
            .collect()
    }
}

fn read(file: &Path) -> Value {
    let text =
        fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).expect("JSON")
}

fn of_version(version: &str) -> Schemas {
    let folder = schemas(version);
    let registry = Registry::new()
        .add(
            "https://kubernetes.io/api/_definitions.json",
            read(&folder.join("_definitions.json")),
        )
        .expect("an address");
    Schemas {
        definitions: registry.prepare().expect("definitions"),
        folder,
        built: BTreeMap::new(),
    }
}

#[test]
#[ignore = "needs kubectl and kubernetes-validate: cargo xtask test"]
fn the_api_server_of_each_version_knows_every_field() {
    let objects = distinct_objects();
    for version in VERSIONS {
        let mut schemas = of_version(version);
        let mut problems = Vec::new();
        for (from, object) in objects.iter().filter(|(_, object)| is_built_in(object)) {
            let faults = schemas.faults(object);
            problems.extend(faults.into_iter().map(|fault| format!("{from}: {fault}")));
        }
        none(version, &problems);
    }
}

#[test]
#[ignore = "needs kubectl and kubernetes-validate: cargo xtask test"]
fn a_misspelt_field_and_a_wrong_type_are_found() {
    let objects = render::overlay("local");
    let bot = objects
        .iter()
        .find(|one| one.kind() == "Deployment")
        .expect("one");
    let mut schemas = of_version("1.33");
    assert_eq!(schemas.faults(bot), Vec::<String>::new());
    for (pointer, field, value) in [
        (
            "/spec/template/spec/containers/0",
            "imagePulPolicy",
            json!("Always"),
        ),
        (
            "/spec/template/spec/containers/0/readinessProbe",
            "periodSecond",
            json!(1),
        ),
        ("/spec/strategy", "type", json!(1)),
        ("/spec", "minReadySeconds", json!("5")),
    ] {
        let mut wrong = bot.clone();
        let place = wrong.0.pointer_mut(pointer).and_then(Value::as_object_mut);
        place.expect("a map").insert(field.to_owned(), value);
        assert!(!schemas.faults(&wrong).is_empty(), "{field}");
    }
}

/// Of kinds whose definitions are in no package: written after them, with only the fields that we may want.
fn own_schemas() -> Value {
    let selector = json!({
        "type": "object", "additionalProperties": false, "required": ["matchLabels"],
        "properties": {"matchLabels": {"type": "object", "additionalProperties": {"type": "string"}}}
    });
    let object = |spec: Value| {
        json!({
            "type": "object", "additionalProperties": false, "required": ["apiVersion", "kind", "metadata", "spec"],
            "properties": {
                "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}, "spec": spec
            }
        })
    };
    let closed = |properties: Value, required: Value| json!({"type": "object", "additionalProperties": false, "properties": properties, "required": required});
    let texts = json!({"type": "object", "additionalProperties": {"type": "string"}});
    json!({
        // github.com/GoogleCloudPlatform/prometheus-engine, charts/operator/crds
        "monitoring.googleapis.com/v1/PodMonitoring": object(closed(
            json!({
                "selector": selector,
                "endpoints": {"type": "array", "minItems": 1, "items": closed(
                    json!({
                        "port": {"type": ["string", "integer"]}, "path": {"type": "string"},
                        "interval": {"type": "string"}, "timeout": {"type": "string"}, "scheme": {"enum": ["http", "https"]}
                    }),
                    json!(["port", "interval"]),
                )},
            }),
            json!(["selector", "endpoints"]),
        )),
        "monitoring.googleapis.com/v1/Rules": object(closed(
            json!({"groups": {"type": "array", "minItems": 1, "items": closed(
                json!({
                    "name": {"type": "string"}, "interval": {"type": "string"},
                    "rules": {"type": "array", "minItems": 1, "items": closed(
                        json!({
                            "alert": {"type": "string"}, "record": {"type": "string"}, "expr": {"type": "string"},
                            "for": {"type": "string"}, "labels": texts, "annotations": texts
                        }),
                        json!(["expr"]),
                    )},
                }),
                json!(["name", "interval", "rules"]),
            )}}),
            json!(["groups"]),
        )),
        // github.com/kubernetes-sigs/secrets-store-csi-driver, config/crd
        "secrets-store.csi.x-k8s.io/v1/SecretProviderClass": object(closed(
            json!({"provider": {"type": "string"}, "parameters": texts}),
            json!(["provider", "parameters"]),
        )),
    })
}

/// What is wrong with objects of controllers.
fn custom_faults(objects: &[Object]) -> Vec<String> {
    let own = own_schemas();
    let mut faults = Vec::new();
    let mut others = Vec::new();
    for object in objects {
        let key = format!("{}/{}", object.api_version(), object.kind());
        match own.get(&key) {
            Some(schema) => {
                let validator = jsonschema::validator_for(schema).expect("a schema");
                let found = validator.iter_errors(&object.0);
                faults.extend(found.map(|fault| {
                    format!("{}: {fault} at {}", object.title(), fault.instance_path())
                }));
            }
            None => others.push(&object.0),
        }
    }
    faults.extend(node(&json!(others)));
    faults
}

/// What `tools/crds/check.mjs` says.
fn node(objects: &Value) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/crds/check.mjs");
    let mut node = Command::new("node")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    let mut input = node.stdin.take().expect("a pipe");
    let text = objects.to_string();
    let writer = thread::spawn(move || input.write_all(text.as_bytes()));
    let output = node.wait_with_output().expect("node ends");
    writer.join().expect("no panic").expect("node reads");
    assert!(output.status.success(), "check.mjs failed");
    String::from_utf8(output.stdout)
        .expect("text")
        .lines()
        .map(str::to_owned)
        .collect()
}

fn custom_objects() -> Vec<Object> {
    let mut different: BTreeMap<String, Object> = BTreeMap::new();
    for (_, object) in distinct_objects() {
        if !is_built_in(&object) {
            different.insert(object.0.to_string(), object);
        }
    }
    let monitored = render::text(
        "resources: [DEPLOY/base]\nnamespace: linebot\ncomponents: [DEPLOY/components/mysql, DEPLOY/components/migrate, DEPLOY/components/mysql-tls]\n",
    );
    let certificates = monitored.into_iter().filter(|object| !is_built_in(object));
    different.extend(certificates.map(|object| (object.0.to_string(), object)));
    different.into_values().collect()
}

#[test]
#[ignore = "needs kubectl and npm packages: cargo xtask test"]
fn the_controllers_know_every_field_of_what_they_are_asked() {
    let objects = custom_objects();
    assert!(objects.len() > 30, "{} objects", objects.len());
    none("custom resources", &custom_faults(&objects));
}

#[test]
#[ignore = "needs kubectl and npm packages: cargo xtask test"]
fn a_misspelt_field_of_a_custom_resource_is_found_in_each_group() {
    let objects = custom_objects();
    let mut groups: BTreeMap<&str, &Object> = BTreeMap::new();
    for object in &objects {
        groups.entry(object.api_version()).or_insert(object);
    }
    assert!(groups.len() >= 9, "{:?}", groups.keys());
    let wrong: Vec<Object> = groups
        .values()
        .map(|object| {
            let mut wrong = (*object).clone();
            let spec = wrong.0["spec"].as_object_mut().expect("a map");
            spec.insert("misspelt".to_owned(), json!(1));
            wrong
        })
        .collect();
    let faults = custom_faults(&wrong).join("\n");
    for object in &wrong {
        assert!(
            faults.contains(&object.title()),
            "{} passed:\n{faults}",
            object.title()
        );
    }
}
