//! HTTP in: the webhook, the probes, the metrics.
//!
//! | path | port | what it answers |
//! |---|---|---|
//! | `POST /callback` | bot | LINE's webhook: 200 when every event in it is durable, 503 when it should come again |
//! | `GET /` | bot | a page that says the bot runs |
//! | `GET /healthz` | bot | liveness: 200 while the process turns; never touches the database or LINE |
//! | `GET /readyz` | bot | 503 until the database answered once with the right schema, and while draining |
//! | `GET /metrics` | metrics | Prometheus text |
//!
//! The accept loop is ours ([`listen`]) because a bot behind a load balancer needs what `axum::serve` does not offer
//! yet: a bound on connections, a header timeout, and a drain that answers `Connection: close` while it goes on
//! serving.

mod body;
mod callback;
mod connections;
mod listen;
mod metrics_page;
mod places;
mod probes;
mod readiness;
mod router;
mod seldom;
mod skipped;
mod strays;

pub use listen::{Limits, Listener};
pub use metrics_page::{METRICS, install_metrics, metrics_upkeep, serve_metrics};
pub use readiness::Readiness;
pub use router::{App, CurrentSecrets, router};
