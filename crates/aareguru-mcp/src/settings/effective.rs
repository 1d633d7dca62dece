//! The settings in effect, each with where it comes from, as `check-config`
//! shows them.

use std::{ffi::OsString, fmt::Write};

use serde_json::json;

use super::{Origin, field::Field};

/// Settings, and where they come from.
#[derive(Debug, Clone)]
pub struct Effective<T = super::Settings> {
    /// What the program works with.
    pub settings: T,
    /// Each setting, in the order of declaration.
    pub values: Vec<Value>,
}

/// One setting in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// As an environment variable.
    pub variable: String,
    /// As one would write it; of a secret only how many values there are.
    pub shown: String,
    /// Where it comes from.
    pub origin: Origin,
    /// The group of settings it belongs to.
    pub heading: String,
    is_secret: bool,
    is_hidden: bool,
}

impl Value {
    pub(super) fn new(field: &Field, values: &[OsString], origin: Origin) -> Self {
        let text: Vec<_> = values.iter().map(|v| v.to_string_lossy()).collect();
        let text = text.join(",");
        let shown = if field.is_secret() && !text.is_empty() {
            let count = text.split(',').filter(|v| !v.trim().is_empty()).count();
            match (field.is_list(), count) {
                (true, 2..) => format!("({count} secrets)"),
                _ => "(secret)".to_owned(),
            }
        } else {
            text
        };
        Self {
            variable: field.variable(),
            shown,
            origin,
            heading: field.heading().to_owned(),
            is_secret: field.is_secret(),
            is_hidden: field.is_hidden(),
        }
    }

    /// Old names that do nothing are of interest only where they are used.
    fn is_of_interest(&self) -> bool {
        !self.is_hidden || self.origin != Origin::Default
    }
}

impl<T> Effective<T> {
    /// A table for people.
    pub fn table(&self) -> String {
        let values = || self.values.iter().filter(|value| value.is_of_interest());
        let longest = |length: fn(&Value) -> usize| values().map(length).max().unwrap_or(0);
        let variable = longest(|value| value.variable.len());
        let shown = longest(|value| value.shown.chars().count()).min(48);
        let mut table = String::new();
        let mut heading = "";
        for value in values() {
            if value.heading != heading {
                let gap = if heading.is_empty() { "" } else { "\n" };
                heading = &value.heading;
                let _ = writeln!(table, "{gap}{heading}");
            }
            let _ = writeln!(
                table,
                "  {:variable$}  {:shown$}  {}",
                value.variable, value.shown, value.origin
            );
        }
        table
    }

    /// The same for programs: a list of objects.
    pub fn json(&self) -> serde_json::Value {
        let values = self.values.iter().filter(|value| value.is_of_interest());
        let values = values.map(|value| {
            json!({
                "setting": value.variable,
                "value": value.shown,
                "origin": value.origin.to_string(),
                "secret": value.is_secret,
            })
        });
        values.collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::settings::field::fields;

    #[derive(Debug, Parser)]
    struct Sample {
        /// A number.
        #[arg(long, env, help_heading = "First", default_value_t = 1)]
        number: u16,
        /// Secrets.
        #[arg(
            long,
            env,
            help_heading = "Second",
            value_delimiter = ',',
            hide_env_values = true
        )]
        keys: Vec<String>,
        /// A secret.
        #[arg(long, env, hide_env_values = true)]
        url: Option<String>,
        /// Nothing any more.
        #[arg(long, env, hide = true)]
        old: bool,
    }

    fn effective(values: &[&str]) -> Effective<()> {
        let fields = fields::<Sample>();
        let values = fields.iter().zip(values).map(|(field, value)| {
            let (value, origin) = match value {
                &"" => (field.default(), Origin::Default),
                value => (vec![value.into()], Origin::Flag),
            };
            Value::new(field, &value, origin)
        });
        let values = values.collect();
        Effective {
            settings: (),
            values,
        }
    }

    #[test]
    fn the_table_tells_values_and_origins_but_no_secrets() {
        assert_eq!(
            effective(&["", "hunter2,hunter3", "redis://me:hunter4@x", ""]).table(),
            "First\n  \
               NUMBER  1            default\n\
             \n\
             Second\n  \
               KEYS    (2 secrets)  flag\n  \
               URL     (secret)     flag\n"
        );
    }

    #[test]
    fn an_old_name_is_shown_where_it_is_used() {
        assert!(effective(&["", "", "", "true"]).table().contains("OLD"));
    }

    #[test]
    fn programs_get_the_same_as_json() {
        let json = effective(&["", "hunter2", "", ""]).json();
        assert_eq!(
            json[0],
            json!({"setting": "NUMBER", "value": "1", "origin": "default", "secret": false})
        );
        assert_eq!(json[1]["value"], "(secret)");
        assert_eq!(json[1]["secret"], true);
        assert_eq!(json.as_array().unwrap().len(), 3);
    }
}
