//! What is wrong with the settings, all at once, so that one start is enough
//! to learn it.

use std::{fmt, path::PathBuf};

use clap::error::{ContextKind, ContextValue};

use super::{Origin, field::Field};

/// One thing that is wrong, told with the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A value that its setting does not take.
    #[error("{variable}{value} ({origin}): {reason}")]
    Value {
        /// The setting, as an environment variable.
        variable: String,
        /// The value in quotes after a space; empty if it is a secret.
        value: String,
        /// Where it stands.
        origin: Origin,
        /// What its parser says.
        reason: String,
    },
    /// A key in the file that is no setting.
    #[error(
        "{} line {line}: unknown setting `{key}`; the settings are, nearest first: {allowed}",
        path.display()
    )]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// As written, with its tables.
        key: String,
        /// The names to choose from.
        allowed: String,
    },
    /// A line that cannot be understood.
    #[error("{} line {line}: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Why, and what to write.
        reason: String,
    },
    /// A file that cannot be read.
    #[error("cannot read {}, named by {setting}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The flag or variable that names it.
        setting: &'static str,
        /// What the system says.
        reason: String,
    },
}

impl Problem {
    /// What clap's parser said to `values`.
    pub(super) fn value(
        field: &Field,
        values: &[std::ffi::OsString],
        origin: &Origin,
        error: &clap::Error,
    ) -> Self {
        let shown: Vec<_> = values.iter().map(|v| v.to_string_lossy()).collect();
        let mut reason = reason(error);
        let value = if field.is_secret() {
            let parts = shown.iter().flat_map(|value| value.split(','));
            let whole = shown.iter().map(|value| &**value);
            for secret in whole.chain(parts).filter(|part| !part.is_empty()) {
                reason = reason.replace(secret, "…");
            }
            String::new()
        } else {
            format!(" `{}`", shown.join(","))
        };
        Self::Value {
            variable: field.variable(),
            value,
            origin: origin.clone(),
            reason,
        }
    }
}

/// The heart of clap's message: without the flag and the usage, which are not
/// what the user has written.
fn reason(error: &clap::Error) -> String {
    if let Some(source) = std::error::Error::source(error) {
        return source.to_string();
    }
    if let Some(ContextValue::Strings(values)) = error.get(ContextKind::ValidValue)
        && !values.is_empty()
    {
        return format!("it must be one of {}", values.join(", "));
    }
    error.kind().as_str().unwrap_or("not accepted").to_owned()
}

/// Every problem of one start; never empty.
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
