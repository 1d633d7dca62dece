//! The source of a setting's value.

use std::{fmt, path::PathBuf};

/// The source of a setting's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The default: no layer sets it.
    Default,
    /// The TOML file.
    File {
        /// The path as given by the user.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// The `.env` file.
    Dotenv {
        /// The path as given by the user.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// The environment variable of this name.
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
