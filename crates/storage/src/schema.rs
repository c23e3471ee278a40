//! Migrations, the same version numbers and names on every backend.
//!
//! Each backend embeds its own SQL, one statement a migration (MySQL commits at every DDL statement, so a longer one
//! could be half applied), each safe to run again. A table `schema_migrations` says what was applied, with a
//! checksum, so that a changed migration is found.

use crate::StoreError;
use async_trait::async_trait;

/// One step of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Counts from 1 without gaps.
    pub version: u32,
    /// What it does, in a few words.
    pub name: &'static str,
    /// One statement.
    pub sql: &'static str,
}

/// Where the schema of a database stands, compared with the migrations this program knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaStatus {
    /// Everything is applied.
    Current,
    /// These are still to be applied.
    Behind(Vec<Migration>),
    /// The database has this version, which a newer program applied.
    Ahead(u32),
    /// This version was applied with another text than this program has.
    Changed(u32),
}

/// The schema of a store.
#[async_trait]
pub trait Schema: Send + Sync {
    /// Compares the database with the migrations of this program. Changes nothing.
    async fn status(&self) -> Result<SchemaStatus, StoreError>;

    /// Applies what is missing and returns it, one process at a time; an empty list when there was nothing to do.
    /// Refuses a database that is [`SchemaStatus::Ahead`] or [`SchemaStatus::Changed`].
    async fn migrate(&self) -> Result<Vec<Migration>, StoreError>;
}
