//! What LINE says about the channel: secret, token, bot, webhook, quota.

use super::finding::Finding;
use crate::commands::webhook;
use crate::config::Configuration;
use line::LineClient;
use line::client::{ChatMode, ErrorKind};

/// Asks LINE one thing after the other.
pub(super) async fn check(configuration: &Configuration, client: &LineClient) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(secret_of_channel(configuration, client).await);
    match client.bot_info().await {
        Ok(answer) => {
            let bot = answer.value;
            findings.push(Finding::good("access token", "accepted by LINE"));
            findings.push(Finding::good(
                "bot",
                format!("{} ({})", bot.display_name, bot.basic_id),
            ));
            findings.push(match bot.chat_mode {
                ChatMode::Bot => Finding::good("chat mode", "the bot answers"),
                ChatMode::Chat | ChatMode::Other => Finding::bad(
                    "chat mode",
                    "people answer in the chats, not the bot alone",
                    "in the LINE Official Account Manager, Response settings: chat off, auto-response messages off, greeting message off, webhooks on",
                ),
            });
        }
        Err(error) => {
            findings.push(Finding::refused("access token", &error));
            // Every further call would fail the same way.
            return findings;
        }
    }
    findings.extend(webhook_url(configuration, client).await);
    findings.push(quota(client).await);
    findings
}

/// With the channel's id, LINE itself can tell whether the secret is the right one.
async fn secret_of_channel(configuration: &Configuration, client: &LineClient) -> Option<Finding> {
    const CHECK: &str = "secret of channel";
    let channel = &configuration.settings.channel;
    let (id, secret) = (
        channel.line_channel_id.as_ref()?,
        channel.secrets().into_iter().next()?,
    );
    Some(match client.issue_stateless_token(id, &secret).await {
        Ok(_) => Finding::good(CHECK, "accepted by LINE"),
        Err(error) => Finding::refused(CHECK, &error),
    })
}

/// Whether LINE has a URL, uses it, and reaches the bot there.
async fn webhook_url(configuration: &Configuration, client: &LineClient) -> Vec<Finding> {
    const CHECK: &str = "webhook URL";
    let endpoint = match client.webhook_endpoint().await {
        Ok(answer) => answer.value,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return vec![Finding::failed(CHECK, &webhook::none_set())];
        }
        Err(error) => return vec![Finding::refused(CHECK, &error)],
    };
    // A stand-in for LINE on this machine calls without TLS.
    let real_line = configuration
        .settings
        .channel
        .line_api_base_url
        .starts_with("https://");
    let url = &endpoint.endpoint;
    let finding = if real_line && !url.starts_with("https://") {
        Finding::bad(
            CHECK,
            format!("{url} is not https"),
            "LINE calls https only: linebot webhook set https://bot.example.com/callback",
        )
    } else if endpoint.active {
        Finding::good(CHECK, format!("{url}, in use"))
    } else {
        Finding::bad(
            CHECK,
            format!("{url}, not in use"),
            "switch \"Use webhook\" on in the LINE Developers Console (Messaging API)",
        )
    };
    let reachable = match client.test_webhook_endpoint(None).await {
        Ok(answer) if answer.value.success => {
            Finding::good("webhook test", "LINE reached the bot and got 200")
        }
        Ok(answer) => {
            let (problem, cure) = webhook::explain(&answer.value);
            Finding::bad("webhook test", problem, cure)
        }
        Err(error) => Finding::refused("webhook test", &error),
    };
    vec![finding, reachable]
}

/// Replies cost nothing, so a used-up quota is no failure.
async fn quota(client: &LineClient) -> Finding {
    const CHECK: &str = "quota";
    let (limit, used) = match (client.quota().await, client.quota_consumption().await) {
        (Ok(limit), Ok(used)) => (limit.value.limit, used.value.total_usage),
        (Err(error), _) | (_, Err(error)) => return Finding::refused(CHECK, &error),
    };
    match limit {
        Some(limit) => Finding::good(
            CHECK,
            format!("{used} of {limit} messages this month; replies do not count"),
        ),
        None => Finding::good(
            CHECK,
            format!("{used} messages this month, no limit; replies do not count"),
        ),
    }
}
