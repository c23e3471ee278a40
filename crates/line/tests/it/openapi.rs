//! What this crate sends and reads against LINE's own description, where that is at hand:
//! <https://github.com/line/line-openapi>, checked out next to this repository.

use crate::{events, outgoing};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;

/// The schemas of one `OpenAPI` document as JSON Schema.
///
/// JSON Schema has no discriminators, and `OpenAPI` lets every object have more properties than
/// it names. So each schema is there twice: as it is, to be built upon by `allOf`, and under its name
/// with `!`, where its discriminator chooses the one schema that applies and a property it does
/// not name is a fault.
struct Description(Map<String, Value>);

impl Description {
    /// `None`, and word of it, when the documents are not there.
    fn load(file: &str) -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/line-openapi");
        let Ok(yaml) = fs::read_to_string(folder.join(file)) else {
            println!(
                "not run: {file} of line-openapi is not at {}",
                folder.display()
            );
            return None;
        };
        // `y` is a name there, not a yes.
        let options = serde_saphyr::options! { strict_booleans: true };
        let document: Value = serde_saphyr::from_str_with_options(&yaml, options).unwrap();
        let mut definitions = Map::new();
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            definitions.insert(format!("{name}!"), closed(name, schema));
            let mut open = schema.clone();
            refer_to_closed(&mut open);
            definitions.insert(name.clone(), open);
        }
        Some(Self(definitions))
    }

    fn validator(&self, schema: &str) -> Validator {
        let root = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": format!("#/$defs/{schema}!"),
            "$defs": self.0,
        });
        jsonschema::options()
            .should_validate_formats(true)
            .build(&root)
            .unwrap()
    }

    #[track_caller]
    fn check(&self, schema: &str, value: &Value) {
        let faults: Vec<String> = self
            .validator(schema)
            .iter_errors(value)
            .map(|fault| format!("{} at {}", fault, fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{schema} {value}: {faults:#?}");
    }
}

fn closed(name: &str, schema: &Value) -> Value {
    let Some(discriminator) = schema.get("discriminator") else {
        let mut closed = json!({"$ref": format!("#/$defs/{name}")});
        if schema["type"] == "object" || schema.get("allOf").is_some() {
            closed["unevaluatedProperties"] = json!(false);
        }
        return closed;
    };
    let property = discriminator["propertyName"].as_str().unwrap();
    let mapping = discriminator["mapping"].as_object().unwrap();
    let choices: Vec<Value> = mapping
        .iter()
        .map(|(value, target)| {
            json!({
                "if": {"properties": {property: {"const": value}}},
                "then": {"$ref": format!("{}!", definition(target))},
            })
        })
        .collect();
    let values: Vec<&String> = mapping.keys().collect();
    json!({
        "type": "object",
        "required": [property],
        "properties": {property: {"enum": values}},
        "allOf": choices,
    })
}

/// Everything but what `allOf` builds upon.
fn refer_to_closed(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.remove("discriminator");
            for (name, value) in fields.iter_mut() {
                if name == "$ref" {
                    *value = json!(format!("{}!", definition(value)));
                } else if let ("allOf", Value::Array(parts)) = (name.as_str(), &mut *value) {
                    for part in parts {
                        match part.get("$ref").map(definition) {
                            Some(base) => *part = json!({"$ref": base}),
                            None => refer_to_closed(part),
                        }
                    }
                } else {
                    refer_to_closed(value);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(refer_to_closed),
        _ => {}
    }
}

fn definition(reference: &Value) -> String {
    reference
        .as_str()
        .unwrap()
        .replace("#/components/schemas/", "#/$defs/")
}

#[tokio::test]
async fn what_is_sent_is_what_line_describes() {
    let Some(description) = Description::load("messaging-api.yml") else {
        return;
    };
    for sent in outgoing::everything().await {
        description.check(sent.schema, &sent.body);
    }
}

#[test]
fn the_sample_events_are_what_line_describes() {
    let Some(description) = Description::load("webhook.yml") else {
        return;
    };
    for sample in events::official() {
        description.check("CallbackRequest", &sample.json());
    }
}

#[test]
fn the_check_finds_what_line_does_not_describe() {
    let Some(description) = Description::load("messaging-api.yml") else {
        return;
    };
    let validator = description.validator("ReplyMessageRequest");
    let good = json!({"replyToken": "t", "messages": [{"type": "text", "text": "milk"}]});
    assert!(validator.is_valid(&good));
    let action = json!({"type": "message", "label": "yes", "text": 5});
    for messages in [
        json!([]),
        json!([{"type": "text"}]),
        json!([{"type": "hologram", "text": "milk"}]),
        json!([{"type": "text", "text": "milk", "qoutedToken": "q"}]),
        json!([{"type": "text", "text": "milk", "quickReply": {"items": [{"type": "action", "action": action}]}}]),
        json!(vec![json!({"type": "text", "text": "milk"}); 6]),
    ] {
        assert!(
            !validator.is_valid(&json!({"replyToken": "t", "messages": messages})),
            "{messages}"
        );
    }
    assert!(!validator.is_valid(&json!({"messages": good["messages"]})));
}
