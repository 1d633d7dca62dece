//! The effective settings with the origin of each value, as printed by `check-config`.

use std::{ffi::OsString, fmt::Write};

use serde_json::json;

use super::{Origin, field::Field};

/// The effective settings and the origin of each.
#[derive(Debug, Clone)]
pub struct Effective<T = super::Settings> {
    /// The parsed settings.
    pub settings: T,
    /// One entry per setting, in the order of declaration.
    pub values: Vec<EffectiveValue>,
}

/// One effective setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveValue {
    /// The name of its environment variable.
    pub variable: String,
    /// The value as written by the user; for a secret, only the number of values.
    pub shown: String,
    /// The source of the value.
    pub origin: Origin,
    /// The heading of its group.
    pub heading: String,
    is_secret: bool,
    is_hidden: bool,
}

impl EffectiveValue {
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

    /// Returns whether to list the setting. Ignored settings are listed only where they are set.
    fn is_listed(&self) -> bool {
        !self.is_hidden || self.origin != Origin::Default
    }
}

impl<T> Effective<T> {
    /// Renders the settings as a table.
    pub fn table(&self) -> String {
        let values = || self.values.iter().filter(|value| value.is_listed());
        let longest =
            |length: fn(&EffectiveValue) -> usize| values().map(length).max().unwrap_or(0);
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

    /// Returns the settings as a list of JSON objects.
    pub fn json(&self) -> serde_json::Value {
        let values = self.values.iter().filter(|value| value.is_listed());
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
        /// Ignored.
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
            EffectiveValue::new(field, &value, origin)
        });
        let values = values.collect();
        Effective {
            settings: (),
            values,
        }
    }

    #[test]
    fn table_shows_values_and_origins_but_no_secrets() {
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
    fn ignored_setting_is_listed_if_set() {
        assert!(effective(&["", "", "", "true"]).table().contains("OLD"));
    }

    #[test]
    fn json_contains_values_and_origins_but_no_secrets() {
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
