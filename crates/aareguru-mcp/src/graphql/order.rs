//! Puts an answer into the order of its question.
//!
//! The library resolves fields side by side and writes each down when it is
//! there. The specification has them in the order in which they were asked for,
//! which people read and some programs compare.

use std::collections::HashMap;

use async_graphql::{
    Request, Response, Value,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

/// The order of a question that was let in: its fragments do not contain
/// themselves.
#[derive(Debug)]
pub(super) struct Order {
    document: ExecutableDocument,
    operation: Option<String>,
}

/// Where each key stands, and what is asked below it.
type Asked<'a> = HashMap<&'a str, (usize, Vec<&'a SelectionSet>)>;

impl Order {
    pub(super) fn of(request: &mut Request) -> Option<Self> {
        let operation = request.operation_name.clone();
        let document = request.parsed_query().ok()?.clone();
        Some(Self {
            document,
            operation,
        })
    }

    pub(super) fn apply(&self, answer: &mut Response) {
        let mut operations = self.document.operations.iter();
        let wanted = self.operation.as_deref();
        let meant = operations.find(|(name, _)| {
            wanted.is_none_or(|wanted| name.is_some_and(|name| name.as_str() == wanted))
        });
        if let Some((_, operation)) = meant {
            self.sort(&mut answer.data, &[&operation.node.selection_set.node]);
        }
    }

    fn sort(&self, value: &mut Value, sets: &[&SelectionSet]) {
        if !matches!(value, Value::Object(_) | Value::List(_)) {
            return;
        }
        let mut asked = Asked::new();
        for set in sets {
            self.collect(set, &mut asked);
        }
        self.sort_each(value, &asked);
    }

    /// All objects of a list are asked the same.
    fn sort_each(&self, value: &mut Value, asked: &Asked<'_>) {
        match value {
            Value::List(items) => {
                for item in items {
                    self.sort_each(item, asked);
                }
            }
            Value::Object(fields) => {
                let place = |key: &str| asked.get(key).map(|(place, _)| *place);
                fields.sort_by(|a, _, b, _| place(a).cmp(&place(b)));
                for (key, value) in fields {
                    if let Some((_, sets)) = asked.get(key.as_str()) {
                        self.sort(value, sets);
                    }
                }
            }
            _ => {}
        }
    }

    fn collect<'a>(&'a self, set: &'a SelectionSet, asked: &mut Asked<'a>) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let place = asked.len();
                    let key = field.response_key().node.as_str();
                    let (_, sets) = asked.entry(key).or_insert((place, Vec::new()));
                    sets.push(&field.selection_set.node);
                }
                Selection::InlineFragment(fragment) => {
                    self.collect(&fragment.node.selection_set.node, asked);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.document.fragments.get(name) {
                        self.collect(&fragment.node.selection_set.node, asked);
                    }
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
        let order = Order::of(&mut request).unwrap();
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
