//! What nginx does with the configuration of the manifests: each row of the table in `deploy/k8s/README.md`.

mod backend;
mod log;
mod refusals;
mod retries;
mod through;

use deploy_tests::object::{Object, of};
use deploy_tests::render;

/// nginx's configuration in an overlay.
fn configuration(overlay: &str) -> Object {
    let objects = render::overlay(overlay);
    let map = of(&objects, "ConfigMap").find(|map| map.name().starts_with("nginx-config"));
    map.expect("nginx has a configuration").clone()
}

/// With `from` replaced by `to` in one of its files.
fn changed(map: &Object, file: &str, from: &str, to: &str) -> Object {
    let mut map = map.clone();
    let text = map.0["data"][file].as_str().expect("a file").to_owned();
    assert!(text.contains(from), "{file} has no `{from}`");
    map.0["data"][file] = text.replace(from, to).into();
    map
}
