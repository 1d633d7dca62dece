//! Completes the names of places, in arguments of prompts and resource templates.

use aareguru::Place;
use rmcp::{
    ErrorData,
    model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference},
};

use crate::{prompts, resources};

/// Longer values are not completed. All eight names are shorter.
const MAX_LEN_BYTES: usize = 240;

/// Completes an argument. Returns nothing for arguments that are not places.
///
/// # Errors
///
/// The prompt or template does not exist.
pub(crate) fn complete(request: &CompleteRequestParams) -> Result<CompleteResult, ErrorData> {
    match &request.r#ref {
        Reference::Prompt(prompt) => prompts::check_name(&prompt.name)?,
        Reference::Resource(template) => resources::check_template(&template.uri)?,
        _ => return Ok(CompleteResult::default()),
    }
    let (name, value) = (&request.argument.name, &request.argument.value);
    let values = match name.as_str() {
        _ if value.len() > MAX_LEN_BYTES => Vec::new(),
        "city" => complete_place(value),
        "cities" if matches!(request.r#ref, Reference::Prompt(_)) => complete_places(value),
        _ => Vec::new(),
    };
    let completion = CompletionInfo::with_all_values(values)
        .map_err(|error| ErrorData::internal_error(error, None))?;
    Ok(CompleteResult::new(completion))
}

fn complete_place(value: &str) -> Vec<String> {
    let places = Place::suggestions(value).into_iter();
    places.map(|place| place.id().to_owned()).collect()
}

/// Completes the last place of a list. Does not suggest places that are already in the list.
fn complete_places(value: &str) -> Vec<String> {
    let Some((before, last)) = value.rsplit_once(',') else {
        return complete_place(value);
    };
    let before: Vec<_> = before.split(',').map(str::trim).collect();
    let named: Vec<_> = before
        .iter()
        .filter_map(|name| Place::find(name).ok())
        .collect();
    let places = Place::suggestions(last).into_iter();
    places
        .filter(|place| !named.contains(place))
        .map(|place| format!("{}, {}", before.join(", "), place.id()))
        .collect()
}
