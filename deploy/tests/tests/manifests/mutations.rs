//! Manifests made wrong on purpose, by the lists in `mistakes`: each mistake must be found, and named.
//!
//! A list says in which overlay, in which object, what is done to it, and what must be said of it. `set` with `to`,
//! `remove` and `delete` work on a place (RFC 6901); `replace` with `by` on all of the object's text.

use deploy_tests::object::{Object, text};
use deploy_tests::{problems, render};
use serde_json::Value;
use std::fs;

/// The objects of the overlay with the mistake made.
fn made(mistake: &Value) -> Vec<Object> {
    let mut objects = render::overlay(text(mistake, "/in"));
    let title = text(mistake, "/object");
    let place = objects.iter().position(|object| object.title() == title);
    let place = place.unwrap_or_else(|| panic!("there is none: {mistake}"));
    let object = &mut objects[place].0;
    if mistake["delete"] == true {
        objects.remove(place);
    } else if let Some(from) = mistake["replace"].as_str() {
        let whole = object.to_string();
        assert!(whole.contains(from), "nothing to replace: {mistake}");
        let changed = whole.replace(from, text(mistake, "/by"));
        *object = serde_json::from_str(&changed).expect("JSON");
    } else if let Some(pointer) = mistake["set"].as_str() {
        *place_of(object, pointer, mistake) = mistake["to"].clone();
    } else {
        let pointer = text(mistake, "/remove");
        let (above, field) = pointer.rsplit_once('/').expect("a place");
        match object.pointer_mut(above) {
            Some(Value::Array(items)) => drop(items.remove(field.parse().expect("an index"))),
            Some(Value::Object(map)) => {
                let field = field.replace("~1", "/");
                assert!(map.remove(&field).is_some(), "nothing there: {mistake}");
            }
            _ => panic!("nothing there: {mistake}"),
        }
    }
    objects
}

/// The value at `pointer`, made where it is missing.
fn place_of<'a>(object: &'a mut Value, pointer: &str, mistake: &Value) -> &'a mut Value {
    let (above, field) = pointer.rsplit_once('/').expect("a place");
    let above = object
        .pointer_mut(above)
        .unwrap_or_else(|| panic!("nothing there: {mistake}"));
    match field.parse::<usize>() {
        Ok(index) if above.is_array() => &mut above[index],
        _ => &mut above[field],
    }
}

fn mistakes() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/manifests/mistakes");
    let files = fs::read_dir(folder).expect("the lists");
    files
        .flat_map(|file| {
            let file = file.expect("an entry").path();
            let text = fs::read_to_string(&file).expect("a list");
            serde_saphyr::from_str::<Vec<Value>>(&text).expect("YAML")
        })
        .collect()
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn every_mistake_is_found_and_named() {
    let mistakes = mistakes();
    assert!(mistakes.len() > 200, "{} mistakes", mistakes.len());
    let mut missed = Vec::new();
    for mistake in mistakes {
        let found = problems(&made(&mistake)).join("\n    ");
        if !found.contains(text(&mistake, "/said")) {
            missed.push(format!("{mistake}, but:\n    {found}"));
        }
    }
    crate::none("not said", &missed);
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn nginx_that_keeps_connections_longer_than_the_bot_drains_is_found() {
    let mut objects = render::overlay("local");
    for object in &mut objects {
        if object.name().starts_with("nginx-config") {
            let file = text(&object.0, "/data/upstream.conf");
            let longer = file.replace("keepalive_timeout 15s", "keepalive_timeout 60s");
            object.0["data"]["upstream.conf"] = longer.into();
        }
    }
    let found = problems(&objects).join("\n");
    assert!(
        found.contains("nginx keeps idle connections for Some(60) s"),
        "{found}"
    );
}

#[test]
#[ignore = "needs kubectl: cargo xtask test"]
fn nginx_that_believes_everybody_is_found() {
    let mut objects = render::overlay("gke-ingress");
    for object in &mut objects {
        if object.name().starts_with("nginx-config") {
            let file = text(&object.0, "/data/real-ip.conf");
            let wider = file.replace("35.191.0.0/16", "0.0.0.0/0");
            object.0["data"]["real-ip.conf"] = wider.into();
        }
    }
    let found = problems(&objects).join("\n");
    assert!(found.contains("everybody's word"), "{found}");
}
