//! Sorts the fields of a response in the order of its query.
//!
//! async-graphql resolves fields concurrently, and adds each field when it is ready. The GraphQL
//! specification requires the order of the query.

use std::collections::HashMap;

use async_graphql::{
    Request, Response, Value,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

/// The order of the fields in a query. The query must be within the limits: recursive fragments
/// would not terminate.
#[derive(Debug)]
pub(super) struct FieldOrder {
    document: Option<ExecutableDocument>,
    operation: Option<String>,
}

/// The position of each response key, and the selections below it.
type SelectedFields<'a> = HashMap<&'a str, (usize, Vec<&'a SelectionSet>)>;

impl FieldOrder {
    pub(super) fn new(request: &mut Request) -> Self {
        Self {
            operation: request.operation_name.clone(),
            document: request.parsed_query().ok().cloned(),
        }
    }

    /// Sorts the fields of a response to the query.
    pub(super) fn apply(&self, response: &mut Response) {
        let Some(document) = &self.document else {
            return;
        };
        let is_executed =
            |name: Option<&str>| self.operation.is_none() || self.operation.as_deref() == name;
        let mut operations = document.operations.iter();
        let executed = operations.find(|(name, _)| is_executed(name.map(|name| name.as_str())));
        if let Some((_, operation)) = executed {
            sort_fields(
                document,
                &mut response.data,
                &[&operation.node.selection_set.node],
            );
        }
    }
}

fn sort_fields(document: &ExecutableDocument, value: &mut Value, sets: &[&SelectionSet]) {
    match value {
        Value::List(items) => {
            for item in items {
                sort_fields(document, item, sets);
            }
        }
        Value::Object(fields) => {
            let mut selected = SelectedFields::new();
            for set in sets {
                collect_fields(document, set, &mut selected);
            }
            let position = |key: &str| selected.get(key).map(|(position, _)| *position);
            fields.sort_by(|a, _, b, _| position(a).cmp(&position(b)));
            for (key, value) in fields {
                if let Some((_, sets)) = selected.get(key.as_str()) {
                    sort_fields(document, value, sets);
                }
            }
        }
        _ => {}
    }
}

fn collect_fields<'a>(
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
                collect_fields(document, &fragment.node.selection_set.node, selected);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    collect_fields(document, &fragment.node.selection_set.node, selected);
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
    fn assert_order(query: &str, operation: Option<&str>, data: Value, expected: &str) {
        let mut request = Request::new(query);
        request.operation_name = operation.map(str::to_owned);
        let order = FieldOrder::new(&mut request);
        let mut response = Response::new(data);
        order.apply(&mut response);
        assert_eq!(serde_json::to_string(&response.data).unwrap(), expected);
    }

    #[test]
    fn fields_are_sorted_in_lists_aliases_and_fragments() {
        assert_order(
            "{ b ...F c: d { y x } } fragment F on T { a ... on T { c: d { z y } } }",
            None,
            value!({ "a": 1, "b": 2, "c": [{ "x": 1, "y": 2, "z": 3 }, null] }),
            r#"{"b":2,"a":1,"c":[{"z":3,"y":2,"x":1},null]}"#,
        );
        assert_order(
            "query A { a b } query B { b a }",
            Some("B"),
            value!({ "a": 1, "b": 2 }),
            r#"{"b":2,"a":1}"#,
        );
        assert_order("{ a }", None, Value::Null, "null");
    }
}
