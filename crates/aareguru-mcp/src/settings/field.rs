//! The settings as declarations: what clap knows about each, in the form in
//! which the layers, `check-config` and the documents need it.

use std::ffi::OsString;

use clap::{
    Arg, ArgAction, ArgMatches, Args, Command,
    builder::{BoolishValueParser, Resettable},
};

/// One setting.
#[derive(Debug, Clone)]
pub(super) struct Field {
    arg: Arg,
}

/// The settings that a struct declares, in its order.
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
        // clap is to read the environment neither when it parses flags nor for
        // its help: a setting's value comes from several places, in an order.
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

    /// The declaration, for a command line.
    pub(super) fn arg(&self) -> &Arg {
        &self.arg
    }

    /// `http_port`: the field, and the key in the file.
    pub(super) fn name(&self) -> &str {
        self.arg.get_id().as_str()
    }

    /// `HTTP_PORT`: the environment variable, and the name in messages.
    pub(super) fn variable(&self) -> String {
        variable(self.name())
    }

    /// The name and the aliases, as in the file.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let aliases = self.arg.get_all_aliases().unwrap_or_default();
        let aliases = aliases.into_iter().map(|alias| alias.replace('-', "_"));
        std::iter::once(self.name().to_owned()).chain(aliases)
    }

    /// The group it belongs to.
    pub(super) fn heading(&self) -> &str {
        self.arg.get_help_heading().unwrap_or_default()
    }

    /// Whether the value must never be shown.
    pub(super) fn is_secret(&self) -> bool {
        self.arg.is_hide_env_values_set()
    }

    /// Whether it takes several values.
    pub(super) fn is_list(&self) -> bool {
        matches!(self.arg.get_action(), ArgAction::Append)
    }

    /// Whether it is kept for old configurations only.
    pub(super) fn is_hidden(&self) -> bool {
        self.arg.is_hide_set()
    }

    /// The default, as one would write it.
    pub(super) fn default(&self) -> Vec<OsString> {
        let values = self.arg.get_default_values();
        values.iter().map(|value| value.to_os_string()).collect()
    }

    /// The flag that sets it to these values.
    pub(super) fn flags(&self, values: &[OsString]) -> Vec<OsString> {
        let long = self.arg.get_long().unwrap_or_default();
        let flag = |value: &OsString| {
            let mut flag = OsString::from(format!("--{long}="));
            flag.push(value);
            flag
        };
        values.iter().map(flag).collect()
    }

    /// Reads values with the parser of the declaration.
    pub(super) fn parse(&self, values: &[OsString]) -> Result<ArgMatches, clap::Error> {
        parser([self]).try_get_matches_from(self.flags(values))
    }
}

/// A command line of nothing but settings.
pub(super) fn parser<'a>(fields: impl IntoIterator<Item = &'a Field>) -> Command {
    Command::new("settings")
        .no_binary_name(true)
        .disable_help_flag(true)
        .args(fields.into_iter().map(|field| field.arg.clone()))
}

/// `http_port` as an environment variable.
pub(super) fn variable(name: &str) -> String {
    name.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn every_setting_has_the_same_name_in_every_spelling() {
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
    fn every_setting_has_a_heading_and_help() {
        for field in fields::<Settings>() {
            assert!(field.arg().get_help().is_some(), "{}", field.name());
            let heading = field.arg().get_help_heading();
            assert!(heading.is_some(), "{}", field.name());
        }
    }

    #[test]
    fn no_name_is_used_twice() {
        let fields = fields::<Settings>();
        let mut names: Vec<_> = fields.iter().flat_map(Field::names).collect();
        names.sort();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before);
    }
}
