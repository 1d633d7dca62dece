//! Puts the fields of a response into the order of its query.
//!
//! The library resolves fields concurrently and adds each when it is ready. The GraphQL
//! specification requires the order of the query.

use std::collections::HashMap;

use async_graphql::{
    Request, Response, Value,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

/// The order of an admitted query: its fragments do not contain themselves.
#[derive(Debug)]
pub(super) struct FieldOrder {
    document: Option<ExecutableDocument>,
    operation: Option<String>,
}

/// The position of each response key, and what is selected below it.
type SelectedFields<'a> = HashMap<&'a str, (usize, Vec<&'a SelectionSet>)>;

impl FieldOrder {
    pub(super) fn new(request: &mut Request) -> Self {
        Self {
            operation: request.operation_name.clone(),
            document: request.parsed_query().ok().cloned(),
        }
    }

    pub(super) fn apply(&self, response: &mut Response) {
        let Some(document) = &self.document else {
            return;
        };
        let is_executed =
            |name: Option<&str>| self.operation.is_none() || self.operation.as_deref() == name;
        let mut operations = document.operations.iter();
        let executed = operations.find(|(name, _)| is_executed(name.map(|name| name.as_str())));
        if let Some((_, operation)) = executed {
            sort(
                document,
                &mut response.data,
                &[&operation.node.selection_set.node],
            );
        }
    }
}

fn sort(document: &ExecutableDocument, value: &mut Value, sets: &[&SelectionSet]) {
    match value {
        Value::List(items) => {
            for item in items {
                sort(document, item, sets);
            }
        }
        Value::Object(fields) => {
            let mut selected = SelectedFields::new();
            for set in sets {
                collect(document, set, &mut selected);
            }
            let position = |key: &str| selected.get(key).map(|(position, _)| *position);
            fields.sort_by(|a, _, b, _| position(a).cmp(&position(b)));
            for (key, value) in fields {
                if let Some((_, sets)) = selected.get(key.as_str()) {
                    sort(document, value, sets);
                }
            }
        }
        _ => {}
    }
}

fn collect<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    selected: &mut SelectedFields<'a>,
) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => {
                let field = &field.node;
                let position = selected.len();
                let key = field.response_key().node.as_str();
                let (_, sets) = selected.entry(key).or_insert((position, Vec::new()));
                sets.push(&field.selection_set.node);
            }
            Selection::InlineFragment(fragment) => {
                collect(document, &fragment.node.selection_set.node, selected);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    collect(document, &fragment.node.selection_set.node, selected);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    #[track_caller]
    fn ordered(query: &str, operation: Option<&str>, answer: Value, wanted: &str) {
        let mut request = Request::new(query);
        request.operation_name = operation.map(str::to_owned);
        let order = FieldOrder::new(&mut request);
        let mut answer = Response::new(answer);
        order.apply(&mut answer);
        assert_eq!(serde_json::to_string(&answer.data).unwrap(), wanted);
    }

    #[test]
    fn fields_stand_as_they_were_asked_through_lists_aliases_and_fragments() {
        ordered(
            "{ b ...F c: d { y x } } fragment F on T { a ... on T { c: d { z y } } }",
            None,
            value!({ "a": 1, "b": 2, "c": [{ "x": 1, "y": 2, "z": 3 }, null] }),
            r#"{"b":2,"a":1,"c":[{"z":3,"y":2,"x":1},null]}"#,
        );
        ordered(
            "query A { a b } query B { b a }",
            Some("B"),
            value!({ "a": 1, "b": 2 }),
            r#"{"b":2,"a":1}"#,
        );
        ordered("{ a }", None, Value::Null, "null");
    }
}
