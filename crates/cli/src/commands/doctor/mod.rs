//! `linebot doctor`: everything a running bot needs is checked, and each failure comes with its cure.

mod clock;
mod finding;
mod line_channel;

use crate::channel;
use crate::config::Configuration;
use crate::failure::Failure;
use crate::output;
use crate::store::{self, Access};
use finding::Finding;
use secrecy::{ExposeSecret, SecretString};

/// What a channel secret looks like: 32 hexadecimal digits.
const SECRET_DIGITS: usize = 32;

pub(crate) async fn run(configuration: &Configuration, json: bool) -> Result<(), Failure> {
    let mut findings = vec![complete(configuration)];
    findings.extend(secrets(configuration));
    // At once: what does not answer costs its time only once.
    let (of_line, of_database) = tokio::join!(line(configuration), database(configuration));
    findings.extend(of_line);
    findings.push(of_database);
    let bad = findings.iter().filter(|finding| !finding.ok).count();
    let text = if json {
        format!(
            "{:#}\n",
            serde_json::json!({"ok": bad == 0, "checks": findings})
        )
    } else {
        finding::as_text(&findings)
    };
    output::print(&text)?;
    let summary = format!("{bad} of {} checks failed", findings.len());
    if bad == 0 {
        Ok(())
    } else if configuration.missing().is_empty() {
        Err(Failure::failed(summary))
    } else {
        // As `serve` would end with these settings.
        Err(Failure::usage(summary))
    }
}

async fn line(configuration: &Configuration) -> Vec<Finding> {
    let of_channel = async {
        match channel::client(configuration) {
            Ok(client) => line_channel::check(configuration, &client).await,
            Err(failure) => vec![Finding::failed("access token", &failure)],
        }
    };
    let (mut findings, clock) = tokio::join!(of_channel, clock::check(configuration));
    findings.push(clock);
    findings
}

fn complete(configuration: &Configuration) -> Finding {
    match configuration.missing().as_slice() {
        [] => Finding::good("configuration", "complete"),
        missing => Finding::bad(
            "configuration",
            format!("missing: {}", missing.join(", ")),
            "set them; `linebot serve --help` says what each is",
        ),
    }
}

/// The shape of every secret: a token or an id in its place is a common mistake.
fn secrets(configuration: &Configuration) -> Vec<Finding> {
    const CHECK: &str = "channel secret";
    let looks_right = |secret: &SecretString| {
        let secret = secret.expose_secret();
        secret.len() == SECRET_DIGITS && secret.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let secrets = configuration.settings.channel.secrets();
    let findings = secrets.iter().map(|secret| {
        if looks_right(secret) {
            Finding::good(CHECK, format!("{SECRET_DIGITS} hexadecimal digits"))
        } else {
            Finding::bad(CHECK, format!("not {SECRET_DIGITS} hexadecimal digits"), "copy it from the LINE Developers Console: your channel, Basic settings, Channel secret")
        }
    });
    findings.collect()
}

async fn database(configuration: &Configuration) -> Finding {
    const CHECK: &str = "database";
    let opened = store::configured(configuration).and_then(|database| {
        let connections = configuration.settings.database.database_connections;
        store::open(database, connections, Access::Read)
    });
    let opened = match opened {
        Ok(opened) => opened,
        Err(failure) => return Finding::failed(CHECK, &failure),
    };
    let status = opened.schema.status().await;
    opened.store.close().await;
    match status {
        Ok(status) => match store::schema_problem(&status) {
            None => Finding::good(
                CHECK,
                format!("{} answers, its tables are up to date", opened.database),
            ),
            Some(failure) => Finding::failed(CHECK, &failure),
        },
        Err(error) => Finding::failed(CHECK, &opened.failed("cannot read the schema of", &error)),
    }
}
