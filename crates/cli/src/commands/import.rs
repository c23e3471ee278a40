//! `linebot import`: lists from an export, or from the database of the Flask bot ([`seed`](super::seed)).

mod record;

use crate::config::Configuration;
use crate::failure::Failure;
use crate::output;
use crate::store::{self, Access, Opened};
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use storage::ConversationRecord;

/// Conversations stored in one transaction.
const PAGE: usize = 64;

/// Conversations that were there already and are named; the rest is counted.
const NAMED: usize = 5;

/// Takes over an export; `-` reads standard input.
pub(crate) async fn from_file(configuration: &Configuration, path: &Path) -> Result<(), Failure> {
    let lines: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(BufReader::new(io::stdin()))
    } else {
        let file = File::open(path)
            .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))?;
        Box::new(BufReader::new(file))
    };
    let importer = Importer::open(configuration).await?;
    importer.run(path, lines).await
}

/// Stores conversations, and counts.
pub(crate) struct Importer {
    opened: Opened,
    /// With what there is to say about each once it is stored.
    waiting: Vec<(ConversationRecord, String)>,
    stored: Stored,
}

impl Importer {
    pub(crate) async fn open(configuration: &Configuration) -> Result<Self, Failure> {
        let database = store::configured(configuration)?;
        let opened = store::open(
            database,
            configuration.settings.database.database_connections,
            Access::Write,
        )?;
        opened.check_schema().await?;
        Ok(Self {
            opened,
            waiting: Vec::new(),
            stored: Stored::default(),
        })
    }

    async fn run(mut self, path: &Path, lines: Box<dyn BufRead>) -> Result<(), Failure> {
        let result = self.take_lines(path, lines).await;
        let stored = self.finish().await;
        output::print(&stored?.to_string())?;
        result
    }

    async fn take_lines(&mut self, path: &Path, lines: Box<dyn BufRead>) -> Result<(), Failure> {
        for (number, line) in (1_usize..).zip(lines.lines()) {
            let unusable = |problem: String| {
                Failure::failed(format!(
                    "line {number} of {} cannot be imported: {problem}",
                    path.display()
                ))
                .hint("the lines before it are stored, it and those after it are not; correct it and run the same command again")
            };
            let line = line.map_err(|error| {
                unusable(match error.kind() {
                    io::ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
                    _ => format!("it cannot be read: {error}"),
                })
            })?;
            if line.trim().is_empty() {
                continue;
            }
            let record = record::read(&line).map_err(unusable)?;
            self.take(record, String::new()).await?;
        }
        Ok(())
    }

    /// Stores a conversation, now or with the next ones, and prints the remark if it was not there already.
    pub(crate) async fn take(
        &mut self,
        record: ConversationRecord,
        remark: String,
    ) -> Result<(), Failure> {
        self.waiting.push((record, remark));
        if self.waiting.len() < PAGE {
            Ok(())
        } else {
            self.store_waiting().await
        }
    }

    async fn store_waiting(&mut self) -> Result<(), Failure> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let (records, remarks): (Vec<_>, Vec<_>) = self.waiting.drain(..).unzip();
        let stored = self
            .opened
            .store
            .import(&records)
            .await
            .map_err(|error| self.opened.failed("cannot store the lists in", &error))?;
        let mut remarked = String::new();
        for ((record, remark), stored) in records.into_iter().zip(remarks).zip(stored) {
            if stored {
                self.stored.count += 1;
                remarked.push_str(&remark);
            } else {
                self.stored.was_there(record.conversation);
            }
        }
        output::print(&remarked).map(drop)
    }

    /// Stores the last ones and says what was done.
    pub(crate) async fn finish(mut self) -> Result<Stored, Failure> {
        let result = self.store_waiting().await;
        self.opened.store.close().await;
        result.map(|()| self.stored)
    }
}

/// What an import did.
#[derive(Default)]
pub(crate) struct Stored {
    count: usize,
    /// How many were there already and were left as they are.
    existing: usize,
    /// The first of those.
    named: Vec<String>,
}

impl Stored {
    fn was_there(&mut self, conversation: String) {
        self.existing += 1;
        if self.named.len() < NAMED {
            self.named.push(conversation);
        }
    }
}

impl fmt::Display for Stored {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            count,
            existing,
            named,
        } = self;
        writeln!(formatter, "conversations stored: {count}")?;
        if *existing == 0 {
            return Ok(());
        }
        writeln!(
            formatter,
            "conversations left as they were, being there already: {existing}"
        )?;
        for conversation in named {
            writeln!(formatter, "  {conversation}")?;
        }
        match existing.saturating_sub(named.len()) {
            0 => Ok(()),
            more => writeln!(formatter, "  and {more} more"),
        }
    }
}
