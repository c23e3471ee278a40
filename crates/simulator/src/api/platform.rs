//! What every call meets before and after its endpoint: a request id, faults, authorisation, the size limit and
//! the log.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use secrecy::ExposeSecret;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::error::ApiError;
use crate::clock::http_date;
use crate::endpoint::Endpoint;
use crate::fault::Fault;
use crate::id::uuid;
use crate::shared::Shared;
use crate::world::NewCall;

/// LINE refuses request bodies over 2 MB (<https://developers.line.biz/en/reference/messaging-api/#status-codes>).
const LARGEST_BODY: usize = 2 * 1024 * 1024;
/// The header that makes repeating a push safe.
pub(super) const RETRY_KEY: &str = "x-line-retry-key";
/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Closes the connection a request came on, without an answer. The server puts one into every request.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionSwitch(pub(crate) CancellationToken);

/// The id of a call, for its endpoint.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// Takes a call in, through its endpoint, and sends the answer out.
pub(super) async fn receive(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let endpoint = endpoint_of(&request);
    let fault =
        endpoint.and_then(|endpoint| shared.with_world(|world| world.faults.take(endpoint)));
    let switch = request.extensions().get::<ConnectionSwitch>().cloned();
    let mut call = NewCall {
        endpoint,
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        body: Bytes::new(),
        request_id: uuid(),
        status: None,
        fault: fault.map(Fault::name),
    };
    let request_id = call.request_id.clone();

    let (parts, body) = request.into_parts();
    let answer = match read(body).await {
        Err(refusal) => Some(refusal.into_response()),
        Ok(body) => {
            call.body = body.clone();
            match fault {
                Some(Fault::Drop | Fault::Hang) => None,
                Some(Fault::Status(status)) => Some(ApiError::of_status(status).into_response()),
                Some(Fault::AcceptThenDrop | Fault::AcceptThenDelay(_)) | None => {
                    let mut request = Request::from_parts(parts, Body::from(body));
                    request
                        .extensions_mut()
                        .insert(RequestId(request_id.clone()));
                    Some(answer(&shared, endpoint, request, next).await)
                }
            }
        }
    };
    call.status = answer.as_ref().map(|answer| answer.status().as_u16());
    tracing::debug!(method = %call.method, path = call.path, status = call.status, "API call");
    let now = shared.clock.now();
    shared.with_world(|world| {
        world.calls.add(call, now);
        world.changed();
    });

    misbehave(&shared, fault, switch).await;
    let mut answer = answer.unwrap_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.into_response());
    if let Ok(id) = HeaderValue::try_from(request_id) {
        answer.headers_mut().insert("x-line-request-id", id);
    }
    let date = http_date(shared.clock.now()).and_then(|date| HeaderValue::try_from(date).ok());
    if let Some(date) = date {
        answer.headers_mut().insert(header::DATE, date);
    }
    answer
}

fn endpoint_of(request: &Request) -> Option<Endpoint> {
    let route = request.extensions().get::<MatchedPath>()?;
    Endpoint::of(request.method(), route.as_str())
}

async fn read(body: Body) -> Result<Bytes, ApiError> {
    match timeout(BODY_TIMEOUT, Limited::new(body, LARGEST_BODY).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The request body is larger than 2 MB",
        )),
        Ok(Err(_)) => Err(ApiError::bad_request("The request body could not be read")),
        Err(_) => Err(ApiError::new(
            StatusCode::REQUEST_TIMEOUT,
            "The request body did not come in time",
        )),
    }
}

async fn answer(
    shared: &Shared,
    endpoint: Option<Endpoint>,
    request: Request,
    next: Next,
) -> Response {
    match endpoint.map_or(Ok(()), |endpoint| {
        admit(shared, endpoint, request.headers())
    }) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Refuses a call that may not be made, whatever its body.
fn admit(shared: &Shared, endpoint: Endpoint, headers: &HeaderMap) -> Result<(), ApiError> {
    if endpoint != Endpoint::StatelessToken {
        authorize(shared, headers)?;
    }
    // Only messages sent without a reply token can be retried with a key; elsewhere LINE answers 400
    // (<https://developers.line.biz/en/reference/messaging-api/#retry-api-request>).
    if endpoint != Endpoint::Push && headers.contains_key(RETRY_KEY) {
        return Err(ApiError::bad_request(
            "The retry key is not supported by this endpoint",
        ));
    }
    Ok(())
}

fn authorize(shared: &Shared, headers: &HeaderMap) -> Result<(), ApiError> {
    let header = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = header
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| ApiError::unauthorized("missing authorization header"))?;
    let now = shared.clock.now();
    let known = token == shared.channel.access_token.expose_secret()
        || shared.with_world(|world| world.access_tokens.accepts(token, now));
    if known {
        Ok(())
    } else {
        Err(ApiError::unauthorized("invalid token"))
    }
}

/// Delays or prevents the answer, as the fault says.
async fn misbehave(shared: &Shared, fault: Option<Fault>, switch: Option<ConnectionSwitch>) {
    let forever = std::future::pending::<()>;
    let unanswered = async {
        match fault {
            None | Some(Fault::Status(_)) => {}
            Some(Fault::AcceptThenDelay(delay)) => sleep(delay).await,
            Some(Fault::Hang) => forever().await,
            Some(Fault::Drop | Fault::AcceptThenDrop) => {
                if let Some(switch) = switch {
                    switch.0.cancel();
                    forever().await;
                }
            }
        }
    };
    tokio::select! {
        () = unanswered => {}
        () = shared.stopping.cancelled() => {}
    }
}
