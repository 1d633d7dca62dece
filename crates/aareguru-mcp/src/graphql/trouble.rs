//! What can go wrong, as errors that programs can tell apart by their `code`.

use aareguru::{HistoryError, Place, Shortfall, SpanError, UnknownPlace};
use async_graphql::{Error, ErrorExtensionValues, ErrorExtensions, Value};

use crate::guard::Exceeded;

/// The codes of errors, for programs and for the label of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    /// No place has that name; `suggestions` and `places` lead on.
    UnknownPlace,
    /// An argument has a value that it cannot have; `argument` names it.
    BadInput,
    /// The API gave no answer, and there is no earlier one.
    UpstreamUnavailable,
    /// There is nothing of that time or place, and asking again changes
    /// nothing.
    NoData,
    /// The document is not GraphQL.
    ParseFailed,
    /// The document does not fit the schema.
    ValidationFailed,
    /// The request asks for more than one may ask for; `limit` says how much
    /// that is.
    LimitExceeded,
    /// The server does not tell its schema.
    IntrospectionOff,
    /// It took too long.
    Timeout,
    /// There are as many subscriptions as there may be.
    TooManySubscriptions,
    /// There were more requests than the rate limit allows; `retryAfterSeconds`
    /// says when to try again.
    RateLimited,
    /// The request itself is not one: not JSON, or without a query.
    BadRequest,
    /// The server is about to stop.
    ShuttingDown,
    /// A bug, or what the library tells without a code.
    Other,
}

impl Code {
    pub(super) const ALL: [Self; 14] = [
        Self::UnknownPlace,
        Self::BadInput,
        Self::UpstreamUnavailable,
        Self::NoData,
        Self::ParseFailed,
        Self::ValidationFailed,
        Self::LimitExceeded,
        Self::IntrospectionOff,
        Self::Timeout,
        Self::TooManySubscriptions,
        Self::RateLimited,
        Self::BadRequest,
        Self::ShuttingDown,
        Self::Other,
    ];

    /// As it stands in `extensions.code`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::UnknownPlace => "UNKNOWN_PLACE",
            Self::BadInput => "BAD_INPUT",
            Self::UpstreamUnavailable => "UPSTREAM_UNAVAILABLE",
            Self::NoData => "NO_DATA",
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::IntrospectionOff => "INTROSPECTION_OFF",
            Self::Timeout => "TIMEOUT",
            Self::TooManySubscriptions => "TOO_MANY_SUBSCRIPTIONS",
            Self::RateLimited => "RATE_LIMITED",
            Self::BadRequest => "BAD_REQUEST",
            Self::ShuttingDown => "SHUTTING_DOWN",
            Self::Other => "OTHER",
        }
    }

    /// The code of an error as it is sent.
    pub(super) fn of(extensions: Option<&ErrorExtensionValues>) -> Self {
        let Some(Value::String(code)) = extensions.and_then(|values| values.get("code")) else {
            return Self::Other;
        };
        let known = Self::ALL.into_iter().find(|it| it.as_str() == code);
        known.unwrap_or(Self::Other)
    }
}

/// An error with a code.
pub(super) fn error(code: Code, text: impl Into<String>) -> Error {
    Error::new(text).extend_with(|_, values| values.set("code", code.as_str()))
}

/// A name that is no place.
pub(super) fn unknown_place(unknown: &UnknownPlace) -> Error {
    error(Code::UnknownPlace, unknown.to_string()).extend_with(|_, values| {
        values.set("input", unknown.name.as_str());
        let nearest = unknown.nearest.into_iter();
        values.set("suggestions", ids(nearest));
        values.set("places", ids(Place::all().iter()));
    })
}

/// An argument with a value that it cannot have.
pub(super) fn bad_input(argument: &'static str, text: impl Into<String>) -> Error {
    error(Code::BadInput, text).extend_with(|_, values| values.set("argument", argument))
}

/// The API gave no answer.
#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
pub(super) fn upstream(trouble: aareguru::Error) -> Error {
    use aareguru::Error as River;

    let text = format!("no data: {}", trouble.with_causes());
    match trouble {
        River::NotMeasured { .. } | River::NoRecording { .. } => error(Code::NoData, text),
        River::CircuitOpen { retry_after, .. } => {
            let seconds = retry_after.as_secs() + 1;
            error(Code::UpstreamUnavailable, text)
                .extend_with(|_, values| values.set("retryAfterSeconds", seconds))
        }
        _ => error(Code::UpstreamUnavailable, text),
    }
}

/// One request too many.
pub(super) fn rate_limited(exceeded: Exceeded) -> Error {
    error(Code::RateLimited, exceeded.to_string())
        .extend_with(|_, values| values.set("retryAfterSeconds", exceeded.retry_after_secs))
}

/// There is no history.
pub(super) fn history(trouble: HistoryError) -> Error {
    let text = trouble.to_string();
    match trouble {
        HistoryError::Span(span) => match span {
            SpanError::Unreadable { bound, .. } | SpanError::Future { bound, .. } => {
                bad_input(bound, text)
            }
            _ => bad_input("start", text),
        },
        HistoryError::Nowhere(shortfalls) => {
            let is_failure = |it: &Shortfall| matches!(it, Shortfall::Failed { .. });
            let code = match shortfalls.iter().any(is_failure) {
                true => Code::UpstreamUnavailable,
                false => Code::NoData,
            };
            error(code, text)
        }
        _ => error(Code::NoData, text),
    }
}

fn ids(places: impl Iterator<Item = &'static Place>) -> Value {
    Value::List(places.map(|place| place.id().into()).collect())
}
