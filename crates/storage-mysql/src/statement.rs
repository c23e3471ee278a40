//! Statements over lists of rows or keys, several of them sent as one text: one round trip in place of one each.
//!
//! Values are part of the text, as decimal numbers and hexadecimal bytes (`x'e3839f'`), whatever they hold: nothing in
//! them can be taken for SQL.

use crate::failure::Failure;
use data_encoding::HEXLOWER;
use futures_util::TryStreamExt;
use sqlx::mysql::MySqlRow;
use sqlx::{Either, Executor, MySqlConnection};

/// Length in bytes from which on a new text is begun. Servers take 16 MiB at least (`max_allowed_packet`), and one more row
/// has some hundred KiB at the most.
const LONG: usize = 1 << 20;

/// A statement with a list in it.
pub(crate) struct ListStatement {
    /// May have one question mark, for a number.
    before: &'static str,
    /// Has a question mark for each value.
    item: &'static str,
    after: &'static str,
}

/// Takes the values of an item, in order.
pub(crate) struct Values<'a> {
    text: &'a mut String,
    first: bool,
}

/// Statements in the order in which they are to be run. The first one that fails is the last one that is run.
#[derive(Default)]
pub(crate) struct Script {
    texts: Vec<String>,
}

/// Of all statements of a script together.
#[derive(Default)]
pub(crate) struct Answer {
    /// What they found: at most as many rows as the script was told to keep.
    pub(crate) rows: Vec<MySqlRow>,
    /// Whether there were more.
    pub(crate) more: bool,
    /// How many rows they changed.
    pub(crate) changed: u64,
}

impl ListStatement {
    /// `item` is repeated, with commas, between `before` and `after`.
    pub(crate) const fn new(before: &'static str, item: &'static str, after: &'static str) -> Self {
        Self {
            before,
            item,
            after,
        }
    }

