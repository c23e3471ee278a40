//! What the cases let a store do with an event.

use crate::{Conversation, Decide, Inbound, LanguageHint, Verdict};
use std::sync::Arc;
use todo::{Input, Language};

/// Keeps TODO lists as the bot does: the language must be known before a conversation is answered, and is asked for
/// anew when somebody comes (back).
#[derive(Clone, Copy, Debug)]
pub struct Lists;

impl Decide for Lists {
    fn decide(&self, conversation: &mut Conversation, event: &Inbound) -> Verdict {
        let speaks = !matches!(event.input, Input::Left | Input::Unsent { .. });
        let language = match (event.language, conversation.language) {
            (LanguageHint::Known(language), _) => {
                conversation.language = Some(language);
                language
            }
            (LanguageHint::NotAsked, _) if matches!(event.input, Input::Followed { .. }) => {
                return Verdict::Defer;
            }
            (_, Some(language)) => language,
            (LanguageHint::NotAsked, None) if speaks => return Verdict::Defer,
            (LanguageHint::NotAsked | LanguageHint::Untold | LanguageHint::UseDefault, None) => {
                Language::default()
            }
        };
        let texts = todo::respond(
            &mut conversation.list,
            &event.input,
            language,
            event.received_at,
        );
        if let Input::Unsent { .. } = event.input {
            let texts = todo::show(&conversation.list, language);
            return Verdict::Retell(texts.join("\n").into());
        }
        if texts.is_empty() {
            return Verdict::Silent;
        }
        Verdict::Reply(texts.join("\n").into())
    }
}

/// Answers every event with the same text and leaves the list as it is.
#[derive(Clone, Debug)]
pub struct Says(pub Arc<str>);

impl Decide for Says {
    fn decide(&self, _: &mut Conversation, _: &Inbound) -> Verdict {
        Verdict::Reply(self.0.clone())
    }
}

/// Answers every event with the ids of the closed tasks it was given, and leaves the list as it is.
#[derive(Clone, Copy, Debug)]
pub struct NamesClosedTasks;

impl Decide for NamesClosedTasks {
    fn decide(&self, conversation: &mut Conversation, _: &Inbound) -> Verdict {
        let closed = &conversation.list.snapshot().closed;
        let mut ids: Vec<u64> = closed.iter().map(|closed| closed.task.id).collect();
        ids.sort_unstable();
        Verdict::Reply(format!("{ids:?}").into())
    }
}
