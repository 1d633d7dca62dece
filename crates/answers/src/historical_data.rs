//! The answer of `get_historical_data`: the readings of one place over a time span.

mod answer;
mod notes;
pub mod statistics;
mod text;

pub use answer::{HistoricalDataAnswer, MAX_POINTS, Point};
pub use notes::collect_notes;
pub use text::render_text;
