//! The question book, `docs/QUESTIONS.md`: every call is answered, and every
//! field is in the answer and in the tool's output schema.

use std::collections::HashMap;

use serde_json::Value;

use testkit::{ServerProcess, SseSession};

use crate::tools::forbidden_claims::assert_no_forbidden_claims;

const BOOK: &str = include_str!("../../../../../docs/QUESTIONS.md");

/// A row of the question book.
struct Row {
    question: &'static str,
    answer: Answer,
}

enum Answer {
    Call {
        tool: &'static str,
        arguments: Value,
        field: &'static str,
    },
    /// The text to say instead.
    NotInThisData(&'static str),
}

fn rows() -> Vec<Row> {
    let rows = BOOK.lines().filter(|line| line.starts_with("| "));
    rows.filter(|line| !line.starts_with("| question |"))
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let [question, tool, arguments, field] = cells[..] else {
                panic!("four columns: {line}");
            };
            let code = |cell: &'static str| {
                let inside = cell.strip_prefix('`').and_then(|it| it.strip_suffix('`'));
                inside.unwrap_or_else(|| panic!("`{cell}` in {line}"))
            };
            let answer = if tool == "–" {
                assert_eq!(arguments, "–", "{line}");
                Answer::NotInThisData(field)
            } else {
                Answer::Call {
                    tool: code(tool),
                    arguments: serde_json::from_str(code(arguments)).unwrap(),
                    field: code(field),
                }
            };
            Row { question, answer }
        })
        .collect()
}

#[tokio::test]
async fn question_book_fields_exist_in_answers_and_schemas() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    let tools = session.tools().await;
    let schemas: HashMap<&str, &Value> = tools
        .iter()
        .map(|tool| (tool["name"].as_str().unwrap(), &tool["outputSchema"]))
        .collect();
    for row in rows() {
        let Answer::Call {
            tool,
            arguments,
            field,
        } = row.answer
        else {
            continue;
        };
        let question = row.question;
        let answer = session.call_tool(2, tool, &arguments.to_string()).await;
        let result = &answer["result"];
        assert_eq!(result["isError"], false, "{question}: {answer}");
        assert_field_present(&result["structuredContent"], field, question);
        let schema = schemas[tool];
        assert!(
            schema_has_field(schema, schema, &parts(field)),
            "{question}: {field} is not in the output schema of {tool}"
        );
    }
}

#[test]
fn question_book_has_a_hundred_unique_questions() {
    let rows = rows();
    let (answered, not): (Vec<_>, Vec<_>) = rows
        .iter()
        .partition(|row| matches!(row.answer, Answer::Call { .. }));
    assert!(answered.len() >= 100, "{}", answered.len());
    assert!(not.len() >= 15, "{}", not.len());
    let mut questions: Vec<_> = rows.iter().map(|row| row.question).collect();
    questions.sort_unstable();
    let all = questions.len();
    questions.dedup();
    assert_eq!(questions.len(), all);
}

#[test]
fn question_book_makes_no_forbidden_claims() {
    for row in rows() {
        match row.answer {
            Answer::Call { field, .. } => assert_no_forbidden_claims(field),
            Answer::NotInThisData(says) => {
                assert!(says.starts_with("not in this data"), "{says}");
                assert!(says.contains(": "), "the way out: {says}");
                assert_no_forbidden_claims(says);
            }
        }
    }
}

#[tokio::test]
async fn question_book_covers_every_tool() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    for tool in session.tools().await {
        let is_its =
            |row: &Row| matches!(row.answer, Answer::Call { tool: its, .. } if tool["name"] == its);
        let rows = rows().into_iter().filter(is_its);
        assert!(rows.count() >= 5, "{}", tool["name"]);
    }
}

fn parts(field: &str) -> Vec<&str> {
    assert!(field.starts_with('/'), "{field}");
    field.split('/').skip(1).collect()
}

/// Asserts that the field is in the answer. An unknown value has no fields, and an empty list has
/// no items; only the schema shows them then.
#[track_caller]
fn assert_field_present(answer: &Value, field: &str, question: &str) {
    let mut at = answer;
    for part in parts(field) {
        at = match at {
            Value::Null => return,
            Value::Array(items) if items.is_empty() => return,
            Value::Array(items) => match items.get(part.parse::<usize>().unwrap()) {
                Some(item) => item,
                // The list may be shorter than on other days.
                None => return,
            },
            Value::Object(fields) => match fields.get(part) {
                Some(field) => field,
                None => panic!("{question}: no {field} in {answer}"),
            },
            _ => panic!("{question}: {field} goes into a plain value of {answer}"),
        };
    }
}

/// Whether a schema, which is part of `root`, has the field.
fn schema_has_field(root: &Value, schema: &Value, parts: &[&str]) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.strip_prefix('#').unwrap();
        return schema_has_field(root, root.pointer(name).unwrap(), parts);
    }
    let choices = ["anyOf", "oneOf", "allOf"];
    let choices = choices.iter().filter_map(|name| schema[name].as_array());
    if choices
        .flatten()
        .any(|choice| schema_has_field(root, choice, parts))
    {
        return true;
    }
    let Some((first, rest)) = parts.split_first() else {
        return true;
    };
    let of = match first.parse::<usize>() {
        Ok(_) => &schema["items"],
        Err(_) => &schema["properties"][first],
    };
    !of.is_null() && schema_has_field(root, of, rest)
}
