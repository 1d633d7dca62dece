//! Prompts.

use rmcp::{
    ErrorData,
    model::{
        GetPromptRequestParams, GetPromptResponse, GetPromptResult, InputRequiredResult, Prompt,
    },
};
use serde_json::{Value, json};

use super::{content, input_required, result, typed};

pub(super) fn all() -> Vec<Prompt> {
    let prompt = |name: &str, arguments: &[&str]| -> Prompt {
        let argument = |name| json!({ "name": name, "required": true });
        let arguments: Vec<_> = arguments.iter().map(argument).collect();
        typed(json!({
            "name": name,
            "description": format!("The conformance suite's `{name}`"),
            "arguments": arguments,
        }))
    };
    vec![
        prompt("test_simple_prompt", &[]),
        prompt("test_prompt_with_arguments", &["arg1", "arg2"]),
        prompt("test_prompt_with_embedded_resource", &["resourceUri"]),
        prompt("test_prompt_with_image", &[]),
        prompt("test_input_required_result_prompt", &[]),
    ]
}

pub(super) fn get(request: &GetPromptRequestParams) -> Result<GetPromptResponse, ErrorData> {
    let argument = |name: &str| {
        let arguments = request.arguments.as_ref();
        let value = arguments.and_then(|arguments| arguments.get(name)?.as_str());
        value.ok_or_else(|| {
            ErrorData::invalid_params(format!("the argument `{name}` is missing"), None)
        })
    };
    let messages = match request.name.as_str() {
        "test_simple_prompt" => vec![content::text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => {
            let (one, two) = (argument("arg1")?, argument("arg2")?);
            let text = format!("Prompt with arguments: arg1='{one}', arg2='{two}'");
            vec![content::text(&text)]
        }
        "test_prompt_with_embedded_resource" => {
            let text = "Embedded resource content for testing.";
            vec![
                content::resource(argument("resourceUri")?, "text/plain", text),
                content::text("Please process the embedded resource above."),
            ]
        }
        "test_prompt_with_image" => vec![
            content::image(),
            content::text("Please analyze the image above."),
        ],
        "test_input_required_result_prompt" => {
            let answers = request.input_responses.as_ref();
            let context = answers.and_then(|answers| {
                answers
                    .get("user_context")?
                    .pointer("/content/context")?
                    .as_str()
            });
            match context {
                Some(context) => vec![content::text(&format!("Context: {context}"))],
                None => {
                    let message = "What context should the prompt use?";
                    let question = input_required::elicitation(message, "context", "string");
                    let questions = typed(json!({ "user_context": question }));
                    return Ok(InputRequiredResult::from_input_requests(questions).into());
                }
            }
        }
        name => {
            let text = format!("unknown prompt `{name}`");
            return Err(ErrorData::invalid_params(text, None));
        }
    };
    Ok(from_user(messages).into())
}

fn from_user(contents: Vec<Value>) -> GetPromptResult {
    let message = |content| json!({ "role": "user", "content": content });
    let messages: Vec<_> = contents.into_iter().map(message).collect();
    result(json!({ "messages": messages }))
}
