//! Tools that return input requests; the client calls again with the responses (SEP-2322, since
//! 2026-07-28).

use std::fmt;

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, ClientCapabilities, InputRequiredResult,
        RequestStateCodec, Tool,
    },
    service::RequestContext,
};
use serde_json::{Value, json};

use super::{content, typed};

const NAMES: [&str; 10] = [
    "test_input_required_result_elicitation",
    "test_input_required_result_sampling",
    "test_input_required_result_list_roots",
    "test_input_required_result_request_state",
    "test_input_required_result_tampered_state",
    "test_input_required_result_multiple_inputs",
    "test_input_required_result_multi_round",
    "test_input_required_result_capabilities",
    "test_streaming_elicitation",
    "test_missing_capability",
];

pub(super) fn tools() -> Vec<Tool> {
    NAMES.map(content::without_arguments).to_vec()
}

/// Seals the state that clients return with their next call.
pub(super) struct RequestStateSeal(RequestStateCodec);

impl Default for RequestStateSeal {
    fn default() -> Self {
        let key = *b"a fixture's key, known to anyone";
        Self(RequestStateCodec::try_new(key).expect("the key is long enough"))
    }
}

impl fmt::Debug for RequestStateSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestStateSeal")
    }
}

impl RequestStateSeal {
    fn open(&self, request: &CallToolRequestParams) -> Result<Option<String>, ErrorData> {
        let Some(sealed) = &request.request_state else {
            return Ok(None);
        };
        let opened = self
            .0
            .open(sealed)
            .map_err(|error| ErrorData::invalid_params(format!("requestState: {error}"), None))?;
        Ok(Some(String::from_utf8_lossy(&opened).into_owned()))
    }
}

pub(super) fn call(
    seal: &RequestStateSeal,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<Option<CallToolResponse>, ErrorData> {
    let given = |key: &str| {
        let answers = request.input_responses.as_ref();
        answers.and_then(|answers| answers.get(key))
    };
    let field = |key: &str, name: &str| given(key)?.pointer(name)?.as_str().map(str::to_owned);
    let request_input = |questions: Value, state: Option<&str>| {
        let state = state.map(|state| seal.0.seal(state.as_bytes()));
        InputRequiredResult::new(Some(typed(questions)), state).into()
    };
    let text = |text: &str| content::text_result(text).into();
    let state = seal.open(request)?;

    let answer = match request.name.as_ref() {
        "test_input_required_result_elicitation" | "test_streaming_elicitation" => {
            match field("user_name", "/content/name") {
                Some(name) => text(&format!("Hello, {name}!")),
                None => request_input(json!({ "user_name": name("What is your name?") }), None),
            }
        }
        "test_input_required_result_sampling" => match field("capital_question", "/content/text") {
            Some(capital) => text(&capital),
            None => {
                let question = sampling("What is the capital of France?", 100);
                request_input(json!({ "capital_question": question }), None)
            }
        },
        "test_input_required_result_list_roots" => match given("client_roots") {
            Some(roots) => text(&format!("Roots: {}", roots["roots"])),
            None => request_input(json!({ "client_roots": roots() }), None),
        },
        "test_input_required_result_request_state"
        | "test_input_required_result_tampered_state" => match (given("confirm"), state) {
            (Some(_), Some(state)) if state == "pending" => text("state-ok"),
            _ => request_input(json!({ "confirm": confirmation() }), Some("pending")),
        },
        "test_input_required_result_multiple_inputs" => {
            let keys = ["user_name", "greeting", "client_roots"];
            if keys.into_iter().all(|key| given(key).is_some()) && state.is_some() {
                text("All three are here.")
            } else {
                let questions = json!({
                    "user_name": name("What is your name?"),
                    "greeting": sampling("Generate a greeting", 50),
                    "client_roots": roots(),
                });
                request_input(questions, Some("pending"))
            }
        }
        "test_input_required_result_multi_round" => {
            let (step1, step2) = (
                field("step1", "/content/name"),
                field("step2", "/content/color"),
            );
            match (state.as_deref(), step1, step2) {
                (Some("round 2"), _, Some(color)) => text(&format!("{color} it is.")),
                (Some("round 1"), Some(_), _) => {
                    request_input(json!({ "step2": color() }), Some("round 2"))
                }
                _ => request_input(
                    json!({ "step1": name("Step 1: What is your name?") }),
                    Some("round 1"),
                ),
            }
        }
        "test_input_required_result_capabilities" => {
            let client = context.client_capabilities().unwrap_or_default();
            let mut questions = json!({});
            if client.sampling.is_some() {
                questions["greeting"] = sampling("Generate a greeting", 50);
            }
            if client.elicitation.is_some() {
                questions["user_name"] = name("What is your name?");
            }
            request_input(questions, None)
        }
        "test_missing_capability" => {
            let client = context.client_capabilities().unwrap_or_default();
            if client.sampling.is_none() {
                let needed: ClientCapabilities = typed(json!({ "sampling": {} }));
                return Err(ErrorData::missing_required_client_capability(needed));
            }
            text("The client can sample.")
        }
        _ => return Ok(None),
    };
    Ok(Some(answer))
}

pub(super) fn elicitation(message: &str, field: &str, kind: &str) -> Value {
    json!({
        "method": "elicitation/create",
        "params": {
            "mode": "form",
            "message": message,
            "requestedSchema": {
                "type": "object",
                "properties": { field: { "type": kind } },
                "required": [field],
            },
        },
    })
}

fn name(message: &str) -> Value {
    elicitation(message, "name", "string")
}

fn color() -> Value {
    elicitation("Step 2: What is your favorite color?", "color", "string")
}

fn confirmation() -> Value {
    elicitation("Please confirm", "ok", "boolean")
}

fn sampling(prompt: &str, max_tokens: u32) -> Value {
    json!({
        "method": "sampling/createMessage",
        "params": {
            "messages": [{ "role": "user", "content": content::text(prompt) }],
            "maxTokens": max_tokens,
        },
    })
}

fn roots() -> Value {
    json!({ "method": "roots/list", "params": {} })
}
