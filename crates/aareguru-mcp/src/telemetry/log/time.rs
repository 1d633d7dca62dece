//! When a line is written.

use std::fmt::{self, Display};

use jiff::{
    Timestamp,
    fmt::{StdFmtWrite, temporal::DateTimePrinter},
};

static TO_THE_MICROSECOND: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

/// The present in UTC, as RFC 3339 has it: `2026-11-24T17:03:11.404562Z`.
#[derive(Debug)]
pub(super) struct Now;

impl Display for Now {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        TO_THE_MICROSECOND
            .print_timestamp(&Timestamp::now(), StdFmtWrite(f))
            .map_err(|_| fmt::Error)
    }
}
