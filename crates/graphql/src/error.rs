//! GraphQL errors, classified by `extensions.code`.

use aareguru::{HistoryError, Place, Shortfall, SpanError, UnknownPlace};
use async_graphql::{
    Enum, Error, ErrorExtensions, Response, ServerError, Value, resolver_utils::EnumType,
};

use edge::RateLimitExceeded;

/// The values of `extensions.code`. In lower case, they are the values of the metric label `code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum ErrorCode {
    /// No place has this name; `suggestions` contains similar names, `places` all places.
    UnknownPlace,
    /// An argument has an invalid value; `argument` names it.
    BadInput,
    /// The upstream API failed, and the cache contains no older response.
    UpstreamUnavailable,
    /// There is no data for this time or place. A retry does not help.
    NoData,
    GraphqlParseFailed,
    GraphqlValidationFailed,
    /// The operation exceeds a limit; `limit` is the value of the limit.
    LimitExceeded,
    IntrospectionOff,
    Timeout,
    /// A limit on open subscriptions or running operations is exhausted.
    TooManySubscriptions,
    /// The rate limit is exceeded; `retryAfterSeconds` is the time to wait.
    RateLimited,
    /// The HTTP request does not contain an operation.
    BadRequest,
    /// An error of async-graphql that has no code.
    Other,
}

impl ErrorCode {
    pub(super) fn as_str(self) -> &'static str {
        Self::items()[self as usize].name
    }

    pub(super) fn of(error: &ServerError) -> Self {
        let extensions = error.extensions.as_ref();
        let code = extensions.and_then(|extensions| extensions.get("code"));
        let mut known = Self::items().iter();
        known
            .find(|item| code == Some(&Value::from(item.name)))
            .map_or(Self::Other, |item| item.value)
    }
}

/// Creates the error of a field.
pub(super) fn field(code: ErrorCode, text: impl Into<String>) -> Error {
    Error::new(text).extend_with(|_, values| values.set("code", code.as_str()))
}

/// Creates the error of a rejected operation.
pub(super) fn operation(code: ErrorCode, text: impl Into<String>) -> ServerError {
    with_code(ServerError::new(text, None), code)
}

/// Sets the code of an error that has no code.
pub(super) fn with_code(mut error: ServerError, code: ErrorCode) -> ServerError {
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", code.as_str());
    }
    error
}

/// Creates the error of an operation that exceeds a limit, with advice how to avoid it.
pub(super) fn limit_exceeded(what: &str, limit: usize, advice: &str) -> ServerError {
    let text = format!("{what}: {limit} at most; {advice}");
    let mut error = operation(ErrorCode::LimitExceeded, text);
    error.extensions.get_or_insert_default().set("limit", limit);
    error
}

pub(super) fn rate_limited(exceeded: RateLimitExceeded) -> ServerError {
    let mut error = operation(ErrorCode::RateLimited, exceeded.to_string());
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("retryAfterSeconds", exceeded.retry_after_secs);
    error
}

pub(super) fn unknown_place(unknown: &UnknownPlace) -> Error {
    field(ErrorCode::UnknownPlace, unknown.to_string()).extend_with(|_, values| {
        values.set("input", unknown.name.as_str());
        let nearest = unknown.nearest.into_iter();
        values.set("suggestions", ids(nearest));
        values.set("places", ids(Place::all().iter()));
    })
}

pub(super) fn bad_input(argument: &'static str, text: impl Into<String>) -> Error {
    field(ErrorCode::BadInput, text).extend_with(|_, values| values.set("argument", argument))
}

#[expect(clippy::needless_pass_by_value, reason = "used with `map_err`")]
pub(super) fn upstream(error: aareguru::Error) -> Error {
    use aareguru::Error as RiverError;

    let text = format!("no data: {}", error.with_causes());
    match error {
        RiverError::NotMeasured { .. } | RiverError::NoRecording { .. } => {
            field(ErrorCode::NoData, text)
        }
        RiverError::CircuitOpen { retry_after, .. } => {
            let seconds = retry_after.as_secs() + 1;
            field(ErrorCode::UpstreamUnavailable, text)
                .extend_with(|_, values| values.set("retryAfterSeconds", seconds))
        }
        _ => field(ErrorCode::UpstreamUnavailable, text),
    }
}

pub(super) fn history(error: HistoryError) -> Error {
    let text = error.to_string();
    match error {
        HistoryError::Span(
            SpanError::Unreadable { bound, .. } | SpanError::Future { bound, .. },
        ) => bad_input(bound, text),
        HistoryError::Span(_) => bad_input("start", text),
        HistoryError::Nowhere(shortfalls)
            if shortfalls
                .iter()
                .any(|it| matches!(it, Shortfall::Failed { .. })) =>
        {
            field(ErrorCode::UpstreamUnavailable, text)
        }
        _ => field(ErrorCode::NoData, text),
    }
}

/// Returns whether the operation was not executed: no error belongs to a field.
pub(super) fn is_rejected(response: &Response) -> bool {
    !response.errors.is_empty()
        && response.data == Value::Null
        && response.errors.iter().all(|error| error.path.is_empty())
}

fn ids(places: impl Iterator<Item = &'static Place>) -> Value {
    Value::List(places.map(|place| place.id().into()).collect())
}
