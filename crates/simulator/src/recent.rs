use crate::world::{Outcome, World};

/// How many webhooks and calls are worth a look when a wait ended in vain.
const SHOWN: usize = 8;

/// The last webhooks and API calls in words, without any text of a person.
pub(crate) fn recent(world: &World) -> String {
    let mut lines = vec!["last webhooks:".to_owned()];
    for number in world.deliveries().rev().take(SHOWN) {
        let Some(delivery) = world.delivery(number) else {
            continue;
        };
        let kind = delivery
            .event
            .get("type")
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default();
        let attempts: Vec<_> = delivery
            .attempts
            .iter()
            .map(|attempt| in_words(&attempt.outcome))
            .collect();
        lines.push(format!(
            "  {kind} in {}: {:?} [{}]",
            delivery.chat,
            delivery.state,
            attempts.join(", ")
        ));
    }
    lines.push("last API calls:".to_owned());
    for call in world.calls.recent().rev().take(SHOWN) {
        let status = call
            .status
            .map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let fault = call
            .fault
            .map(|fault| format!(" (fault: {fault})"))
            .unwrap_or_default();
        lines.push(format!("  {} {}: {status}{fault}", call.method, call.path));
    }
    lines.join("\n")
}

fn in_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Delivered { status } => status.to_string(),
        Outcome::Failed { reason, detail, .. } => format!("{reason}: {detail}"),
    }
}
