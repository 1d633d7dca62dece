//! Completions: the place that somebody is about to type, for every argument of a prompt and of a
//! resource template that takes one.

use aareguru::Place;
use rmcp::{
    ErrorData,
    model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference},
};

use crate::{prompts, resources};

/// A longer value is no list of places.
const MAX_LEN_BYTES: usize = 240;

/// Completes an argument; of one that takes no place there is nothing to complete.
///
/// # Errors
///
/// A prompt or a template that does not exist.
pub(crate) fn complete(request: &CompleteRequestParams) -> Result<CompleteResult, ErrorData> {
    match &request.r#ref {
        Reference::Prompt(prompt) => prompts::check_name(&prompt.name)?,
        Reference::Resource(template) => resources::check_template(&template.uri)?,
        // A kind of reference that this server offers nothing for.
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

fn complete_place(typed: &str) -> Vec<String> {
    let places = Place::suggestions(typed).into_iter();
    places.map(|place| place.id().to_owned()).collect()
}

/// Completes the last of several places and keeps those before it; none is offered twice.
fn complete_places(typed: &str) -> Vec<String> {
    let Some((before, last)) = typed.rsplit_once(',') else {
        return complete_place(typed);
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
