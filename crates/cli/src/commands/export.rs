//! `linebot export`: every list as JSON Lines.

use crate::config::Configuration;
use crate::failure::Failure;
use crate::output::{self, Reader};
use crate::store::{self, Access, Opened};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use storage::{ConversationId, ConversationRecord};
use tempfile::NamedTempFile;

/// Conversations read at once. A list of 1,000 long titles is 1.5 MB, and what was done in the last months comes on top.
const PAGE: usize = 32;

pub(crate) async fn run(
    configuration: &Configuration,
    output: Option<&Path>,
) -> Result<(), Failure> {
    let database = store::configured(configuration)?;
    let opened = store::open(
        database,
        configuration.settings.database.database_connections,
        Access::Read,
    )?;
    let result = match output {
        None => to_stdout(&opened).await,
        Some(path) => to_file(&opened, path).await,
    };
    opened.store.close().await;
    result
}

async fn to_stdout(opened: &Opened) -> Result<(), Failure> {
    let mut pages = Pages::of(opened).await?;
    while let Some(lines) = pages.next().await? {
        if output::print(&lines)? == Reader::Gone {
            break;
        }
    }
    Ok(())
}

/// Into a file beside the one wanted, so that what appears under that name is complete.
async fn to_file(opened: &Opened, path: &Path) -> Result<(), Failure> {
    let shown = path.display();
    let failed = |error: std::io::Error| Failure::failed(format!("cannot write {shown}: {error}"));
    // A link goes on pointing where it points; a device or a pipe is not replaced by a file.
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if path.exists() && !path.is_file() {
        return Err(Failure::failed(format!(
            "cannot write {shown}: it is there already and is no plain file"
        ))
        .hint("name a file, or leave it out to write to standard output"));
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut pages = Pages::of(opened).await?;
    let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
    while let Some(lines) = pages.next().await? {
        file.write_all(lines.as_bytes()).map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    output::print(&format!(
        "conversations written to {shown}: {}\n",
        pages.count
    ))
    .map(drop)
}

/// The conversations of a database, page by page.
struct Pages<'a> {
    opened: &'a Opened,
    last: Option<ConversationId>,
    count: usize,
}

impl<'a> Pages<'a> {
    async fn of(opened: &'a Opened) -> Result<Self, Failure> {
        opened.check_schema().await?;
        Ok(Self {
            opened,
            last: None,
            count: 0,
        })
    }

    /// The next page as lines of JSON; nothing after the last one.
    async fn next(&mut self) -> Result<Option<String>, Failure> {
        let page = self
            .opened
            .store
            .export(self.last.as_ref(), PAGE)
            .await
            .map_err(|error| self.opened.failed("cannot read the lists of", &error))?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        self.last = Some(ConversationId(Arc::from(last.conversation.as_str())));
        self.count += page.len();
        page.iter()
            .map(line)
            .collect::<Result<String, _>>()
            .map(Some)
    }
}

fn line(record: &ConversationRecord) -> Result<String, Failure> {
    let mut line = serde_json::to_string(record).map_err(|error| {
        Failure::failed(format!("cannot write a conversation as JSON: {error}"))
    })?;
    line.push('\n');
    Ok(line)
}
