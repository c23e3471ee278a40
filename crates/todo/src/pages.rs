//! Text cut into messages as LINE allows them.

/// The most messages one reply may have
/// (<https://developers.line.biz/en/reference/messaging-api/#send-reply-message>).
const MAX_MESSAGES: usize = 5;

/// The longest text of a message, in UTF-16 code units
/// (<https://developers.line.biz/en/docs/messaging-api/text-character-count/>).
const MAX_UNITS: usize = 5_000;

/// Texts of messages, filled from the first to the last and cut only between lines.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    full: Vec<String>,
    page: String,
    /// The UTF-16 code units of the first `counted` bytes of `page`.
    units: usize,
    counted: usize,
}

impl Pages {
    pub(crate) fn new() -> Self {
        Self {
            page: String::with_capacity(512),
            ..Self::default()
        }
    }

    /// Adds what `write` puts at the end of the text as a new line (or several that stay together); `false`, and
    /// nothing added, when there is no room. It is to be shorter than a message.
    #[must_use]
    pub(crate) fn line(&mut self, write: impl FnOnce(&mut String)) -> bool {
        self.add("\n", write)
    }

    /// As [`line`](Self::line), with an empty line before it.
    #[must_use]
    pub(crate) fn paragraph(&mut self, write: impl FnOnce(&mut String)) -> bool {
        self.add("\n\n", write)
    }

    /// Takes the last line of the last message away; `false` when it is the only one.
    #[must_use]
    pub(crate) fn remove_line(&mut self) -> bool {
        let Some(end) = self.page.rfind('\n') else {
            return false;
        };
        self.page.truncate(end);
        self.count_anew();
        true
    }

    /// The texts, none of them empty.
    pub(crate) fn into_texts(mut self) -> Vec<String> {
        if !self.page.is_empty() {
            self.full.push(self.page);
        }
        self.full
    }

    fn add(&mut self, gap: &str, write: impl FnOnce(&mut String)) -> bool {
        let end = self.page.len();
        if end > 0 {
            self.page.push_str(gap);
        }
        let start = self.page.len();
        write(&mut self.page);
        if self.fits() {
            return true;
        }
        self.count_anew();
        if self.full.len() + 1 == MAX_MESSAGES {
            self.page.truncate(end);
            return false;
        }
        let next = self.page.split_off(start);
        self.page.truncate(end);
        self.full.push(std::mem::replace(&mut self.page, next));
        true
    }

    fn fits(&mut self) -> bool {
        // No UTF-16 code unit takes less than a byte: short pages need no counting.
        if self.page.len() <= MAX_UNITS {
            return true;
        }
        self.units += self.page[self.counted..].encode_utf16().count();
        self.counted = self.page.len();
        self.units <= MAX_UNITS
    }

    fn count_anew(&mut self) {
        self.units = 0;
        self.counted = 0;
    }
}
