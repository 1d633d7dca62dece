//! What a document expands to. Each fragment is counted once and multiplied,
//! so that the counting does not itself expand.

use std::collections::HashMap;

use async_graphql::{
    Name, ServerError,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

use super::{
    MAX_DEPTH, MAX_DIRECTIVES, MAX_FIELDS, MAX_ROOT_FIELDS, MAX_SCHEMA_DEPTH, MAX_SCHEMA_LISTS,
    too_much, with_code,
};
use crate::graphql::trouble::Code;

/// The lists by which a schema leads from one type to others.
const SCHEMA_LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// What a selection expands to.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    fields: usize,
    /// Those at its top.
    top: usize,
    directives: usize,
    depth: usize,
    /// The same below `__schema` and `__type`.
    schema_depth: usize,
    /// How often one of [`SCHEMA_LISTS`] is nested.
    schema_lists: usize,
    asks_for_schema: bool,
}

/// # Errors
///
/// It asks for more than may be, or for the schema where it is not told.
pub(super) fn check(document: &ExecutableDocument, tells_schema: bool) -> Result<(), ServerError> {
    let mut counting = Counting {
        document,
        fragments: HashMap::new(),
    };
    let mut all = Extent::default();
    for (_, operation) in document.operations.iter() {
        let mut extent = counting.of(&operation.node.selection_set.node)?;
        extent.directives += operation.node.directives.len();
        let variables = operation.node.variable_definitions.iter();
        extent.directives += variables.map(|it| it.node.directives.len()).sum::<usize>();
        all.add(extent);
    }
    let ask_less = "ask in several requests";
    for (what, count, limit, way_out) in [
        (
            "fields are nested too deep",
            all.depth,
            MAX_DEPTH,
            "ask for places directly",
        ),
        (
            "the schema is asked for too deep",
            all.schema_depth,
            MAX_SCHEMA_DEPTH,
            "the whole of it is in docs/schema.graphql",
        ),
        (
            "lists of the schema are nested too deep",
            all.schema_lists,
            MAX_SCHEMA_LISTS,
            "ask for types by their names",
        ),
        ("too many fields", all.fields, MAX_FIELDS, ask_less),
        (
            "too many fields or aliases at the top",
            all.top,
            MAX_ROOT_FIELDS,
            ask_less,
        ),
        (
            "too many directives",
            all.directives,
            MAX_DIRECTIVES,
            "leave some out",
        ),
    ] {
        if count > limit {
            return Err(too_much(what, limit, way_out));
        }
    }
    if all.asks_for_schema && !tells_schema {
        let text = "this server does not tell its schema (GRAPHQL_INTROSPECTION=false)";
        return Err(with_code(
            ServerError::new(text, None),
            Code::IntrospectionOff,
        ));
    }
    Ok(())
}

struct Counting<'a> {
    document: &'a ExecutableDocument,
    /// `None` while it is being counted.
    fragments: HashMap<&'a Name, Option<Extent>>,
}

impl<'a> Counting<'a> {
    fn of(&mut self, selections: &'a SelectionSet) -> Result<Extent, ServerError> {
        let mut all = Extent::default();
        for selection in &selections.items {
            let (mut extent, directives) = match &selection.node {
                Selection::Field(field) => {
                    let below = self.of(&field.node.selection_set.node)?;
                    let extent = below.below(field.node.name.node.as_str());
                    (extent, field.node.directives.len())
                }
                Selection::InlineFragment(fragment) => {
                    let extent = self.of(&fragment.node.selection_set.node)?;
                    (extent, fragment.node.directives.len())
                }
                Selection::FragmentSpread(spread) => {
                    let extent = self.fragment(&spread.node.fragment_name.node)?;
                    (extent, spread.node.directives.len())
                }
            };
            extent.directives = extent.directives.saturating_add(directives);
            all.add(extent);
        }
        Ok(all)
    }

    fn fragment(&mut self, name: &Name) -> Result<Extent, ServerError> {
        // That it does not exist is said by the validation.
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Ok(Extent::default());
        };
        match self.fragments.get(name) {
            Some(Some(extent)) => return Ok(*extent),
            Some(None) => {
                let text = format!("the fragment `{name}` contains itself");
                let error = ServerError::new(text, Some(fragment.pos));
                return Err(with_code(error, Code::ValidationFailed));
            }
            None => {}
        }
        self.fragments.insert(name, None);
        let mut extent = self.of(&fragment.node.selection_set.node)?;
        extent.directives = extent
            .directives
            .saturating_add(fragment.node.directives.len());
        self.fragments.insert(name, Some(extent));
        Ok(extent)
    }
}

impl Extent {
    /// A field of this name with this below it.
    fn below(self, name: &str) -> Self {
        let is_schema = matches!(name, "__schema" | "__type");
        let is_list = SCHEMA_LISTS.contains(&name);
        let depth = if is_schema { 0 } else { self.depth } + 1;
        Self {
            fields: self.fields.saturating_add(1),
            top: 1,
            directives: self.directives,
            depth,
            schema_depth: self
                .schema_depth
                .max(if is_schema { self.depth + 1 } else { 0 }),
            schema_lists: self.schema_lists + usize::from(is_list),
            asks_for_schema: self.asks_for_schema || is_schema,
        }
    }

    fn add(&mut self, other: Self) {
        self.fields = self.fields.saturating_add(other.fields);
        self.top = self.top.saturating_add(other.top);
        self.directives = self.directives.saturating_add(other.directives);
        self.depth = self.depth.max(other.depth);
        self.schema_depth = self.schema_depth.max(other.schema_depth);
        self.schema_lists = self.schema_lists.max(other.schema_lists);
        self.asks_for_schema |= other.asks_for_schema;
    }
}
