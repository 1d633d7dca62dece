//! Files that the web pages and the MCP Apps share.

/// The style sheet.
pub const STYLE: &str = include_str!("../assets/style.css");

/// The JavaScript module that draws the charts.
pub const CHARTS: &str = include_str!("../assets/charts.js");

/// The icon, an SVG image.
pub const ICON: &str = include_str!("../assets/icon.svg");
