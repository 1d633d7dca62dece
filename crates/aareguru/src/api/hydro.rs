//! The hydro API of existenz.ch: BAFU's gauges as they measure, by the number
//! of the gauge. It has no sayings, no weather and no forecast, but more exact
//! numbers, and 32 days of them.

mod daterange;
mod latest;

pub use daterange::{HydroDaterange, HydroPoint};
pub use latest::{HydroLatest, HydroValue};

pub(super) use daterange::read as read_daterange;
pub(super) use latest::read as read_latest;
