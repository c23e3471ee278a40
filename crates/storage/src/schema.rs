//! Migrations, the same version numbers and names on every backend.
//!
//! Each backend embeds its own SQL for each of [`NAMES`], and every statement is safe to run again: MySQL commits
//! at each, so that a migration may be half applied. A table `schema_migrations` says what was
//! applied, with a checksum, so that a changed migration is found.

use crate::StoreError;
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What each version does, from version 1.
pub const NAMES: [&str; 3] = ["lists", "events", "owed_replies"];

/// One step of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Counts from 1 without gaps.
    pub version: u32,
    /// What it does, in a few words.
    pub name: &'static str,
    /// Safe to run again.
    pub sql: &'static str,
}

/// The migrations of a backend: its SQL for each of [`NAMES`].
pub const fn migrations(sql: [&'static str; NAMES.len()]) -> [Migration; NAMES.len()] {
    let mut migrations = [Migration {
        version: 0,
        name: "",
        sql: "",
    }; NAMES.len()];
    let mut version = 0;
    let mut place = 0;
    while place < NAMES.len() {
        version += 1;
        migrations[place] = Migration {
            version,
            name: NAMES[place],
            sql: sql[place],
        };
        place += 1;
    }
    migrations
}

impl Migration {
    /// SHA-256 of the SQL in hexadecimal digits; the same however git wrote the line ends.
    pub fn checksum(&self) -> String {
        let digest = Sha256::digest(self.sql.replace("\r\n", "\n"));
        digest.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// A row of `schema_migrations`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// See [`Migration::version`].
    pub version: u32,
    /// [`Migration::checksum`] at that time.
    pub checksum: String,
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

impl SchemaStatus {
    /// Compares what a database says was applied with what this program knows.
    pub fn compare(known: &[Migration], applied: &[Applied]) -> Self {
        let find = |version: u32| known.iter().find(|known| known.version == version);
        let changed = applied
            .iter()
            .find(|row| find(row.version).is_some_and(|known| known.checksum() != row.checksum));
        if let Some(row) = changed {
            return Self::Changed(row.version);
        }
        let unknown = applied.iter().filter(|row| find(row.version).is_none());
        if let Some(newest) = unknown.map(|row| row.version).max() {
            return Self::Ahead(newest);
        }
        let missing: Vec<Migration> = known
            .iter()
            .filter(|known| applied.iter().all(|row| row.version != known.version))
            .copied()
            .collect();
        if missing.is_empty() {
            Self::Current
        } else {
            Self::Behind(missing)
        }
    }

    /// The migrations to apply; [`StoreError::Refused`] when applying any would be wrong.
    pub fn to_apply(self) -> Result<Vec<Migration>, StoreError> {
        match self {
            Self::Current => Ok(Vec::new()),
            Self::Behind(missing) => Ok(missing),
            Self::Ahead(version) => Err(StoreError::refused(format!(
                "the schema has version {version}, which this program does not know: use the newer program"
            ))),
            Self::Changed(version) => Err(StoreError::refused(format!(
                "version {version} of the schema was applied with another text than this program has"
            ))),
        }
    }
}

/// The schema of a store.
#[async_trait]
pub trait Schema: Send + Sync {
    /// Compares the database with the migrations of this program. Changes nothing.
    async fn status(&self) -> Result<SchemaStatus, StoreError>;

    /// Applies what is missing and returns it, one process at a time; an empty list when there was nothing to do.
    /// Refuses a database that is [`SchemaStatus::Ahead`] or [`SchemaStatus::Changed`]; [`StoreError::Forbidden`] when
    /// the database user may not change the schema.
    async fn migrate(&self) -> Result<Vec<Migration>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [Migration; NAMES.len()] = migrations(["a", "b", "c"]);

    fn applied(count: usize) -> Vec<Applied> {
        KNOWN
            .iter()
            .take(count)
            .map(|known| Applied {
                version: known.version,
                checksum: known.checksum(),
            })
            .collect()
    }

    #[test]
    fn versions_count_from_one_without_gaps() {
        let versions: Vec<u32> = KNOWN.iter().map(|known| known.version).collect();
        assert_eq!(versions, [1, 2, 3]);
        assert_eq!(KNOWN[2].name, NAMES[2]);
    }

    #[test]
    fn the_checksum_is_that_of_the_text_whatever_its_line_ends() {
        let with = |sql| Migration { sql, ..KNOWN[0] };
        assert_eq!(
            with("abc").checksum(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(with("a\r\nb").checksum(), with("a\nb").checksum());
        assert_ne!(with("a b").checksum(), with("a\nb").checksum());
    }

    #[test]
    fn what_is_missing_is_listed_in_order() {
        assert_eq!(
            SchemaStatus::compare(&KNOWN, &applied(1)),
            SchemaStatus::Behind(KNOWN[1..].to_vec())
        );
        assert_eq!(
            SchemaStatus::compare(&KNOWN, &applied(3)),
            SchemaStatus::Current
        );
    }

    #[test]
    fn a_gap_is_filled() {
        let mut rows = applied(3);
        rows.remove(1);
        assert_eq!(
            SchemaStatus::compare(&KNOWN, &rows),
            SchemaStatus::Behind(vec![KNOWN[1]])
        );
    }

    #[test]
    fn a_newer_database_is_refused() {
        let status = SchemaStatus::compare(&KNOWN[..1], &applied(3));
        assert_eq!(status, SchemaStatus::Ahead(3));
        assert!(matches!(status.to_apply(), Err(StoreError::Refused(_))));
    }

    #[test]
    fn a_changed_migration_is_refused_before_anything_else() {
        let mut rows = applied(3);
        rows[1].checksum.clear();
        let status = SchemaStatus::compare(&KNOWN[..2], &rows);
        assert_eq!(status, SchemaStatus::Changed(2));
        assert!(matches!(status.to_apply(), Err(StoreError::Refused(_))));
    }
}
