//! HTTP for what is neither LINE's API nor the bot's own: the trace collector, LINE's clock.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// Largest answer that is read; those of interest are small.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// How long a whole exchange may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Why there is no answer.
pub(crate) type HttpError = Box<dyn Error + Send + Sync>;

/// Sends single requests. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl HttpClient {
    /// With the certificate authorities built in, as for LINE.
    pub(crate) fn new() -> Result<Self, HttpError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(provider)?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }

    /// The answer, whatever its status.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let exchange = async {
            let (head, body) = self.0.request(request.map(Full::new)).await?.into_parts();
            let body = Limited::new(body, MAX_ANSWER_BYTES)
                .collect()
                .await?
                .to_bytes();
            Ok(Response::from_parts(head, body))
        };
        tokio::time::timeout(PATIENCE, exchange).await?
    }
}
