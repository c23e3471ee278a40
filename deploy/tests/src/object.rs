//! A rendered object, and the pods in it.

use serde_json::Value;
use std::collections::BTreeMap;

/// An object as it would be applied.
#[derive(Clone, Debug)]
pub struct Object(pub Value);

/// A pod that an object makes.
#[derive(Clone, Debug)]
pub struct Pod<'a> {
    /// The object that makes it.
    pub owner: &'a Object,
    /// Its labels.
    pub labels: BTreeMap<&'a str, &'a str>,
    /// Its `spec`.
    pub spec: &'a Value,
}

impl Object {
    /// `Deployment`, `Service` and so on.
    pub fn kind(&self) -> &str {
        text(&self.0, "/kind")
    }

    /// The group and version.
    pub fn api_version(&self) -> &str {
        text(&self.0, "/apiVersion")
    }

    /// Its name.
    pub fn name(&self) -> &str {
        text(&self.0, "/metadata/name")
    }

    /// What to call it in a sentence.
    pub fn title(&self) -> String {
        format!("{} {}", self.kind(), self.name())
    }

    /// The value at `pointer` (RFC 6901), null where there is none.
    pub fn get(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// Whether it belongs to no namespace.
    pub fn is_of_the_cluster(&self) -> bool {
        ["Namespace", "PersistentVolume", "StorageClass"].contains(&self.kind())
    }

    /// The pod it makes, if it makes one.
    pub fn pod(&self) -> Option<Pod<'_>> {
        let template = match self.kind() {
            "Pod" => &self.0,
            "CronJob" => self.get("/spec/jobTemplate/spec/template"),
            "Deployment" | "StatefulSet" | "Job" => self.get("/spec/template"),
            _ => return None,
        };
        Some(Pod {
            owner: self,
            labels: pairs(&template["metadata"]["labels"]),
            spec: &template["spec"],
        })
    }
}

impl<'a> Pod<'a> {
    /// Its tier: the label `app`.
    pub fn tier(&self) -> &'a str {
        self.labels.get("app").copied().unwrap_or_default()
    }

    /// All containers, those that run first or beside included.
    pub fn containers(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        let first = list(&self.spec["initContainers"]);
        first.iter().chain(list(&self.spec["containers"]))
    }

    /// The ports its containers declare, by name and number.
    pub fn ports(&self) -> Vec<(&'a str, u64)> {
        self.containers()
            .flat_map(|container| list(&container["ports"]))
            .map(|port| {
                (
                    text(port, "/name"),
                    port["containerPort"].as_u64().unwrap_or_default(),
                )
            })
            .collect()
    }

    /// Whether a container listens on `port`, which is a name or a number.
    pub fn has_port(&self, port: &Value) -> bool {
        self.ports()
            .iter()
            .any(|(name, number)| port == name || port.as_u64() == Some(*number))
    }
}

/// The pods of all objects.
pub fn pods(objects: &[Object]) -> Vec<Pod<'_>> {
    objects.iter().filter_map(Object::pod).collect()
}

/// The objects of a kind.
pub fn of<'a>(objects: &'a [Object], kind: &str) -> impl Iterator<Item = &'a Object> {
    let kind = kind.to_owned();
    objects.iter().filter(move |object| object.kind() == kind)
}

/// The object of a kind and a name.
pub fn find<'a>(objects: &'a [Object], kind: &str, name: &str) -> Option<&'a Object> {
    of(objects, kind).find(|object| object.name() == name)
}

/// The text at `pointer`, empty where there is none.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The items of a list, none where it is missing.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The pairs of a map of texts, none where it is missing.
pub fn pairs(value: &Value) -> BTreeMap<&str, &str> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
        .collect()
}

/// The variables of a container: those of its `ConfigMap`s, then its own, in which values from elsewhere are empty.
pub fn variables<'a>(objects: &'a [Object], container: &'a Value) -> Vec<(&'a str, &'a str)> {
    let shared = list(&container["envFrom"])
        .iter()
        .filter_map(|from| find(objects, "ConfigMap", text(from, "/configMapRef/name")))
        .flat_map(|map| pairs(map.get("/data")));
    let own = list(&container["env"])
        .iter()
        .map(|variable| (text(variable, "/name"), text(variable, "/value")));
    shared.chain(own).collect()
}

/// Whether a label selector (`matchLabels`, `matchExpressions`) takes in `labels`. An empty one takes in everything.
pub fn selects(selector: &Value, labels: &BTreeMap<&str, &str>) -> bool {
    let equal = pairs(&selector["matchLabels"])
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value));
    let fits = |expression: &Value| {
        let value = labels.get(text(expression, "/key")).copied();
        let listed =
            value.is_some_and(|value| list(&expression["values"]).iter().any(|one| one == value));
        match text(expression, "/operator") {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    };
    equal && list(&selector["matchExpressions"]).iter().all(fits)
}
