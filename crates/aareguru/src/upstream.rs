//! Where answers come from: the live API, or the recordings. Both answer the
//! same requests with the same bodies.

use std::borrow::Cow;

use jiff::civil::Date;

use crate::{Config, Error, Place};

mod http;
mod recorded;

use http::Http;

/// Something to ask upstream. Only known places can be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Request {
    Cities,
    Current(&'static Place),
}

/// Who answers.
#[derive(Debug)]
pub(crate) enum Upstream {
    Http(Http),
    Recorded,
}

impl Request {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Cities => "/v2018/cities",
            Self::Current(_) => "/v2018/current",
        }
    }

    /// The value of the query parameter `city`, for endpoints that take one.
    fn city(self) -> Option<&'static str> {
        match self {
            Self::Cities => None,
            Self::Current(place) => Some(place.id()),
        }
    }
}

impl Upstream {
    pub(crate) fn http(config: &Config) -> Result<Self, Error> {
        Http::new(config).map(Self::Http)
    }

    /// The body of the answer to `request`.
    pub(crate) async fn get(&self, request: Request) -> Result<Cow<'static, [u8]>, Error> {
        match self {
            Self::Http(http) => http.get(request).await.map(Cow::Owned),
            Self::Recorded => Ok(recorded::body(request)),
        }
    }

    /// The day of the recordings; `None` if the answers are live.
    pub(crate) fn recorded_on(&self) -> Option<Date> {
        match self {
            Self::Http(_) => None,
            Self::Recorded => Some(recorded::DAY),
        }
    }
}
