//! The arguments of a prompt, as MCP sends them: texts that people typed.
//! What is blank counts as left out.

use aareguru::Place;
use rmcp::{
    ErrorData,
    model::{JsonObject, Prompt},
};
use serde_json::Value;

#[derive(Debug)]
pub(super) struct Arguments(Vec<(String, String)>);

impl Arguments {
    /// The arguments, all of which the prompt has to have.
    pub(super) fn of(prompt: &Prompt, sent: JsonObject) -> Result<Self, ErrorData> {
        let known = prompt.arguments.as_deref().unwrap_or_default();
        let mut arguments = Vec::new();
        for (name, value) in sent {
            if !known.iter().any(|argument| argument.name == name) {
                let names: Vec<_> = known.iter().map(|it| it.name.as_str()).collect();
                let names = names.join(", ");
                let prompt = &prompt.name;
                let says = format!("unknown argument `{name}`; `{prompt}` takes {names}");
                return Err(invalid(says));
            }
            // The protocol knows texts only; not all clients do.
            let text = match value {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                Value::Bool(is_so) => is_so.to_string(),
                Value::Null => continue,
                Value::Array(_) | Value::Object(_) => {
                    return Err(invalid(format!("`{name}` has to be a text")));
                }
            };
            arguments.push((name, text));
        }
        Ok(Self(arguments))
    }

    /// The place that `city` names; Bern if it is left out.
    pub(super) fn city(&self) -> Result<&'static Place, ErrorData> {
        place(self.text("city").unwrap_or("bern"))
    }

    /// The places that `cities` names, each once; none if it is left out.
    pub(super) fn cities(&self) -> Result<Vec<&'static Place>, ErrorData> {
        let Some(text) = self.text("cities") else {
            return Ok(Vec::new());
        };
        // A comma may also be part of a name: `Bern, Schönau`.
        if let Ok(place) = Place::find(text) {
            return Ok(vec![place]);
        }
        let mut places = Vec::new();
        let names = text.split(',').map(str::trim);
        for name in names.filter(|name| !name.is_empty()) {
            let place = place(name)?;
            if !places.contains(&place) {
                places.push(place);
            }
        }
        Ok(places)
    }

    /// Yes or no.
    pub(super) fn is_wanted(&self, name: &str, default: bool) -> Result<bool, ErrorData> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        match text.to_lowercase().as_str() {
            "true" | "yes" => Ok(true),
            "false" | "no" => Ok(false),
            _ => Err(invalid(format!(
                "`{name}` is `true` or `false`, not `{text}`"
            ))),
        }
    }

    /// A temperature that water can have, in °C.
    pub(super) fn celsius(&self, name: &str) -> Result<Option<f64>, ErrorData> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let celsius = text.replace(',', ".").parse().ok();
        match celsius.filter(|celsius| (0.0..=40.0).contains(celsius)) {
            None => Err(invalid(format!(
                "`{name}` is a number of °C from 0 to 40, not `{text}`"
            ))),
            celsius => Ok(celsius),
        }
    }

    /// A whole number within `range`.
    pub(super) fn whole(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<u32>,
    ) -> Result<Option<u32>, ErrorData> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        match text.parse().ok().filter(|number| range.contains(number)) {
            None => Err(invalid(format!(
                "`{name}` is a whole number from {} to {}, not `{text}`",
                range.start(),
                range.end()
            ))),
            number => Ok(number),
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        let (_, text) = self.0.iter().find(|(known, _)| known == name)?;
        Some(text.trim()).filter(|text| !text.is_empty())
    }
}

fn place(name: &str) -> Result<&'static Place, ErrorData> {
    Place::find(name).map_err(|error| invalid(error.to_string()))
}

fn invalid(message: String) -> ErrorData {
    ErrorData::invalid_params(message, None)
}
