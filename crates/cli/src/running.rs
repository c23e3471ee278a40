//! A bot behind its HTTP server: started from its parts, stopped in order.

use crate::channel::Channel;
use crate::config::Settings;
use crate::failure::Failure;
use crate::store::{self, Opened};
use crate::telemetry;
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::{self, Next};
use bot::{Bot, Retention, SystemClock};
use server::{App, Limits, Listener, Readiness};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use storage::{Schema, SchemaStatus, StoreError};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long the start waits for a database before it goes on without: webhooks then get 503, and `/readyz` says why.
const FIRST_LOOK: Duration = Duration::from_secs(1);

/// How often a database that was not there is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What a bot is made of.
pub(crate) struct Parts<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) opened: Opened,
    pub(crate) channel: Channel,
    pub(crate) listener: Listener,
    pub(crate) metrics: Option<Listener>,
    /// Whether requests get spans.
    pub(crate) traces: bool,
}

/// A bot at work.
pub(crate) struct Running {
    bot: Bot,
    readiness: Readiness,
    /// The HTTP server.
    server: TaskTracker,
    close_server: CancellationToken,
    /// What goes on until the end: metrics, and the look-out for a database that was not there.
    background: TaskTracker,
    stop_background: CancellationToken,
    drain: Duration,
    patience: Duration,
}

/// Binds the address of the webhook. Connections wait from here on.
pub(crate) fn listen(address: SocketAddr, limits: Limits) -> Result<Listener, Failure> {
    Listener::bind(address, limits)
        .map_err(|error| Failure::cannot_listen(address, "LINEBOT_LISTEN", &error))
}

impl Running {
    /// Starts everything. Fails when the database answers and its tables are not those of this program.
    pub(crate) async fn start(parts: Parts<'_>) -> Result<Self, Failure> {
        let Parts {
            settings,
            opened,
            channel,
            listener,
            metrics,
            traces,
        } = parts;
        let prometheus = server::install_metrics()
            .map_err(|error| Failure::failed(format!("cannot set up metrics: {error}")))?;
        let background = TaskTracker::new();
        let stop_background = CancellationToken::new();
        let readiness = Readiness::default();
        first_look(&opened, &readiness, &background, &stop_background).await?;
        let store = opened.store;

        let bot = Bot::start(
            Arc::clone(&store),
            channel.client,
            Arc::new(SystemClock),
            bot_config(settings),
        );
        let app = App {
            intake: bot.intake(),
            secrets: channel.secrets,
            clock: bot.clock(),
            store,
            readiness: readiness.clone(),
            max_body_bytes: settings.server.body_limit_bytes.get(),
            body_timeout: settings.server.body_timeout_seconds,
        };
        let router = server::router(app);
        let router = if traces {
            router.layer(middleware::from_fn(trace))
        } else {
            router
        };

        let address = |listener: &Listener| listener.address().ok().map(tracing::field::display);
        let metrics_address = metrics.as_ref().and_then(address);
        tracing::info!(
            bot = address(&listener),
            metrics = metrics_address,
            version = env!("CARGO_PKG_VERSION"),
            "listening"
        );
        let patience = settings.server.stop_seconds;
        let close_server = CancellationToken::new();
        let server = TaskTracker::new();
        server.spawn(listener.serve(router, readiness.clone(), close_server.clone(), patience));
        server.close();
        let upkeep = server::metrics_upkeep(prometheus.clone());
        background.spawn(stop_background.clone().run_until_cancelled_owned(upkeep));
        if let Some(metrics) = metrics {
            background.spawn(server::serve_metrics(
                metrics,
                prometheus,
                stop_background.clone(),
            ));
        }
        background.close();
        let drain = settings.server.drain_seconds;
        Ok(Self {
            bot,
            readiness,
            server,
            close_server,
            background,
            stop_background,
            drain,
            patience,
        })
    }

    /// Stops in order: not ready, serve on while load balancers notice, close the listener, finish requests and what
    /// they caused, send the replies owed, close the database.
    pub(crate) async fn stop(self) {
        let Self {
            bot,
            readiness,
            server,
            close_server,
            background,
            stop_background,
            drain,
            patience,
        } = self;
        readiness.drain();
        tracing::info!(drain_seconds = drain.as_secs(), "stopping");
        sleep(drain).await;
        close_server.cancel();
        let deadline = Instant::now() + patience;
        server.wait().await;
        // The database is closed whatever happens, so there is always a moment left for it.
        let left = deadline
            .saturating_duration_since(Instant::now())
            .max(Duration::from_secs(1));
        bot.stop(left).await;
        stop_background.cancel();
        background.wait().await;
        tracing::info!("stopped");
    }
}

fn bot_config(settings: &Settings) -> bot::Config {
    let settings = &settings.bot;
    bot::Config {
        queue_events: settings.queue_events,
        default_language: settings.language,
        retention: Retention {
            events: settings.keep_events_days,
            closed_tasks: settings.keep_closed_tasks_days,
            left_conversations: settings.keep_left_conversations_days,
        },
    }
}

/// Looks at the tables once. When the database does not answer, goes on looking in the background.
async fn first_look(
    opened: &Opened,
    readiness: &Readiness,
    background: &TaskTracker,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let looked = match timeout(FIRST_LOOK, opened.schema.status()).await {
        Ok(looked) => looked,
        Err(_) => Err(StoreError::Unavailable("no answer yet".into())),
    };
    match looked {
        Ok(status) => {
            if let Some(failure) = store::schema_problem(&status) {
                return Err(failure);
            }
            readiness.database_is_right();
        }
        Err(error @ StoreError::Unavailable(_)) => {
            let problem = Failure::chain(&error);
            tracing::warn!(
                problem,
                database = %opened.database,
                "started without the database; webhooks get 503 until it answers"
            );
            readiness.database_is_wrong(problem);
            let readiness = readiness.clone();
            let schema = Arc::clone(&opened.schema);
            background.spawn(stop.clone().run_until_cancelled_owned(async move {
                look_out(&*schema, &readiness).await;
            }));
        }
        Err(error) => {
            return Err(opened.failed("cannot read the schema of", &error));
        }
    }
    Ok(())
}

/// Waits for a database with the right tables.
async fn look_out(schema: &dyn Schema, readiness: &Readiness) {
    let mut last = None;
    loop {
        sleep(LOOK_AGAIN).await;
        let problem = match schema.status().await {
            Ok(SchemaStatus::Current) => {
                readiness.database_is_right();
                tracing::info!("the database answers");
                return;
            }
            Ok(status) => store::schema_problem(&status)
                .map(|failure| failure.to_string())
                .unwrap_or_default(),
            Err(error) => Failure::chain(&error),
        };
        readiness.database_is_wrong(problem.clone());
        if last.as_ref() != Some(&problem) {
            tracing::warn!(problem, "still waiting for the database");
            last = Some(problem);
        }
    }
}

/// Traces webhooks. Probes come every few seconds and say nothing; what no route takes may be called anything.
async fn trace(request: Request, next: Next) -> axum::response::Response {
    if request.method() == Method::POST && request.uri().path() == "/callback" {
        telemetry::within_span("POST", "/callback", request, next).await
    } else {
        next.run(request).await
    }
}

#[cfg(test)]
mod tests;
