//! Times and days as the schema writes them.

use async_graphql::scalar;
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct DateTime(pub(super) Timestamp);

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Date(pub(super) civil::Date);

scalar!(
    DateTime,
    "DateTime",
    "A moment in UTC as RFC 3339 writes it: `2023-05-09T11:20:00Z`.",
    "https://datatracker.ietf.org/doc/html/rfc3339"
);
scalar!(
    Date,
    "Date",
    "A day in Switzerland as RFC 3339 writes it: `2023-05-09`.",
    "https://datatracker.ietf.org/doc/html/rfc3339"
);

impl DateTime {
    /// Returns `None` if no calendar has the time.
    pub(super) fn from_seconds(seconds: i64) -> Option<Self> {
        Timestamp::from_second(seconds).ok().map(Self)
    }
}
