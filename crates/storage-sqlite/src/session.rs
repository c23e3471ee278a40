//! The connection that writes, with the statements it keeps.

use crate::commit::Statements;
use crate::prune::Sweep;
use rusqlite::{Connection, Transaction, TransactionBehavior};

/// Lives on the writer's thread.
pub(crate) struct Session<'c> {
    pub(crate) connection: &'c Connection,
    statements: Option<Statements<'c>>,
    pub(crate) sweep: Sweep,
}

impl<'c> Session<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            statements: None,
            sweep: Sweep::default(),
        }
    }

    /// Begins a transaction that may write from its first statement on: one that reads first could find that the
    /// database has changed when it comes to writing. Rolled back when dropped.
    pub(crate) fn begin(&self) -> rusqlite::Result<Transaction<'c>> {
        Transaction::new_unchecked(self.connection, TransactionBehavior::Immediate)
    }

    /// The statements; prepared when first needed, as before the first migration there are no tables.
    pub(crate) fn statements(&mut self) -> rusqlite::Result<&mut Statements<'c>> {
        let statements = match self.statements.take() {
            Some(statements) => statements,
            None => Statements::new(self.connection)?,
        };
        Ok(self.statements.insert(statements))
    }
}
