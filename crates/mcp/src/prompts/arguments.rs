//! The arguments of a prompt. Users type them, so blank text counts as absent.

use std::collections::BTreeMap;

use aareguru::Place;
use rmcp::{ErrorData, model::JsonObject};
use serde_json::Value;

/// An argument of a prompt, as `prompts/list` shows it.
pub(super) struct ArgumentDefinition {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
}

/// The argument `city` of the prompts about one place.
pub(super) const CITY: ArgumentDefinition = ArgumentDefinition {
    name: "city",
    title: "Place",
    description: "The place: brienz, interlaken, thun, bern, hagneck, biel, olten or brugg; default bern",
};

/// The arguments that a client sent.
#[derive(Debug)]
pub(super) struct PromptArguments(BTreeMap<String, String>);

impl PromptArguments {
    /// Checks the arguments that a client sent for a prompt.
    ///
    /// # Errors
    ///
    /// The prompt does not have such an argument, or a value is neither text, number nor boolean.
    pub(super) fn new(
        prompt: &str,
        definitions: &[ArgumentDefinition],
        sent: JsonObject,
    ) -> Result<Self, ErrorData> {
        let mut arguments = BTreeMap::new();
        for (name, value) in sent {
            if !definitions.iter().any(|it| it.name == name) {
                let names: Vec<_> = definitions.iter().map(|it| it.name).collect();
                let names = names.join(", ");
                let says = format!("unknown argument `{name}`; `{prompt}` takes {names}");
                return Err(invalid(says));
            }
            // The protocol allows only text, but some clients send other types.
            let text = match value {
                Value::String(text) => text.trim().to_owned(),
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                Value::Null => continue,
                Value::Array(_) | Value::Object(_) => {
                    return Err(invalid(format!("`{name}` must be text")));
                }
            };
            if !text.is_empty() {
                arguments.insert(name, text);
            }
        }
        Ok(Self(arguments))
    }

    /// Returns the place named by `city`, by default Bern.
    pub(super) fn city(&self) -> Result<&'static Place, ErrorData> {
        find_place(self.0.get("city").map_or("bern", String::as_str))
    }

    /// Returns the places named by `cities`, without duplicates; empty if it is absent.
    pub(super) fn cities(&self) -> Result<Vec<&'static Place>, ErrorData> {
        let Some(text) = self.0.get("cities") else {
            return Ok(Vec::new());
        };
        // A comma may also be part of a name: `Bern, Schönau`.
        if let Ok(place) = Place::find(text) {
            return Ok(vec![place]);
        }
        let mut places = Vec::new();
        let names = text.split(',').map(str::trim);
        for name in names.filter(|name| !name.is_empty()) {
            let place = find_place(name)?;
            if !places.contains(&place) {
                places.push(place);
            }
        }
        Ok(places)
    }

    /// Parses an argument; `None` if it is absent.
    pub(super) fn parse<T>(
        &self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ErrorData> {
        let parsed = self.0.get(name).map(|text| {
            let invalid = || invalid(format!("`{name}` must be {expected}, not `{text}`"));
            parse(text).ok_or_else(invalid)
        });
        parsed.transpose()
    }
}

fn find_place(name: &str) -> Result<&'static Place, ErrorData> {
    Place::find(name).map_err(|error| invalid(error.to_string()))
}

fn invalid(message: String) -> ErrorData {
    ErrorData::invalid_params(message, None)
}
