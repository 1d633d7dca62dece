//! The resources: what a client may read without calling a tool.

use aareguru::River;
use jiff::Timestamp;
use rmcp::{
    ErrorData,
    model::{ReadResourceResult, Resource, ResourceContents},
};

use crate::mcp::tools::Cities;

const CITIES: &str = "aareguru://cities";

const JSON: &str = "application/json";

pub(super) fn all() -> Vec<Resource> {
    vec![
        Resource::new(CITIES, "cities")
            .with_title("Measured places")
            .with_description("All places with their latest water temperature in °C")
            .with_mime_type(JSON),
    ]
}

/// Reads a resource.
///
/// # Errors
///
/// A resource that does not exist, or a river that cannot be asked.
pub(super) async fn read(river: &River, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    if uri != CITIES {
        return Err(ErrorData::resource_not_found(
            format!("unknown resource `{uri}`; there is {CITIES}"),
            None,
        ));
    }
    let places = river.places().await.map_err(unavailable)?;
    let json =
        serde_json::to_string(&Cities::new(places, Timestamp::now())).map_err(unavailable)?;
    let contents = ResourceContents::text(json, uri).with_mime_type(JSON);
    Ok(ReadResourceResult::new(vec![contents]))
}

fn unavailable(error: impl std::error::Error) -> ErrorData {
    ErrorData::internal_error(format!("no data: {error}"), None)
}
