//! Connections, kept for the next piece of work.
//!
//! Not sqlx's pool, which pings the server and spawns a task each time a connection is given back, tries again for
//! as long as it may when the server refuses, and then keeps the reason to itself. Here a connection that is not
//! given back is closed, so that work cut off in the middle of a statement leaves nothing behind.

use crate::Options;
use crate::failure::{Failure, unanswered, unavailable};
use crate::session::Session;
use sqlx::Connection;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// How long work waits for a connection that others use.
const ACQUIRE_LIMIT: Duration = Duration::from_millis(500);

/// A server that is there greets within milliseconds; one that is not must not use up the two seconds LINE gives.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);

/// One unused for longer is replaced, well before the server ends it: each session is told to after 5 s.
const IDLE_LIMIT: Duration = Duration::from_secs(3);

/// One open for longer is replaced, so that connections move to servers that joined or changed roles.
const LIFETIME: Duration = Duration::from_mins(30);

/// The limit for polite goodbyes.
const COURTESY_LIMIT: Duration = Duration::from_millis(250);

/// At most so many connections, opened when needed.
pub(crate) struct Pool {
    pub(crate) options: Options,
    size: u32,
    permits: Semaphore,
    /// The one last used is at the end and is used next.
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    session: Session,
    opened: Instant,
    used: Instant,
}

/// A connection in use. Closed when dropped, unless it is given back.
pub(crate) struct Lease<'a> {
    pub(crate) session: Session,
    opened: Instant,
    pool: &'a Pool,
    /// Dropped last: the connection is closed before another is opened.
    _permit: SemaphorePermit<'a>,
}

impl Pool {
    pub(crate) fn new(options: Options, connections: NonZeroU32) -> Self {
        let size = connections.get();
        Self {
            options,
            size,
            permits: Semaphore::new(size as usize),
            idle: Mutex::default(),
        }
    }

    /// A connection that was used not long ago, or a new one.
    pub(crate) async fn lease(&self) -> Result<Lease<'_>, Failure> {
        let permit = match timeout(ACQUIRE_LIMIT, self.permits.acquire()).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(closed)) => return Err(unavailable(closed).into()),
            Err(_) => return Err(unanswered("waiting for a connection").into()),
        };
        self.part_with_stale().await;
        if let Some(idle) = self.pop_idle() {
            return Ok(Lease {
                session: idle.session,
                opened: idle.opened,
                pool: self,
                _permit: permit,
            });
        }
        Ok(Lease {
            session: Session::open(&self.options, CONNECT_LIMIT).await?,
            opened: Instant::now(),
            pool: self,
            _permit: permit,
        })
    }

    /// Closes the connections nobody uses: when one is lost, the others are lost too, more often than not.
    pub(crate) fn discard_idle(&self) {
        self.idle().clear();
    }

    /// Waits for the connections in use and closes all.
    pub(crate) async fn close(&self) {
        let all = self.permits.acquire_many(self.size).await;
        self.permits.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle());
        part_with(idle).await;
    }

    /// Ends what would not serve any more before the server does, which would log it.
    async fn part_with_stale(&self) {
        let stale: Vec<Idle> = self
            .idle()
            .extract_if(.., |idle| !idle.is_fresh())
            .collect();
        if !stale.is_empty() {
            part_with(stale).await;
        }
    }

    fn pop_idle(&self) -> Option<Idle> {
        self.idle().pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A polite goodbye; a server that does not answer is not waited for.
async fn part_with(idle: Vec<Idle>) {
    let goodbyes = async {
        for Idle { session, .. } in idle {
            let _ = session.connection.close().await;
        }
    };
    let _ = timeout(COURTESY_LIMIT, goodbyes).await;
}

impl Idle {
    fn is_fresh(&self) -> bool {
        self.used.elapsed() <= IDLE_LIMIT && self.opened.elapsed() <= LIFETIME
    }
}

impl Lease<'_> {
    /// Keeps the connection for others. Only when nothing is under way on it.
    pub(crate) fn give_back(self) {
        let Self {
            session,
            opened,
            pool,
            _permit,
        } = self;
        pool.idle().push(Idle {
            session,
            opened,
            used: Instant::now(),
        });
    }
}
