//! Tools that send requests to the client while they run, as in the revisions up to 2025-11-25.

use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolRequestParams, CallToolResult, Tool},
    service::{RequestContext, ServiceError},
};
use serde_json::{Value, json};

use super::{content, typed};

pub(super) fn tools() -> Vec<Tool> {
    let with_argument = |name: &str, argument: &str| -> Tool {
        typed(json!({
            "name": name,
            "description": format!("The conformance suite's `{name}`"),
            "inputSchema": {
                "type": "object",
                "properties": { argument: { "type": "string" } },
                "required": [argument],
            },
        }))
    };
    vec![
        with_argument("test_sampling", "prompt"),
        with_argument("test_elicitation", "message"),
        content::without_arguments("test_elicitation_sep1034_defaults"),
        content::without_arguments("test_elicitation_sep1330_enums"),
    ]
}

pub(super) async fn call(
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<Option<CallToolResult>, ErrorData> {
    let argument = |name: &str| {
        let arguments = request.arguments.as_ref();
        let value = arguments.and_then(|arguments| arguments.get(name)?.as_str());
        value.map(str::to_owned).ok_or_else(|| {
            ErrorData::invalid_params(format!("the argument `{name}` is missing"), None)
        })
    };
    let answer = match request.name.as_ref() {
        "test_sampling" => sample(&argument("prompt")?, context).await?,
        "test_elicitation" => {
            let (action, answers) = elicit(&argument("message")?, user(), context).await?;
            format!("User response: action={action}, content={answers}")
        }
        "test_elicitation_sep1034_defaults" => {
            elicitation_summary("Who are you?", defaults(), context).await?
        }
        "test_elicitation_sep1330_enums" => {
            elicitation_summary("Which ones?", enums(), context).await?
        }
        _ => return Ok(None),
    };
    Ok(Some(content::text_result(&answer)))
}

async fn sample(prompt: &str, context: &RequestContext<RoleServer>) -> Result<String, ErrorData> {
    let question = typed(json!({
        "messages": [{ "role": "user", "content": content::text(prompt) }],
        "maxTokens": 100,
    }));
    let answer = context
        .peer
        .create_message(question)
        .await
        .map_err(request_error)?;
    let answer = json!(answer);
    let text = answer.pointer("/content/text").and_then(Value::as_str);
    Ok(format!("LLM response: {}", text.unwrap_or_default()))
}

async fn elicitation_summary(
    message: &str,
    schema: Value,
    context: &RequestContext<RoleServer>,
) -> Result<String, ErrorData> {
    let (action, answers) = elicit(message, schema, context).await?;
    Ok(format!(
        "Elicitation completed: action={action}, content={answers}"
    ))
}

async fn elicit(
    message: &str,
    schema: Value,
    context: &RequestContext<RoleServer>,
) -> Result<(String, Value), ErrorData> {
    let question = typed(json!({
        "mode": "form",
        "message": message,
        "requestedSchema": schema,
    }));
    let answer = context.peer.create_elicitation(question).await;
    let answer = json!(answer.map_err(request_error)?);
    let action = answer["action"].as_str().unwrap_or_default().to_owned();
    Ok((action, answer["content"].clone()))
}

fn request_error(error: ServiceError) -> ErrorData {
    match error {
        ServiceError::McpError(error) => error,
        error => ErrorData::internal_error(error.to_string(), None),
    }
}

fn user() -> Value {
    json!({
        "type": "object",
        "properties": {
            "username": { "type": "string", "description": "User's response" },
            "email": { "type": "string", "description": "User's email address" },
        },
        "required": ["username", "email"],
    })
}

/// A schema with a default for each primitive type (SEP-1034).
fn defaults() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "default": "John Doe" },
            "age": { "type": "integer", "default": 30 },
            "score": { "type": "number", "default": 95.5 },
            "status": {
                "type": "string",
                "enum": ["active", "inactive", "pending"],
                "default": "active",
            },
            "verified": { "type": "boolean", "default": true },
        },
    })
}

/// A schema with each kind of enumeration (SEP-1330).
fn enums() -> Value {
    let titled = |title: &str| {
        json!([
            { "const": "value1", "title": format!("First {title}") },
            { "const": "value2", "title": format!("Second {title}") },
            { "const": "value3", "title": format!("Third {title}") },
        ])
    };
    let plain = json!(["option1", "option2", "option3"]);
    json!({
        "type": "object",
        "properties": {
            "untitledSingle": { "type": "string", "enum": plain },
            "titledSingle": { "type": "string", "oneOf": titled("Option") },
            "legacyEnum": {
                "type": "string",
                "enum": ["opt1", "opt2", "opt3"],
                "enumNames": ["Option One", "Option Two", "Option Three"],
            },
            "untitledMulti": {
                "type": "array",
                "items": { "type": "string", "enum": plain },
            },
            "titledMulti": { "type": "array", "items": { "anyOf": titled("Choice") } },
        },
    })
}
