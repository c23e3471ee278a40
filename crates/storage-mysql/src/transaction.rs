//! A piece of work, committed, tried again, or given up in time.

use crate::MysqlStore;
use crate::failure::{Failure, unanswered};
use crate::session::Session;
use crate::sql;
use crate::statement::{Answer, Script};
use rand::RngExt;
use sqlx::{Executor, MySqlConnection};
use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};
use storage::StoreError;
use tokio::time::{sleep, timeout_at};

/// A transaction under way. Statements are run on it as on a connection.
pub(crate) struct Transaction<'a> {
    session: &'a mut Session,
    /// Committed, or taken back.
    ended: bool,
}

/// What is done in one transaction. Run again from the start when the transaction was undone.
pub(crate) trait Work: Sync {
    /// What it finds out.
    type Output: Send;

    /// Does it. What [`Transaction::finish`] has not committed is committed then.
    fn run(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> impl Future<Output = Result<Self::Output, Failure>> + Send;
}

/// A deadlock is over as soon as the other transaction is.
const FIRST_PAUSE: Duration = Duration::from_millis(2);

/// Longer would waste the time left when a server comes back.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

impl MysqlStore {
    /// Does `work` and commits it, as often as it takes, until `deadline`.
    pub(crate) async fn run<W: Work>(
        &self,
        work: &W,
        deadline: Instant,
    ) -> Result<W::Output, StoreError> {
        let mut longest = FIRST_PAUSE;
        let mut reason = None;
        loop {
            let failure = match timeout_at(deadline.into(), self.attempt(work)).await {
                Ok(Ok(output)) => return Ok(output),
                Ok(Err(Failure::Final(error))) => return Err(error),
                Ok(Err(failure)) => failure,
                // Why the last complete attempt failed says more than that this one was cut off.
                Err(_) => return Err(reason.unwrap_or_else(|| unanswered("the transaction"))),
            };
            // At random between half and the whole, so that two that collided do not do so again.
            let pause = longest.mul_f64(rand::rng().random_range(0.5..1.0));
            longest = (longest * 2).min(LONGEST_PAUSE);
            tracing::debug!(?failure, "trying again");
            let error = failure.into_store_error();
            if Instant::now() + pause >= deadline {
                return Err(error);
            }
            reason = Some(error);
            sleep(pause).await;
        }
    }

    async fn attempt<W: Work>(&self, work: &W) -> Result<W::Output, Failure> {
        let mut lease = self.pool.lease().await?;
        match committed(work, &mut lease.session).await {
            Ok(output) => {
                lease.give_back();
                Ok(output)
            }
            Err(failure) => {
                if let Failure::Again {
                    connected: false, ..
                } = failure
                {
                    self.pool.discard_idle();
                } else if lease
                    .session
                    .connection
                    .execute(sql::ROLLBACK)
                    .await
                    .is_ok()
                {
                    lease.give_back();
                }
                Err(failure)
            }
        }
    }
}

async fn committed<W: Work>(work: &W, session: &mut Session) -> Result<W::Output, Failure> {
    let mut transaction = Transaction {
        session,
        ended: false,
    };
    let output = work.run(&mut transaction).await?;
    if !transaction.ended {
        transaction.execute(sql::COMMIT).await?;
    }
    Ok(output)
}

impl Transaction<'_> {
    /// Takes everything back.
    pub(crate) async fn undo(&mut self) -> Result<(), Failure> {
        self.execute(sql::ROLLBACK).await?;
        self.ended = true;
        Ok(())
    }

    /// Runs the last statements and commits, in one round trip where the server can.
    pub(crate) async fn finish(&mut self, mut last: Script) -> Result<Answer, Failure> {
        let commits = self.session.commits_in_text;
        if commits {
            last.statement(sql::COMMIT);
        }
        let answer = last.run(self).await?;
        self.ended = commits;
        Ok(answer)
    }
}

impl Deref for Transaction<'_> {
    type Target = MySqlConnection;

    fn deref(&self) -> &MySqlConnection {
        &self.session.connection
    }
}

impl DerefMut for Transaction<'_> {
    fn deref_mut(&mut self) -> &mut MySqlConnection {
        &mut self.session.connection
    }
}

/// Reads a table of the bot: a Galera node without quorum answers `SELECT 1`, and nothing that is of use.
pub(crate) struct Ping;

impl Work for Ping {
    type Output = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Failure> {
        transaction.execute(sql::PING).await?;
        Ok(())
    }
}
