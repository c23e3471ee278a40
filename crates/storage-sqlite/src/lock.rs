//! One writing process at a time, by a locked file beside the database.
//!
//! SQLite itself would let several in, but then leases and the order of one conversation would be decided by chance.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use storage::StoreError;

/// Held as long as it lives; the operating system frees it when the process dies, however it dies.
#[derive(Debug)]
pub(crate) struct WriterLock {
    _file: File,
}

#[derive(Debug, thiserror::Error)]
enum LockError {
    #[error("{} is in use by another process{holder}, and an SQLite file serves one: stop that process first, also before \
         migrating or importing, or give this one a database of its own", path.display())]
    Held { path: PathBuf, holder: String },
    #[error("cannot lock {}: {source}", path.display())]
    Failed {
        path: PathBuf,
        source: std::io::Error,
    },
}

impl WriterLock {
    /// Locks the database at `path`; [`StoreError::Unavailable`] names the other process when it is locked.
    pub(crate) fn take(path: &Path) -> Result<Self, StoreError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let failed = |source| {
            StoreError::Unavailable(
                LockError::Failed {
                    path: PathBuf::from(&name),
                    source,
                }
                .into(),
            )
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&name)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let error = LockError::Held {
                    path: path.to_owned(),
                    holder: holder(&mut file),
                };
                return Err(StoreError::Unavailable(error.into()));
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        note_holder(&mut file).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// Leaves our process id for the error message of the next one.
fn note_holder(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}", std::process::id())
}

/// ` (process 123)`, or nothing when the file does not say.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let id: Option<u32> = match file.take(20).read_to_string(&mut text) {
        Ok(_) => text.trim().parse().ok(),
        Err(_) => None,
    };
    id.map_or_else(String::new, |id| format!(" (process {id})"))
}
