//! What was measured at one place over a span of time.

mod answer;
mod notes;
pub mod statistics;
mod text;

pub use answer::{HistoricalDataAnswer, MAX_POINTS, Point};
pub use notes::collect_notes;
pub use text::render_text;
