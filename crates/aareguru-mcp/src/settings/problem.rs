//! Problems with settings. They are collected, so that one start reports all of them.

use std::{any::TypeId, fmt, path::PathBuf};

use clap::error::{ContextKind, ContextValue};

use super::{Origin, field::Field};

/// One problem with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A value that cannot be parsed.
    #[error("cannot parse {variable}: {reason} ({origin})")]
    Value {
        /// The setting, as an environment variable.
        variable: String,
        /// The source of the value.
        origin: Origin,
        /// The value, unless it is a secret, and the expectation.
        reason: String,
    },
    /// A key in the file that is not a setting.
    #[error(
        "{} line {line}: unknown setting `{key}`; the settings are, nearest first: {allowed}",
        path.display()
    )]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The key, prefixed with the names of its tables.
        key: String,
        /// The names of all settings, the most similar first.
        allowed: String,
    },
    /// A line that cannot be parsed.
    #[error("{} line {line}: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The problem and the expectation.
        reason: String,
    },
    /// A file that cannot be read.
    #[error("cannot read {}, named by {setting}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The flag or variable that names it.
        setting: &'static str,
        /// The error of the system.
        reason: String,
    },
}

impl Problem {
    /// Builds the problem for `values`, which clap rejected with `error`.
    pub(super) fn value(
        field: &Field,
        values: &[std::ffi::OsString],
        origin: &Origin,
        error: &clap::Error,
    ) -> Self {
        let shown: Vec<_> = values.iter().map(|v| v.to_string_lossy()).collect();
        let value = shown.join(",");
        let reason = if field.is_secret() {
            let parts = shown.iter().flat_map(|value| value.split(','));
            let whole = shown.iter().map(|value| &**value);
            let secrets = whole.chain(parts).filter(|part| !part.is_empty());
            secrets.fold(parser_message(error), |reason, secret| {
                reason.replace(secret, "…")
            })
        } else if let Some(expected) = expectation(field, error) {
            format!("{value:?} is not {expected}")
        } else {
            format!("{value:?}: {}", parser_message(error))
        };
        Self::Value {
            variable: field.variable(),
            origin: origin.clone(),
            reason,
        }
    }
}

/// Returns what a setting accepts, unless the message of its parser is needed to describe that.
fn expectation(field: &Field, error: &clap::Error) -> Option<String> {
    if let Some(ContextValue::Strings(values)) = error.get(ContextKind::ValidValue)
        && !values.is_empty()
    {
        return Some(format!("one of {}", values.join(", ")));
    }
    let parsed = field.arg().get_value_parser().type_id();
    if parsed == TypeId::of::<bool>() {
        return Some("true or false".to_owned());
    }
    let min = u8::from(field.parse(&["0".into()]).is_err());
    if parsed == TypeId::of::<u16>() {
        return Some(format!("a whole number from {min} to {}", u16::MAX));
    }
    if parsed == TypeId::of::<u32>() {
        return Some(format!("a whole number from {min} to {}", u32::MAX));
    }
    let is_integer = parsed == TypeId::of::<u64>() || parsed == TypeId::of::<usize>();
    is_integer.then(|| format!("a whole number of at least {min}"))
}

/// Returns the message of the parser, without the flag and the usage that clap adds: the value may
/// not be from the command line.
fn parser_message(error: &clap::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => source.to_string(),
        None => error.kind().as_str().unwrap_or("invalid").to_owned(),
    }
}

/// All problems found at one start; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            let separator = if at > 0 { "\n" } else { "" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
