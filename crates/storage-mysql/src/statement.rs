//! Statements over lists of rows or keys.
//!
//! A server prepares each text of a statement once a connection and keeps it, so there must be few: a list is cut
//! into pieces of at most [`LARGEST`] items, and a piece is filled up to the next of [`SIZES`] with its last item.
//! That changes nothing: a key twice in `IN` is one key, and a row inserted twice is `ON DUPLICATE KEY UPDATE`d to
//! itself.

use crate::failure::Failure;
use sqlx::mysql::{MySqlArguments, MySqlRow};
use sqlx::{Arguments as _, Executor, MySqlConnection};
use std::sync::OnceLock;

/// How many items a text may have. What fills a piece up costs the server as much as what is asked for: with powers of
/// two alone, a third more than was asked for.
const SIZES: [usize; 16] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256];

/// The most items in one execution.
pub(crate) const LARGEST: usize = SIZES[SIZES.len() - 1];

/// A statement with a list in it. The text is made of these parts only: no value is ever part of it.
pub(crate) struct ListStatement {
    before: &'static str,
    item: &'static str,
    after: &'static str,
    texts: [OnceLock<Box<str>>; SIZES.len()],
}

/// What is bound to the question marks, in order.
#[derive(Default)]
pub(crate) struct Arguments(MySqlArguments);

impl Arguments {
    /// A number or a time.
    pub(crate) fn number(&mut self, number: i64) {
        self.push(number);
    }

    /// The most rows wanted.
    pub(crate) fn limit(&mut self, rows: usize) {
        self.push(u64::try_from(rows).unwrap_or(u64::MAX));
    }

    /// A number, or NULL.
    pub(crate) fn optional_number(&mut self, number: Option<i64>) {
        self.push(number);
    }

    /// An id or a token.
    pub(crate) fn bytes(&mut self, text: &str) {
        self.push(text.as_bytes());
    }

    /// Anything else that is text.
    pub(crate) fn text(&mut self, text: &str) {
        self.push(text);
    }

    /// Text, or NULL.
    pub(crate) fn optional_text(&mut self, text: Option<&str>) {
        self.push(text);
    }

    fn push<'a, T>(&mut self, value: T)
    where
        T: sqlx::Encode<'a, sqlx::MySql> + sqlx::Type<sqlx::MySql> + 'a,
    {
        // Numbers and bytes always encode; if one did not, sqlx would miss an argument and refuse the statement.
        let _ = self.0.add(value);
    }
}

impl ListStatement {
    /// `item` is repeated, with commas, between `before` and `after`.
    pub(crate) const fn new(before: &'static str, item: &'static str, after: &'static str) -> Self {
        Self {
            before,
            item,
            after,
            texts: [const { OnceLock::new() }; SIZES.len()],
        }
    }

    /// Runs it on `items`.
    pub(crate) async fn execute<T: Sync>(
        &'static self,
        connection: &mut MySqlConnection,
        items: &[T],
        bind: impl Fn(&mut Arguments, &T) + Send + Sync,
    ) -> Result<(), Failure> {
        self.count(connection, items, bind).await?;
        Ok(())
    }

    /// Runs it on `items` and returns how many rows it changed.
    pub(crate) async fn count<T: Sync>(
        &'static self,
        connection: &mut MySqlConnection,
        items: &[T],
        bind: impl Fn(&mut Arguments, &T) + Send + Sync,
    ) -> Result<u64, Failure> {
        self.count_pieces(connection, None, items, bind).await
    }

    /// The same with `number` for the question mark before the list.
    pub(crate) async fn count_with<T: Sync>(
        &'static self,
        connection: &mut MySqlConnection,
        number: i64,
        items: &[T],
        bind: impl Fn(&mut Arguments, &T) + Send + Sync,
    ) -> Result<u64, Failure> {
        self.count_pieces(connection, Some(number), items, bind)
            .await
    }

    async fn count_pieces<T: Sync>(
        &'static self,
        connection: &mut MySqlConnection,
        number: Option<i64>,
        items: &[T],
        bind: impl Fn(&mut Arguments, &T) + Send + Sync,
    ) -> Result<u64, Failure> {
        let mut changed = 0;
        for piece in items.chunks(LARGEST) {
            let query = self.query(number, piece, &bind);
            changed += connection.execute(query).await?.rows_affected();
        }
        Ok(changed)
    }

    /// [`Self::execute`] for a statement that must not see an item twice: pieces of exactly one of [`SIZES`].
    pub(crate) async fn execute_exactly<T: Sync>(
        &'static self,
        connection: &mut MySqlConnection,
        mut items: &[T],
        bind: impl Fn(&mut Arguments, &T) + Send + Sync,
    ) -> Result<(), Failure> {
        while let Some(size) = SIZES.iter().rfind(|size| **size <= items.len()) {
            let (piece, rest) = items.split_at(*size);
            connection.execute(self.query(None, piece, &bind)).await?;
            items = rest;
        }
        Ok(())
    }

    /// Runs it on `items` and returns the rows of all pieces.
    pub(crate) async fn fetch<T: Sync>(
        &'static self,
        connection: &mut MySqlConnection,
        items: &[T],
        bind: impl Fn(&mut Arguments, &T) + Send + Sync,
    ) -> Result<Vec<MySqlRow>, Failure> {
        let mut rows = Vec::new();
        for piece in items.chunks(LARGEST) {
            let found = connection.fetch_all(self.query(None, piece, &bind)).await?;
            if rows.is_empty() {
                rows = found;
            } else {
                rows.extend(found);
            }
        }
        Ok(rows)
    }

    fn query<T>(
        &'static self,
        number: Option<i64>,
        piece: &[T],
        bind: impl Fn(&mut Arguments, &T),
    ) -> Query {
        let size = SIZES[place(piece.len())];
        let mut arguments = Arguments::default();
        if let Some(number) = number {
            arguments.number(number);
        }
        for item in piece {
            bind(&mut arguments, item);
        }
        if let Some(last) = piece.last() {
            for _ in piece.len()..size {
                bind(&mut arguments, last);
            }
        }
        sqlx::query_with(self.text(size), arguments.0)
    }

    /// The text for so many items, or the next larger of [`SIZES`].
    pub(crate) fn text(&self, items: usize) -> &str {
        let place = place(items);
        self.texts[place].get_or_init(|| {
            let items = vec![self.item; SIZES[place]].join(",");
            [self.before, items.as_str(), self.after].concat().into()
        })
    }
}

/// Where in [`SIZES`] the first is that has room for so many items; the last, if none has.
fn place(items: usize) -> usize {
    SIZES
        .partition_point(|size| *size < items)
        .min(SIZES.len() - 1)
}

type Query = sqlx::query::Query<'static, sqlx::MySql, MySqlArguments>;

/// A statement without a list, with its arguments.
pub(crate) fn query(text: &'static str, arguments: Arguments) -> Query {
    sqlx::query_with(text, arguments.0)
}
