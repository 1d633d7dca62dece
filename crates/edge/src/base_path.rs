//! The path prefix of the routes, for a proxy that serves several programs under one host name.

use std::{fmt, str::FromStr};

/// First segments of the routes that have no prefix, for probes and scrapers.
const RESERVED_SEGMENTS: [&str; 2] = ["health", "metrics"];

/// Empty, or segments that each follow a slash, without a trailing slash.
///
/// It is prepended to paths unchanged, so it contains only characters without a meaning in URLs and
/// route patterns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// Returns the prefix, to be prepended to other paths.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether the prefix is empty.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for BasePath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let segments = text.strip_prefix('/').unwrap_or(text);
        let segments = segments.strip_suffix('/').unwrap_or(segments);
        if segments.is_empty() {
            return Ok(Self::default());
        }
        if let Some(segment) = segments.split('/').find(|segment| !is_segment(segment)) {
            return Err(format!(
                "`{segment}` is not a valid segment: expected a path such as `/aare` or \
                 `/rivers/aare`, whose segments consist of letters, digits, `-`, `_`, `~` and `.`"
            ));
        }
        let first = segments.split('/').next().unwrap_or_default();
        if RESERVED_SEGMENTS.contains(&first) {
            return Err(format!(
                "`/{first}` is a route without a prefix: choose another path"
            ));
        }
        Ok(Self(format!("/{segments}")))
    }
}

fn is_segment(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..")
        && segment
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_~.".contains(&byte))
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_and_trailing_slashes_are_normalized() {
        for text in ["/aare", "aare", "/aare/", "aare/"] {
            assert_eq!(text.parse::<BasePath>().unwrap().as_str(), "/aare");
        }
        let deep = "/rivers/aare.v1~/".parse::<BasePath>().unwrap();
        assert_eq!(deep.as_str(), "/rivers/aare.v1~");
        for text in ["", "/"] {
            assert!(text.parse::<BasePath>().unwrap().is_root());
        }
    }

    #[test]
    fn invalid_segment_is_an_error_that_names_it() {
        for (text, segment) in [
            ("/a/../b", "`..`"),
            ("/./a", "`.`"),
            ("//a", "``"),
            ("/a//", "``"),
            ("/a?b=c", "`a?b=c`"),
            ("/a#b", "`a#b`"),
            ("/{a}", "`{a}`"),
            ("/a%2e", "`a%2e`"),
            ("http://a", "`http:`"),
            ("/ä", "`ä`"),
        ] {
            let error = text.parse::<BasePath>().unwrap_err();
            assert!(error.starts_with(segment), "{text}: {error}");
        }
    }

    #[test]
    fn reserved_segment_is_an_error() {
        for text in ["/health", "/metrics/a"] {
            let error = text.parse::<BasePath>().unwrap_err();
            assert!(error.contains("choose another path"), "{error}");
        }
        "/healthy".parse::<BasePath>().unwrap();
    }
}
