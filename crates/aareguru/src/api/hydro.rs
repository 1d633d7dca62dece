//! The hydro API of existenz.ch: measurements of BAFU's gauges, by gauge number.
//!
//! It has no sayings, weather or forecast, but more precise values, and 32 days of them.

mod daterange;
mod latest;

pub use daterange::{HydroDaterange, HydroPoint};
pub use latest::{HydroLatest, HydroValue};

pub(super) use daterange::read as read_daterange;
pub(super) use latest::read as read_latest;
