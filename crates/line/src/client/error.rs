//! What can go wrong with a call.

use super::Endpoint;
use super::answer::Answer;
use crate::retry::Outcome;
use http::StatusCode;
use serde::Deserialize;
use std::error::Error;
use std::fmt;

/// A call that did not succeed. Holds no secret and no text of a person.
#[derive(Debug)]
pub struct ClientError(Box<Parts>);

#[derive(Debug)]
struct Parts {
    endpoint: Endpoint,
    kind: ErrorKind,
    status: Option<StatusCode>,
    request_id: Option<String>,
    accepted_request_id: Option<String>,
    refusal: Refusal,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What went wrong: by the status alone where there is one.
///
/// <https://developers.line.biz/en/reference/messaging-api/#status-codes>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// 400: a fault in the request; an invalid reply token or an unknown receiver too.
    BadRequest,
    /// 401: no valid channel access token.
    Unauthorized,
    /// 403: the account or its plan may not do this.
    Forbidden,
    /// 404: no such thing, or a profile that may not be seen.
    NotFound,
    /// 409: an earlier request with this retry key was accepted.
    AlreadyAccepted,
    /// 410: no longer there.
    Gone,
    /// 413, or a request not sent because LINE would say so.
    TooLarge,
    /// 415: a fault in the request.
    UnsupportedMediaType,
    /// 429: too fast, too many to one person, or no quota left this month.
    TooManyRequests,
    /// 5xx: a fault at LINE.
    Server,
    /// A status LINE does not document.
    UnexpectedStatus,
    /// A success whose body is not what LINE documents.
    UnreadableAnswer,
    /// The request could not be built of what was given.
    InvalidRequest,
    /// No connection: surely not sent.
    NotSent,
    /// No answer in time: it may have been accepted.
    TimedOut,
    /// The connection broke: it may have been accepted.
    ConnectionLost,
}

/// One fault LINE found in a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ErrorDetail {
    /// What is wrong.
    pub message: Option<String>,
    /// Where, such as `messages[0].text`.
    pub property: Option<String>,
}

impl fmt::Display for ErrorDetail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.message.as_deref().unwrap_or("not valid");
        match &self.property {
            Some(property) => write!(formatter, "{property}: {message}"),
            None => formatter.write_str(message),
        }
    }
}

/// What LINE said; the token endpoints use other names
/// (<https://developers.line.biz/en/reference/messaging-api/#error-responses>).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refusal {
    #[serde(alias = "error_description")]
    message: Option<String>,
    details: Vec<ErrorDetail>,
}

impl ClientError {
    /// LINE answered, but not with a success.
    pub(crate) fn refused(endpoint: Endpoint, answer: Answer) -> Self {
        let kind = match answer.status.as_u16() {
            400 => ErrorKind::BadRequest,
            401 => ErrorKind::Unauthorized,
            403 => ErrorKind::Forbidden,
            404 => ErrorKind::NotFound,
            409 => ErrorKind::AlreadyAccepted,
            410 => ErrorKind::Gone,
            413 => ErrorKind::TooLarge,
            415 => ErrorKind::UnsupportedMediaType,
            429 => ErrorKind::TooManyRequests,
            500..=599 => ErrorKind::Server,
            _ => ErrorKind::UnexpectedStatus,
        };
        let refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
        Self(Box::new(Parts {
            refusal,
            ..Parts::answered(endpoint, kind, answer)
        }))
    }

    /// LINE answered with a success nobody can read.
    pub(crate) fn unreadable(
        endpoint: Endpoint,
        answer: Answer,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        let parts = Parts::answered(endpoint, ErrorKind::UnreadableAnswer, answer);
        Self(Box::new(Parts {
            source: Some(source.into()),
            ..parts
        }))
    }

    /// There is no answer.
    pub(crate) fn unanswered(
        endpoint: Endpoint,
        kind: ErrorKind,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        let source = Some(source.into());
        Self(Box::new(Parts {
            source,
            ..Parts::new(endpoint, kind)
        }))
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The endpoint that failed: [`Endpoint::IssueStatelessToken`] when a call got no token.
    pub fn endpoint(&self) -> Endpoint {
        self.0.endpoint
    }

    /// The status of LINE's answer, if there is one.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// LINE's id of this request: what its support asks for.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// With 409: LINE's id of the request it accepted before.
    pub fn accepted_request_id(&self) -> Option<&str> {
        self.0.accepted_request_id.as_deref()
    }

    /// What LINE said, for people to read: it may change at any time.
    pub fn message(&self) -> Option<&str> {
        self.0.refusal.message.as_deref()
    }

    /// The single faults LINE found in the request.
    pub fn details(&self) -> &[ErrorDetail] {
        &self.0.refusal.details
    }

    /// What became of the attempt: what [`crate::retry::decide`] asks.
    pub fn outcome(&self) -> Outcome {
        let outcome = match (self.0.kind, self.0.status) {
            (ErrorKind::TooLarge, None) => Outcome::Answered(StatusCode::PAYLOAD_TOO_LARGE),
            (ErrorKind::InvalidRequest, None) => Outcome::Answered(StatusCode::BAD_REQUEST),
            (ErrorKind::NotSent, None) => Outcome::NotSent,
            (_, Some(status)) => Outcome::Answered(status),
            (_, None) => Outcome::Unknown,
        };
        if self.0.endpoint != Endpoint::IssueStatelessToken {
            return outcome;
        }
        // Without a token the request itself was not sent, and without a good secret it never is. 408 and 429 say
        // nothing of the secret.
        match outcome {
            Outcome::Answered(status)
                if status.is_client_error() && !matches!(status.as_u16(), 408 | 429) =>
            {
                Outcome::Answered(StatusCode::UNAUTHORIZED)
            }
            _ => Outcome::NotSent,
        }
    }

    /// Whether LINE may have carried it out all the same.
    pub fn may_have_been_accepted(&self) -> bool {
        self.outcome().may_have_been_accepted()
    }
}

impl Parts {
    fn new(endpoint: Endpoint, kind: ErrorKind) -> Self {
        Self {
            endpoint,
            kind,
            status: None,
            request_id: None,
            accepted_request_id: None,
            refusal: Refusal::default(),
            source: None,
        }
    }

    fn answered(endpoint: Endpoint, kind: ErrorKind, answer: Answer) -> Self {
        Self {
            status: Some(answer.status),
            request_id: answer.request_id,
            accepted_request_id: answer.accepted_request_id,
            ..Self::new(endpoint, kind)
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(parts) = self;
        write!(formatter, "{}: ", parts.endpoint)?;
        match parts.status {
            Some(status) if parts.kind != ErrorKind::UnreadableAnswer => {
                write!(formatter, "{}", status.as_u16())?;
            }
            _ => formatter.write_str(parts.kind.sentence())?,
        }
        if let Some(message) = &parts.refusal.message {
            write!(formatter, " {message}")?;
        }
        for detail in &parts.refusal.details {
            write!(formatter, "; {detail}")?;
        }
        if let Some(request_id) = &parts.request_id {
            write!(formatter, " (request {request_id})")?;
        }
        Ok(())
    }
}

impl ErrorKind {
    fn sentence(self) -> &'static str {
        match self {
            Self::NotSent => "could not connect",
            Self::TimedOut => "no answer in time",
            Self::ConnectionLost => "the connection broke",
            Self::UnreadableAnswer => "the answer cannot be read",
            Self::TooLarge => "the request is too large",
            Self::InvalidRequest => "the request cannot be built",
            _ => "refused",
        }
    }
}

impl Error for ClientError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }
}
