//! The path under which the server sits, behind a proxy that shares its host
//! name among several programs.

use std::{fmt, str::FromStr};

/// What belongs to the process and not to what it offers, and stays where it
/// is.
const RESERVED: [&str; 2] = ["health", "metrics"];

/// Nothing, or one or more segments, each after a slash; no slash at the end.
///
/// It is put before other paths as it stands, so it holds only characters that
/// mean nothing to a URL or a router.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// As it stands before other paths.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the server sits at the root.
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
                "`{segment}` cannot be in a path like `/aare` or `/rivers/aare`, whose parts are \
                 of letters, digits, `-`, `_`, `~` and `.`"
            ));
        }
        let first = segments.split('/').next().unwrap_or_default();
        if RESERVED.contains(&first) {
            return Err(format!(
                "`/{first}` is where the server itself answers; take another path"
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
    fn slashes_at_either_end_make_no_difference() {
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
    fn what_is_no_plain_path_is_refused_and_named() {
        for (text, named) in [
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
            assert!(error.starts_with(named), "{text}: {error}");
        }
    }

    #[test]
    fn the_paths_of_the_server_itself_are_not_taken() {
        for text in ["/health", "/metrics/a"] {
            let error = text.parse::<BasePath>().unwrap_err();
            assert!(error.contains("take another path"), "{error}");
        }
        "/healthy".parse::<BasePath>().unwrap();
    }
}
