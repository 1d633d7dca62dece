//! Reads `python-mcp-2.3.0.txt`, which describes its own format.

use std::collections::BTreeMap;

use serde_json::{Value, json};

const TEXT: &str = include_str!("python-mcp-2.3.0.txt");

/// Cases that share a server and, if there is a `session` setting, a session.
#[derive(Default)]
pub(super) struct Conversation {
    pub(super) settings: Vec<&'static str>,
    pub(super) cases: Vec<Case>,
}

#[derive(Default)]
pub(super) struct Case {
    /// The name of the case, up to the first `-`.
    pub(super) number: &'static str,
    /// An event in addition to the request.
    pub(super) side_event: Option<&'static str>,
    request: Vec<&'static str>,
    response: Vec<&'static str>,
    stream: Vec<&'static str>,
}

/// The response to one request, from the reference or from us.
pub(super) struct Exchange {
    /// The status line and headers.
    pub(super) head: String,
    pub(super) body: String,
    /// The events and comments of the stream, without the blank line.
    pub(super) events: Vec<String>,
}

/// The compared facts: a name and a value each.
pub(super) type Facts = BTreeMap<String, Value>;

pub(super) fn conversations() -> Vec<Conversation> {
    let mut conversations = vec![Conversation::default()];
    for line in TEXT.split('\n') {
        let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
        let conversation = conversations.last_mut().unwrap();
        if mark == "@" {
            if !conversation.cases.is_empty() {
                conversations.push(Conversation::default());
            }
            conversations.last_mut().unwrap().settings.push(rest);
        } else if mark == "===" {
            let number = rest.split('-').next().unwrap();
            conversation.cases.push(Case {
                number,
                ..Case::default()
            });
        } else if let Some(case) = conversation.cases.last_mut() {
            match mark {
                "!" => case.side_event = Some(rest),
                ">" => case.request.push(rest),
                "<" => case.response.push(rest),
                "*" => case.stream.push(rest),
                // A title or a blank line.
                _ => {}
            }
        }
    }
    conversations
}

/// Returns the parts before and after the blank line.
fn split(lines: &[&str]) -> (String, String) {
    let end = lines.iter().position(|line| line.is_empty());
    let (head, body) = lines.split_at(end.unwrap_or(lines.len()));
    (head.join("\r\n"), body.concat())
}

impl Case {
    /// Returns the request's body, expanded.
    pub(super) fn body(&self) -> String {
        let (_, body) = split(&self.request);
        let Some((before, rest)) = body.split_once("{A*") else {
            return body;
        };
        let (times, after) = rest.split_once('}').unwrap();
        format!("{before}{}{after}", "A".repeat(times.parse().unwrap()))
    }

    /// Returns the request as bytes on the wire.
    pub(super) fn request(&self) -> String {
        let (head, _) = split(&self.request);
        let body = self.body();
        if head.contains("\r\nTransfer-Encoding: chunked") {
            let length = body.len();
            format!("{head}\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n")
        } else {
            format!("{head}\r\n\r\n{body}")
        }
    }

    /// Returns the response of the reference.
    pub(super) fn reference(&self) -> Exchange {
        let (head, body) = split(&self.response);
        let events = self.stream.split(|line| line.is_empty());
        let events = events.filter(|lines| !lines.is_empty());
        Exchange {
            head,
            body,
            events: events.map(|lines| lines.join("\r\n")).collect(),
        }
    }
}

/// Headers that are not compared.
const NOT_COMPARED: &[&str] = &[
    // They follow from the body and from the HTTP server.
    "content-length",
    "transfer-encoding",
    "connection",
    // Ours has one, the recordings have none.
    "date",
];

impl Exchange {
    pub(super) fn facts(&self) -> Facts {
        let mut facts = Facts::new();
        let mut lines = self.head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        facts.insert("status".to_owned(), status.into());
        facts.insert("body".to_owned(), self.body.as_str().into());
        for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
            let name = name.to_lowercase();
            if NOT_COMPARED.contains(&name.as_str()) {
                continue;
            }
            let value = match name.as_str() {
                "allow" => sorted(value),
                _ => value.to_owned(),
            };
            facts.insert(name, value.into());
        }
        for event in &self.events {
            add_event(&mut facts, event);
        }
        facts
    }
}

/// Sorts a list of methods, whose order has no meaning.
fn sorted(methods: &str) -> String {
    let mut methods = methods.split(", ").collect::<Vec<_>>();
    methods.sort_unstable();
    methods.join(", ")
}

/// Adds an event to those of its kind, and the names of its fields.
fn add_event(facts: &mut Facts, event: &str) {
    let mut add = |name: &str, value: Value| {
        let list = facts.entry(name.to_owned()).or_insert_with(|| json!([]));
        list.as_array_mut().unwrap().push(value);
    };
    if event.starts_with(':') {
        return add("comments", event.into());
    }
    let kind = field(event, "event").unwrap();
    let data = field(event, "data").unwrap();
    let value = match kind {
        "message" => without_handler_data(serde_json::from_str(data).unwrap()),
        _ => without_session_id(data).into(),
    };
    add(kind, value);
    let names = event.split("\r\n").map(|line| line.split(':').next());
    let names = names.collect::<Option<Vec<_>>>().unwrap().join(" ");
    facts.insert(format!("{kind} fields"), names.into());
}

/// Returns the first value of a field of an event.
pub(super) fn field<'a>(event: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = event.split("\r\n");
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Replaces a random session id in the reference's format by `{id}`.
fn without_session_id(uri: &str) -> String {
    let is_id = |text: &str| {
        let digit = |b| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        text.len() == 32 && text.bytes().all(digit)
    };
    match uri.split_once("session_id=") {
        Some((before, id)) if is_id(id) => format!("{before}session_id={{id}}"),
        _ => uri.to_owned(),
    }
}

/// Returns a message without the handler's data: identity, capabilities and error texts.
fn without_handler_data(mut message: Value) -> Value {
    if let Some(error) = message.get_mut("error") {
        *error = json!({"code": error["code"]});
    }
    if let Some(result) = message.get_mut("result").and_then(Value::as_object_mut) {
        result.retain(|name, _| !matches!(name.as_str(), "capabilities" | "serverInfo" | "tools"));
    }
    message
}
