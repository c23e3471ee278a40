//! Writes down what this crate sends and reads, for LINE's own Python SDK to look at.
//!
//! `e2e/sdk/check_models.py` reads the file.

use crate::{events, outgoing};
use line::ChannelSecrets;
use serde_json::json;
use std::fs;
use std::path::Path;

#[tokio::test]
async fn what_is_sent_and_read_is_written_down_for_the_official_sdk() {
    let secret = "8c570fa6dd201bb328f1c1eac23a96d8";
    let secrets = ChannelSecrets::new([&secret.into()]).unwrap();
    let mut lines: Vec<String> = Vec::new();
    for sent in outgoing::everything().await {
        lines.push(json!({"model": sent.schema, "json": sent.body}).to_string());
    }
    for sample in events::official().iter().chain(&events::newer()) {
        let line = json!({
            "webhook": sample.name,
            "secret": secret,
            "signature": secrets.sign(&sample.body),
            "body": str::from_utf8(&sample.body).unwrap(),
        });
        lines.push(line.to_string());
    }
    let text = lines.join("\n");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("line-sdk-samples.jsonl");
    fs::write(&file, &text).unwrap();
    assert!(text.contains("ReplyMessageRequest") && text.contains("messageEdited"));
}
