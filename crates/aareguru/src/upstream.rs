//! Where answers come from: the live APIs, or the recordings. Both answer the
//! same requests with the same bodies.

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

/// Who answers.
#[derive(Debug)]
pub(crate) enum Upstream {
    Http(Box<Http>),
    Recorded,
}

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) bytes: Cow<'static, [u8]>,
    /// When it was recorded; `None` if it has just arrived.
    pub(crate) recorded_at: Option<Timestamp>,
}

impl Upstream {
    pub(crate) fn http(config: &Config) -> Result<Self, Error> {
        Http::new(config).map(|http| Self::Http(Box::new(http)))
    }

    /// The body of the answer to `request`, within `time`.
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

    /// The day of the Aareguru API's recordings; `None` if the answers are live.
    pub(crate) fn recorded_on(&self) -> Option<Date> {
        (!self.is_live()).then_some(recorded::DAY)
    }
}
