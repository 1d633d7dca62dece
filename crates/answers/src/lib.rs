//! What the front ends say: one answer per question about the river, as structured content and as
//! English text.
//!
//! Each module has the answer of one question. The rules behind an answer are in `aareguru`;
//! transports, MCP and HTTP are unknown here.

pub mod compare_cities;
pub mod current_conditions;
pub mod current_temperature;
pub mod flow_danger_level;
pub mod forecast;
pub mod historical_data;
pub mod list_cities;

pub mod assets;
pub mod i18n;
pub mod language;
pub mod provenance;
pub mod reading;
pub mod reasons;
pub mod statement;
pub mod translations;
