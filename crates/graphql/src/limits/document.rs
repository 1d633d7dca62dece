//! Limits on the size of a document after expanding its fragments.
//!
//! Each fragment is measured once. The checks of async-graphql visit a fragment at every use, which
//! takes time exponential in the number of nested fragments.

use std::collections::HashMap;

use async_graphql::{
    Name, ServerError,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

use crate::error::{self, ErrorCode, limit_exceeded};

/// Maximum number of fields, including those of fragments at each use.
const MAX_FIELDS: usize = 1_000;
/// Maximum number of fields and aliases at the top level.
const MAX_ROOT_FIELDS: usize = 30;
/// Maximum number of directives, including those of fragments at each use.
const MAX_DIRECTIVES: usize = 30;
/// Maximum nesting of fields. The schema itself is not nested deeper.
const MAX_DEPTH: usize = 10;
/// Maximum nesting of fields below `__schema` and `__type`.
const MAX_SCHEMA_DEPTH: usize = 20;
/// Maximum nesting of lists that lead from one type of the schema to other types. Each level
/// multiplies the size of the response.
const MAX_SCHEMA_LISTS: usize = 3;

/// The size of a selection after expanding its fragments.
#[derive(Debug, Clone, Copy, Default)]
struct ExpandedSize {
    fields: usize,
    root_fields: usize,
    directives: usize,
    depth: usize,
    /// The nesting below `__schema` and `__type`.
    schema_depth: usize,
    schema_lists: usize,
}

/// Checks all operations of a document.
///
/// # Errors
///
/// The document exceeds a limit, or uses introspection although it is disabled.
pub(super) fn check(
    document: &ExecutableDocument,
    allows_introspection: bool,
) -> Result<(), ServerError> {
    let mut counter = SizeCounter {
        document,
        fragments: HashMap::new(),
    };
    let mut total = ExpandedSize::default();
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        total.add(counter.measure_selection(&operation.selection_set.node)?);
        total.add_directives(operation.directives.len());
        let variables = operation.variable_definitions.iter();
        total.add_directives(variables.map(|it| it.node.directives.len()).sum());
    }
    let split = "split it into several requests";
    for (count, limit, what, advice) in [
        (
            total.depth,
            MAX_DEPTH,
            "fields are nested too deep",
            "request places directly",
        ),
        (
            total.schema_depth,
            MAX_SCHEMA_DEPTH,
            "introspection fields are nested too deep",
            "docs/schema.graphql contains the whole schema",
        ),
        (
            total.schema_lists,
            MAX_SCHEMA_LISTS,
            "lists of the schema are nested too deep",
            "request types by name",
        ),
        (total.fields, MAX_FIELDS, "too many fields", split),
        (
            total.root_fields,
            MAX_ROOT_FIELDS,
            "too many fields or aliases at the top level",
            split,
        ),
        (
            total.directives,
            MAX_DIRECTIVES,
            "too many directives",
            "remove some",
        ),
    ] {
        if count > limit {
            return Err(limit_exceeded(what, limit, advice));
        }
    }
    if total.schema_depth > 0 && !allows_introspection {
        let text = "introspection is disabled on this server (GRAPHQL_INTROSPECTION=false)";
        return Err(error::operation(ErrorCode::IntrospectionOff, text));
    }
    Ok(())
}

struct SizeCounter<'a> {
    document: &'a ExecutableDocument,
    /// The size of each fragment; `None` while it is being measured.
    fragments: HashMap<&'a Name, Option<ExpandedSize>>,
}

impl<'a> SizeCounter<'a> {
    fn measure_selection(&mut self, set: &'a SelectionSet) -> Result<ExpandedSize, ServerError> {
        let mut total = ExpandedSize::default();
        for selection in &set.items {
            let selection = &selection.node;
            let mut size = match selection {
                Selection::Field(field) => {
                    let field = &field.node;
                    let below = self.measure_selection(&field.selection_set.node)?;
                    below.enclosed_in_field(&field.name.node)
                }
                Selection::InlineFragment(fragment) => {
                    self.measure_selection(&fragment.node.selection_set.node)?
                }
                Selection::FragmentSpread(spread) => {
                    self.measure_fragment(&spread.node.fragment_name.node)?
                }
            };
            size.add_directives(selection.directives().len());
            total.add(size);
        }
        Ok(total)
    }

    fn measure_fragment(&mut self, name: &'a Name) -> Result<ExpandedSize, ServerError> {
        // The validation rejects unknown fragments.
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(ExpandedSize::default());
        };
        match self.fragments.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                let text = format!("the fragment `{name}` contains itself");
                let code = ErrorCode::GraphqlValidationFailed;
                return Err(error::operation(code, text));
            }
            None => {}
        }
        self.fragments.insert(name, None);
        let mut size = self.measure_selection(&fragment.node.selection_set.node)?;
        size.add_directives(fragment.node.directives.len());
        self.fragments.insert(name, Some(size));
        Ok(size)
    }
}

impl ExpandedSize {
    /// Returns the size of the field `name` with this selection.
    fn enclosed_in_field(self, name: &str) -> Self {
        let is_schema = matches!(name, "__schema" | "__type");
        let is_list = matches!(
            name,
            "fields" | "inputFields" | "interfaces" | "possibleTypes"
        );
        Self {
            fields: self.fields.saturating_add(1),
            root_fields: 1,
            depth: if is_schema { 1 } else { self.depth + 1 },
            schema_depth: match is_schema {
                true => self.schema_depth.max(self.depth + 1),
                false => self.schema_depth,
            },
            schema_lists: self.schema_lists + usize::from(is_list),
            directives: self.directives,
        }
    }

    fn add_directives(&mut self, count: usize) {
        self.directives = self.directives.saturating_add(count);
    }

    fn add(&mut self, other: Self) {
        self.fields = self.fields.saturating_add(other.fields);
        self.root_fields = self.root_fields.saturating_add(other.root_fields);
        self.add_directives(other.directives);
        self.depth = self.depth.max(other.depth);
        self.schema_depth = self.schema_depth.max(other.schema_depth);
        self.schema_lists = self.schema_lists.max(other.schema_lists);
    }
}
