//! The pure core, run by the store inside its transaction.

use line::message::Message;
use storage::{Conversation, Decide, Inbound, LanguageHint, Verdict};
use todo::{Input, Language};

/// Keeps TODO lists.
#[derive(Clone, Copy, Debug)]
pub struct TodoLists {
    /// The language of replies where the person's is not known.
    pub default_language: Language,
}

impl Decide for TodoLists {
    fn decide(&self, conversation: &mut Conversation, event: &Inbound) -> Verdict {
        // Nobody is there to read; no language is needed.
        let speaks = !matches!(event.input, Input::Left | Input::Unsent { .. });
        let language = match (event.language, conversation.language) {
            (LanguageHint::Known(language), _) => {
                conversation.language = Some(language);
                language
            }
            // People change it; asking again when they come (back) is often enough.
            (LanguageHint::NotAsked, _) if matches!(event.input, Input::Followed { .. }) => {
                return Verdict::Defer;
            }
            (_, Some(language)) => language,
            (LanguageHint::NotAsked, None) if speaks => return Verdict::Defer,
            // In a group, LINE may tell of the next who speaks.
            (LanguageHint::Untold, None) if event.is_in_own_chat() => {
                *conversation.language.insert(self.default_language)
            }
            (LanguageHint::NotAsked | LanguageHint::Untold | LanguageHint::UseDefault, None) => {
                self.default_language
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
            return Verdict::Retell(message_objects(&texts).into());
        }
        if texts.is_empty() || event.reply_token.is_none() {
            return Verdict::Silent;
        }
        Verdict::Reply(message_objects(&texts).into())
    }
}

/// The texts as LINE's message objects, a JSON array.
fn message_objects(texts: &[String]) -> String {
    let messages: Vec<_> = texts
        .iter()
        .map(|text| Message::text(text.as_str()))
        .collect();
    // Strings always serialise.
    serde_json::to_string(&messages).unwrap_or_default()
}
