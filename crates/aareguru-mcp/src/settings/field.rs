//! Describes the declared settings, for the layers, `check-config` and the generated documentation.
//! The descriptions are the arguments that clap derives from [`Settings`](super::Settings).

use std::ffi::OsString;

use clap::{
    Arg, ArgAction, ArgMatches, Args, Command,
    builder::{BoolishValueParser, Resettable},
};

/// The declaration of one setting.
#[derive(Debug, Clone)]
pub(super) struct Field {
    arg: Arg,
}

/// Returns the settings that a struct declares, in order.
pub(super) fn fields<T: Args>() -> Vec<Field> {
    let declared = T::augment_args(Command::new("settings"));
    let mut heading = String::new();
    declared
        .get_arguments()
        .map(|arg| {
            if let Some(new) = arg.get_help_heading() {
                new.clone_into(&mut heading);
            }
            Field::new(arg.clone().help_heading(heading.clone()))
        })
        .collect()
}

impl Field {
    fn new(arg: Arg) -> Self {
        // clap must not read the environment, neither for values nor for its help: the layers
        // decide which source wins.
        let arg = arg.env(Resettable::Reset);
        let arg = if matches!(arg.get_action(), ArgAction::SetTrue) {
            arg.action(ArgAction::Set)
                .num_args(0..=1)
                .require_equals(true)
                .value_parser(BoolishValueParser::new())
                .default_missing_value("true")
                .default_value("false")
        } else {
            arg
        };
        Self { arg }
    }

    /// Returns the declaration as a command line argument.
    pub(super) fn arg(&self) -> &Arg {
        &self.arg
    }

    /// Returns the name of the field and of its key in the file: `http_port`.
    pub(super) fn name(&self) -> &str {
        self.arg.get_id().as_str()
    }

    /// Returns the name of the environment variable, which messages use too: `HTTP_PORT`.
    pub(super) fn variable(&self) -> String {
        variable(self.name())
    }

    /// Returns the name and the aliases, as in the file.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let aliases = self.arg.get_all_aliases().unwrap_or_default();
        let aliases = aliases.into_iter().map(|alias| alias.replace('-', "_"));
        std::iter::once(self.name().to_owned()).chain(aliases)
    }

    /// Returns the heading of its group.
    pub(super) fn heading(&self) -> &str {
        self.arg.get_help_heading().unwrap_or_default()
    }

    /// Returns whether the value must never be shown.
    pub(super) fn is_secret(&self) -> bool {
        self.arg.is_hide_env_values_set()
    }

    /// Returns whether the setting accepts several values.
    pub(super) fn is_list(&self) -> bool {
        matches!(self.arg.get_action(), ArgAction::Append)
    }

    /// Returns whether the setting is accepted for compatibility only.
    pub(super) fn is_hidden(&self) -> bool {
        self.arg.is_hide_set()
    }

    /// Returns the default as the user would write it.
    pub(super) fn default(&self) -> Vec<OsString> {
        let values = self.arg.get_default_values();
        values.iter().map(|value| value.to_os_string()).collect()
    }

    /// Returns the flags that set it to `values`.
    pub(super) fn flags(&self, values: &[OsString]) -> Vec<OsString> {
        let long = self.arg.get_long().unwrap_or_default();
        let flag = |value: &OsString| {
            let mut flag = OsString::from(format!("--{long}="));
            flag.push(value);
            flag
        };
        values.iter().map(flag).collect()
    }

    /// Parses values with the parser of the declaration.
    pub(super) fn parse(&self, values: &[OsString]) -> Result<ArgMatches, clap::Error> {
        parser([self]).try_get_matches_from(self.flags(values))
    }
}

/// Returns a command whose only arguments are settings.
pub(super) fn parser<'a>(fields: impl IntoIterator<Item = &'a Field>) -> Command {
    Command::new("settings")
        .no_binary_name(true)
        .disable_help_flag(true)
        .args(fields.into_iter().map(|field| field.arg.clone()))
}

/// Returns the environment variable of a field.
pub(super) fn variable(name: &str) -> String {
    name.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn flag_and_variable_match_the_field_name() {
        for arg in Settings::augment_args(Command::new("")).get_arguments() {
            let name = arg.get_id().as_str();
            let flag = name.replace('_', "-");
            assert_eq!(arg.get_long(), Some(flag.as_str()));
            let variable = variable(name);
            let env = arg.get_env().and_then(|env| env.to_str());
            assert_eq!(env, Some(variable.as_str()), "{name}");
        }
    }

    #[test]
    fn settings_have_a_heading_and_help() {
        for field in fields::<Settings>() {
            assert!(field.arg().get_help().is_some(), "{}", field.name());
            let heading = field.arg().get_help_heading();
            assert!(heading.is_some(), "{}", field.name());
        }
    }

    #[test]
    fn setting_names_are_unique() {
        let fields = fields::<Settings>();
        let mut names: Vec<_> = fields.iter().flat_map(Field::names).collect();
        names.sort();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before);
    }
}
