//! What this crate sends and reads against LINE's official Python SDK.

use crate::{events, outgoing};
use line::ChannelSecrets;
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// Set by `cargo xtask test`: a Python with the packages of `e2e/sdk/requirements.txt`.
const PYTHON: &str = "LINEBOT_TEST_PYTHON";

/// Set by `cargo xtask test`: what cannot run fails.
const FULL: &str = "LINEBOT_TEST_FULL";

#[tokio::test]
async fn the_official_sdk_takes_what_is_sent_and_reads_what_is_read() {
    let secret = "8c570fa6dd201bb328f1c1eac23a96d8";
    let secrets = ChannelSecrets::new([&secret.into()]).unwrap();
    let mut lines: Vec<String> = Vec::new();
    for sent in outgoing::everything().await {
        lines.push(json!({"model": sent.schema, "json": sent.body}).to_string());
    }
    for sample in events::official().iter().chain(&events::newer()) {
        let webhook = json!({
            "webhook": sample.name,
            "secret": secret,
            "signature": secrets.sign(&sample.body),
            "body": str::from_utf8(&sample.body).unwrap(),
        });
        lines.push(webhook.to_string());
    }
    let samples = Path::new(env!("CARGO_TARGET_TMPDIR")).join("line-sdk-samples.jsonl");
    fs::write(&samples, lines.join("\n")).unwrap();

    let check = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e/sdk/check_models.py");
    let Some(python) = env::var_os(PYTHON) else {
        assert!(env::var_os(FULL).is_none(), "{PYTHON} is not set");
        println!(
            "not run: {PYTHON} is not set; `{}` waits for {}",
            samples.display(),
            check.display()
        );
        return;
    };
    let output = Command::new(python)
        .arg(check)
        .arg(samples)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
