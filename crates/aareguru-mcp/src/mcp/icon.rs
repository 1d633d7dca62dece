//! The server's icon, inside the answer to `initialize`: nobody has to fetch it.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rmcp::model::Icon;

const SVG: &str = include_str!("icon.svg");

const MIME_TYPE: &str = "image/svg+xml";

pub(super) fn icon() -> Icon {
    let svg = utf8_percent_encode(SVG.trim_end(), NON_ALPHANUMERIC);
    Icon::new(format!("data:{MIME_TYPE},{svg}"))
        .with_mime_type(MIME_TYPE)
        .with_sizes(vec!["any".to_owned()])
}
