//! The scalars of the schema: times and dates in RFC 3339 format.

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
    "A time in UTC, in RFC 3339 format: `2023-05-09T11:20:00Z`.",
    "https://datatracker.ietf.org/doc/html/rfc3339"
);
scalar!(
    Date,
    "Date",
    "A date in Switzerland, in RFC 3339 format: `2023-05-09`.",
    "https://datatracker.ietf.org/doc/html/rfc3339"
);

impl DateTime {
    /// Converts Unix seconds. Returns `None` if they are out of range.
    pub(super) fn from_seconds(seconds: i64) -> Option<Self> {
        Timestamp::from_second(seconds).ok().map(Self)
    }
}
