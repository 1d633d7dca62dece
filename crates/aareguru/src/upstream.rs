//! The source of responses: the live APIs, or the recordings. Both accept the same requests and
//! return the same bodies.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::{Config, Error};

mod http;
mod recorded;
mod request;
mod retry_after;

pub(crate) use request::Request;

use http::Http;

/// The source of responses.
#[derive(Debug)]
pub(crate) enum Upstream {
    Http(Box<Http>),
    Recorded,
}

/// The body of a successful response.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) bytes: Cow<'static, [u8]>,
    /// When it was recorded; `None` for a live response.
    pub(crate) recorded_at: Option<Timestamp>,
}

impl Upstream {
    pub(crate) fn http(config: &Config) -> Result<Self, Error> {
        Http::new(config).map(|http| Self::Http(Box::new(http)))
    }

    /// Returns the body of the response to `request`, within `time`.
    pub(crate) async fn get(&self, request: &Request, time: Duration) -> Result<Body, Error> {
        match self {
            Self::Http(http) => http.get(request, time).await.map(|bytes| Body {
                bytes: Cow::Owned(bytes),
                recorded_at: None,
            }),
            Self::Recorded => recorded::body(request),
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self, Self::Http(_))
    }

    /// Returns the day of the Aareguru API's recordings; `None` for the live APIs.
    pub(crate) fn recorded_on(&self) -> Option<Date> {
        (!self.is_live()).then_some(recorded::RECORDING_DATE)
    }
}
