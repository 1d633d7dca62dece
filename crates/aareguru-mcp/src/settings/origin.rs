//! Where a value comes from.

use std::{fmt, path::PathBuf};

/// The place that decided a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The TOML file.
    File {
        /// As named by the user.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// The `.env` file.
    Dotenv {
        /// As named by the user.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// The environment, by the name of the variable.
    Environment(String),
    /// A flag on the command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(f, "default"),
            Self::File { path, line } | Self::Dotenv { path, line } => {
                write!(f, "{} line {line}", path.display())
            }
            Self::Environment(variable) => write!(f, "environment variable {variable}"),
            Self::Flag => write!(f, "flag"),
        }
    }
}
