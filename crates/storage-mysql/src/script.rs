//! Statements sent together as one text: one round trip in place of one each.
//!
//! A batch mostly waits for answers it does nothing with. Here values are part of the text, as decimal numbers and
//! hexadecimal bytes, so that nothing in them can be taken for SQL.

use crate::failure::Failure;
use crate::statement::{ListStatement, Values};
use sqlx::{Executor, MySqlConnection};

/// Length in bytes from which on a new text is begun. Servers take 16 MiB at least (`max_allowed_packet`), and one more row
/// has some hundred KiB at the most.
const LONG: usize = 1 << 20;

/// Statements in the order in which they are to be run. The first one that fails is the last one that is run.
#[derive(Default)]
pub(crate) struct Script {
    texts: Vec<String>,
}

/// Values written as literals, with commas between.
struct Literals<'a> {
    text: &'a mut String,
    first: bool,
}

impl Script {
    /// A statement over `items`; none when there are none.
    pub(crate) fn list<T>(
        &mut self,
        statement: &ListStatement,
        items: &[T],
        bind: impl Fn(&mut dyn Values, &T),
    ) {
        let (open, close) = match statement.item {
            "?" => ("", ""),
            _ => ("(", ")"),
        };
        let mut items = items.iter().peekable();
        while items.peek().is_some() {
            let text = self.next_statement();
            *text += statement.before;
            let mut first = true;
            while text.len() < LONG
                && let Some(item) = items.next()
            {
                *text += if first { "" } else { "," };
                *text += open;
                bind(&mut Literals { text, first: true }, item);
                *text += close;
                first = false;
            }
            *text += statement.after;
        }
    }

    /// A statement without values.
    pub(crate) fn plain(&mut self, statement: &str) {
        *self.next_statement() += statement;
    }

    /// Runs all of it.
    pub(crate) async fn run(self, connection: &mut MySqlConnection) -> Result<(), Failure> {
        for text in &self.texts {
            connection.execute(text.as_str()).await?;
        }
        Ok(())
    }

    /// The text to write the next statement to.
    fn next_statement(&mut self) -> &mut String {
        match self.texts.last_mut() {
            Some(text) if text.len() < LONG / 2 => *text += ";",
            _ => self.texts.push(String::new()),
        }
        let last = self.texts.len() - 1;
        &mut self.texts[last]
    }
}

impl Literals<'_> {
    fn push(&mut self, literal: &str) {
        if !std::mem::take(&mut self.first) {
            self.text.push(',');
        }
        *self.text += literal;
    }
}

impl Values for Literals<'_> {
    fn optional_number(&mut self, number: Option<i64>) {
        match number {
            Some(number) => self.push(&number.to_string()),
            None => self.push("NULL"),
        }
    }

    fn bytes(&mut self, bytes: &str) {
        self.push("x'");
        *self.text += &hex::encode(bytes);
        *self.text += "'";
    }

    fn optional_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => {
                self.push("_utf8mb4 x'");
                *self.text += &hex::encode(text);
                *self.text += "'";
            }
            None => self.push("NULL"),
        }
    }
}
