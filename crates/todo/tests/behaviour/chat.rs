//! A chat with the bot: one list, messages numbered as they come.

use todo::{Input, Language, List, Timestamp, respond};

/// A conversation kept in memory.
#[derive(Clone, Debug)]
pub(crate) struct Chat {
    pub(crate) list: List,
    pub(crate) language: Language,
    messages: i64,
}

impl Chat {
    pub(crate) fn new(language: Language) -> Self {
        Self {
            list: List::default(),
            language,
            messages: 0,
        }
    }

    /// A chat in which `count` tasks `prefix 1`, `prefix 2`, … were added.
    pub(crate) fn with_tasks(language: Language, prefix: &str, count: usize) -> Self {
        let mut chat = Self::new(language);
        let titles: Vec<String> = (1..=count).map(|n| format!("{prefix} {n}")).collect();
        for hundred in titles.chunks(100) {
            chat.say(&hundred.join("\n"));
        }
        assert_eq!(chat.open().len(), count);
        chat
    }

    /// Sends a text, and checks that LINE takes the reply.
    pub(crate) fn say(&mut self, text: &str) -> Vec<String> {
        let message_id = (self.messages + 1).to_string();
        let text = text.to_owned();
        self.hear(&Input::Text { text, message_id })
    }

    /// Gives any input, and checks that LINE takes the reply.
    pub(crate) fn hear(&mut self, input: &Input) -> Vec<String> {
        self.messages += 1;
        let now = Timestamp(self.messages * 1_000);
        let texts = respond(&mut self.list, input, self.language, now);
        assert_line_takes(&texts);
        texts
    }

    /// The titles of the open tasks in order.
    pub(crate) fn open(&self) -> Vec<&str> {
        let open = &self.list.snapshot().open;
        open.iter().map(|task| task.title.as_str()).collect()
    }
}

/// At most five messages of one to 5,000 UTF-16 code units.
pub(crate) fn assert_line_takes(texts: &[String]) {
    assert!(texts.len() <= 5, "{} messages", texts.len());
    for text in texts {
        let units = text.encode_utf16().count();
        assert!((1..=5_000).contains(&units), "{units} UTF-16 code units");
        assert!(!text.trim().is_empty());
    }
}