    /// Runs it by itself.
    pub(crate) async fn run<T>(
        &self,
        connection: &mut MySqlConnection,
        items: &[T],
        bind: impl Fn(&mut Values<'_>, &T),
    ) -> Result<Answer, Failure> {
        let mut script = Script::default();
        script.list(self, items, bind);
        script.run(connection).await
    }

    /// The same with `number` for the question mark before the list.
    pub(crate) async fn run_with<T>(
        &self,
        connection: &mut MySqlConnection,
        number: i64,
        items: &[T],
        bind: impl Fn(&mut Values<'_>, &T),
    ) -> Result<Answer, Failure> {
        let before = self.before.replacen('?', &number.to_string(), 1);
        let mut script = Script::default();
        script.write(&before, self, items, bind);
        script.run(connection).await
    }

    /// It with one item, and a question mark for each value.
    pub(crate) fn text(&self) -> String {
        [self.before, self.item, self.after].concat()
    }
}

impl Script {
    /// A statement over `items`; none when there are none, several when there are many.
    pub(crate) fn list<T>(
        &mut self,
        statement: &ListStatement,
        items: &[T],
        bind: impl Fn(&mut Values<'_>, &T),
    ) {
        self.write(statement.before, statement, items, bind);
    }

    /// A statement without values.
    pub(crate) fn statement(&mut self, statement: &'static str) {
        *self.next_statement() += statement;
    }

    fn write<T>(
        &mut self,
        before: &str,
        statement: &ListStatement,
        items: &[T],
        bind: impl Fn(&mut Values<'_>, &T),
    ) {
        let (open, close) = match statement.item {
            "?" => ("", ""),
            _ => ("(", ")"),
        };
        let mut items = items.iter().peekable();
        while items.peek().is_some() {
            let text = self.next_statement();
            *text += before;
            let mut separator = "";
            while text.len() < LONG
                && let Some(item) = items.next()
            {
                *text += separator;
                *text += open;
                bind(&mut Values { text, first: true }, item);
                *text += close;
                separator = ",";
            }
            *text += statement.after;
        }
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

    /// Runs all of it.
    pub(crate) async fn run(self, connection: &mut MySqlConnection) -> Result<Answer, Failure> {
        self.run_keeping(usize::MAX, connection).await
    }

    /// Runs all of it and keeps so many rows of what it finds.
    pub(crate) async fn run_keeping(
        self,
        most: usize,
        connection: &mut MySqlConnection,
    ) -> Result<Answer, Failure> {
        let mut answer = Answer::default();
        for text in &self.texts {
            let mut results = connection.fetch_many(text.as_str());
            while let Some(result) = results.try_next().await? {
                match result {
                    Either::Left(done) => answer.changed += done.rows_affected(),
                    Either::Right(row) if answer.rows.len() < most => answer.rows.push(row),
                    Either::Right(_) => answer.more = true,
                }
            }
        }
        Ok(answer)
    }
}

impl Values<'_> {
    /// A number or a time.
    pub(crate) fn number(&mut self, number: i64) {
        self.push(&number.to_string());
    }

    /// A number, or NULL.
    pub(crate) fn optional_number(&mut self, number: Option<i64>) {
        match number {
            Some(number) => self.number(number),
            None => self.push("NULL"),
        }
    }

    /// An id or a token.
    pub(crate) fn bytes(&mut self, bytes: &str) {
        self.push("x'");
        HEXLOWER.encode_append(bytes.as_bytes(), self.text);
        *self.text += "'";
    }

    /// Anything else that is text.
    pub(crate) fn text(&mut self, text: &str) {
        self.push("_utf8mb4 x'");
        HEXLOWER.encode_append(text.as_bytes(), self.text);
        *self.text += "'";
    }

    /// Text, or NULL.
    pub(crate) fn optional_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.push("NULL"),
        }
    }

    fn push(&mut self, literal: &str) {
        if !std::mem::take(&mut self.first) {
            self.text.push(',');
        }
        *self.text += literal;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static PAIRS: ListStatement = ListStatement::new("SELECT ", "(?,?)", " END");
    static SINGLES: ListStatement = ListStatement::new("IN (", "?", ")");

    fn bind_pair(values: &mut Values<'_>, (number, text): &(i64, Option<&str>)) {
        values.number(*number);
        values.optional_text(*text);
    }

    #[test]
    fn whatever_a_text_holds_it_becomes_hexadecimal_digits() {
        let mut script = Script::default();
        script.list(&PAIRS, &[(-1, Some("';é")), (2, None)], bind_pair);
        script.list(&SINGLES, &["U1", "\\"], |values, id| values.bytes(id));
        assert_eq!(
            script.texts,
            ["SELECT (-1,_utf8mb4 x'273bc3a9'),(2,NULL) END;IN (x'5531',x'5c')"]
        );
    }

    #[test]
    fn an_empty_list_is_no_statement() {
        let mut script = Script::default();
        script.list(&PAIRS, &[], bind_pair);
        assert!(script.texts.is_empty());
    }

    #[test]
    fn a_list_too_long_for_one_text_goes_into_several_with_all_its_items_once() {
        let long = "x".repeat(LONG / 5);
        let items: Vec<(i64, Option<&str>)> = (0..10).map(|n| (n, Some(&*long))).collect();
        let mut script = Script::default();
        script.list(&PAIRS, &items, bind_pair);
        script.list(&SINGLES, &["U1"], |values, id| values.bytes(id));
        assert!(script.texts.len() > 1);
        for text in &script.texts {
            assert!(text.len() < 2 * LONG, "{}", text.len());
            assert!(text.starts_with("SELECT (") || text.starts_with("IN ("));
        }
        let all = script.texts.concat();
        for (number, _) in items {
            assert_eq!(all.matches(&format!("({number},_utf8mb4 x'")).count(), 1);
        }
        assert_eq!(all.matches("IN (x'5531')").count(), 1);
    }
}
