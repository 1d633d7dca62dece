//! When a line is told.

use std::fmt::{self, Display};

use jiff::{
    Timestamp,
    fmt::{StdFmtWrite, temporal::DateTimePrinter},
};

use super::later;

static TO_THE_MICROSECOND: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

/// When a line is told in UTC, as RFC 3339 has it: `2026-11-24T17:03:11.404562Z`.
#[derive(Debug)]
pub(super) struct Now;

impl Display for Now {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = Timestamp::try_from(later::now()).map_err(|_| fmt::Error)?;
        TO_THE_MICROSECOND
            .print_timestamp(&now, StdFmtWrite(f))
            .map_err(|_| fmt::Error)
    }
}
