//! The prompts, one file each: requests that name the tools to call, in order, and the rules for
//! presenting their answers.

mod arguments;
mod compare_swimming_spots;
mod daily_swimming_report;
mod template;
mod weekly_trend_analysis;

use rmcp::{
    ErrorData,
    model::{GetPromptRequestParams, GetPromptResult, Prompt, PromptArgument, PromptMessage, Role},
};

use arguments::{ArgumentDefinition, PromptArguments};
use template::PromptTemplate;

/// The rules for presenting answers, appended to every prompt.
const PRESENTATION_RULES: &str = "\
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

/// All prompts, in the order in which they are listed.
static PROMPTS: [PromptTemplate; 3] = [
    daily_swimming_report::PROMPT,
    compare_swimming_spots::PROMPT,
    weekly_trend_analysis::PROMPT,
];

pub(crate) fn list() -> Vec<Prompt> {
    let argument = |it: &ArgumentDefinition| {
        PromptArgument::new(it.name)
            .with_title(it.title)
            .with_description(it.description)
            .with_required(false)
    };
    let prompt = |it: &PromptTemplate| {
        let arguments = it.arguments.iter().map(argument).collect();
        Prompt::new(it.name, Some(it.description), Some(arguments)).with_title(it.title)
    };
    PROMPTS.iter().map(prompt).collect()
}

/// Checks that a prompt exists.
///
/// # Errors
///
/// The prompt does not exist.
pub(crate) fn check_name(name: &str) -> Result<(), ErrorData> {
    find(name).map(drop)
}

fn find(name: &str) -> Result<&'static PromptTemplate, ErrorData> {
    PROMPTS.iter().find(|it| it.name == name).ok_or_else(|| {
        let names = PROMPTS.each_ref().map(|it| it.name).join(", ");
        ErrorData::invalid_params(format!("unknown prompt `{name}`; there are {names}"), None)
    })
}

/// Renders a prompt.
///
/// # Errors
///
/// The prompt does not exist, or an argument is invalid.
pub(crate) fn get(request: GetPromptRequestParams) -> Result<GetPromptResult, ErrorData> {
    let prompt = find(&request.name)?;
    let arguments = PromptArguments::new(
        prompt.name,
        prompt.arguments,
        request.arguments.unwrap_or_default(),
    )?;
    let text = (prompt.render)(&arguments)?;
    let message = PromptMessage::new_text(Role::User, format!("{text}\n{PRESENTATION_RULES}"));
    Ok(GetPromptResult::new(vec![message]).with_description(prompt.description))
}
