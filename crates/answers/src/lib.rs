//! Answers to questions about the river, as structured content and as English text.
//!
//! Each tool has a module with its answer; GraphQL, the resources and the terminal use the same
//! answers. The rules behind an answer are in `aareguru`. This crate does not depend on MCP, HTTP
//! or a transport.

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
