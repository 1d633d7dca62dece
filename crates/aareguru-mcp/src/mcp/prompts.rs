//! The prompts: ready-made requests that tell a model which tools to call in
//! which order, and how to speak of what they answer. One file each.

mod arguments;
mod compare_swimming_spots;
mod daily_swimming_report;
mod weekly_trend_analysis;

use rmcp::{
    ErrorData,
    model::{GetPromptRequestParams, GetPromptResult, Prompt, PromptArgument, PromptMessage, Role},
};

use arguments::Arguments;

/// How to speak of the river; ends every prompt.
const HOW_TO_SPEAK: &str = "\
How to speak of the river:
- Never tell anybody that they may swim, or that nothing can happen: the tools do not know that. Give \
the verdict as they give it (do_not_swim, caution, no_known_warning, unknown), its reasons with their \
sources, and the time and age of the reading behind it. Neither no_known_warning nor flood level 1 is \
a permission.
- What is null or missing is unknown: not zero and not level 1. Say that it is unknown; do \
not fill it from another place, another day or from memory. If a tool fails, say so.
- Tell of each number where and when it was measured. What is marked stale or old does not describe \
the river now. What is marked recorded describes the day of the recording: say that first.
- Close with the boundary as the tools word it, and credit aare.guru and BAFU.
- Answer in the language of the user, in plain words and with units.
";

pub(super) fn all() -> Vec<Prompt> {
    vec![
        daily_swimming_report::definition(),
        compare_swimming_spots::definition(),
        weekly_trend_analysis::definition(),
    ]
}

/// # Errors
///
/// A prompt that does not exist.
pub(super) fn known(name: &str) -> Result<(), ErrorData> {
    let names: Vec<_> = all().into_iter().map(|prompt| prompt.name).collect();
    if names.iter().any(|known| known == name) {
        return Ok(());
    }
    Err(ErrorData::invalid_params(
        format!("unknown prompt `{name}`; there are {}", names.join(", ")),
        None,
    ))
}

/// Writes a prompt.
///
/// # Errors
///
/// A prompt that does not exist, or arguments that it does not take.
pub(super) fn get(request: GetPromptRequestParams) -> Result<GetPromptResult, ErrorData> {
    known(&request.name)?;
    let arguments = request.arguments.unwrap_or_default();
    let (definition, text) = match request.name.as_str() {
        compare_swimming_spots::NAME => {
            let definition = compare_swimming_spots::definition();
            let arguments = Arguments::of(&definition, arguments)?;
            (definition, compare_swimming_spots::text(&arguments)?)
        }
        weekly_trend_analysis::NAME => {
            let definition = weekly_trend_analysis::definition();
            let arguments = Arguments::of(&definition, arguments)?;
            (definition, weekly_trend_analysis::text(&arguments)?)
        }
        _ => {
            let definition = daily_swimming_report::definition();
            let arguments = Arguments::of(&definition, arguments)?;
            (definition, daily_swimming_report::text(&arguments)?)
        }
    };
    let message = PromptMessage::new_text(Role::User, format!("{text}\n{HOW_TO_SPEAK}"));
    let result = GetPromptResult::new(vec![message]);
    Ok(result.with_description(definition.description.unwrap_or_default()))
}

fn optional(name: &str, title: &str, description: &str) -> PromptArgument {
    PromptArgument::new(name)
        .with_title(title)
        .with_description(description)
        .with_required(false)
}

/// The argument `city`, which all prompts about one place have.
fn city() -> PromptArgument {
    optional(
        "city",
        "Place",
        "Where: brienz, interlaken, thun, bern, hagneck, biel, olten or brugg; bern if left out",
    )
}
