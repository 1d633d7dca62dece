//! The icon of the server, embedded as a data URL so that clients need no further request.

use answers::assets::ICON;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rmcp::model::Icon;

const MIME_TYPE: &str = "image/svg+xml";

pub(crate) fn icon() -> Icon {
    let svg = utf8_percent_encode(ICON.trim_end(), NON_ALPHANUMERIC);
    Icon::new(format!("data:{MIME_TYPE},{svg}"))
        .with_mime_type(MIME_TYPE)
        .with_sizes(vec!["any".to_owned()])
}
