//! The definition of a prompt.

use rmcp::ErrorData;

use super::arguments::{ArgumentDefinition, PromptArguments};

pub(super) struct PromptTemplate {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    /// All arguments are optional.
    pub(super) arguments: &'static [ArgumentDefinition],
    pub(super) render: fn(&PromptArguments) -> Result<String, ErrorData>,
}
