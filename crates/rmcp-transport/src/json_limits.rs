//! Limits what a JSON document may become in memory.
//!
//! A parsed document takes up to a hundred times as many bytes as its text: two million elements of
//! an array fit into 4 MiB. The check counts values before anything is parsed.

/// Limits on a JSON document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonLimits {
    /// The maximum length in bytes.
    pub max_bytes: usize,
    /// The maximum number of values: members and elements at every level.
    pub max_values: usize,
    /// The maximum depth of arrays and objects.
    pub max_depth: usize,
}

impl JsonLimits {
    /// The limits of every message. Its bytes are limited where it is read.
    pub const MESSAGE: Self = Self {
        max_bytes: usize::MAX,
        max_values: 10_000,
        max_depth: 64,
    };

    /// The limits of an `initialize` request, parts of which its session keeps. They leave room for
    /// icons as data URLs.
    pub const INITIALIZE: Self = Self {
        max_bytes: 32 * 1024,
        max_values: 256,
        max_depth: 32,
    };

    /// Returns whether a document is within the limits, in one pass without allocation.
    ///
    /// The result is meaningless for bytes that are not JSON, which no parser accepts either.
    pub fn allow(&self, document: &[u8]) -> bool {
        // Each value follows one of these, except for the document itself.
        let mut values = 1;
        let mut depth = 0_usize;
        let mut bytes = document.iter();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => skip_string(&mut bytes),
                b'[' | b'{' => {
                    depth += 1;
                    values += 1;
                }
                b']' | b'}' => depth = depth.saturating_sub(1),
                b',' => values += 1,
                _ => {}
            }
            if values > self.max_values || depth > self.max_depth {
                return false;
            }
        }
        document.len() <= self.max_bytes
    }
}

/// Skips the rest of a string, whose first quotation mark was read.
fn skip_string<'a>(bytes: &mut impl Iterator<Item = &'a u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'"' => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: JsonLimits = JsonLimits {
        max_bytes: 4096,
        max_values: 100,
        max_depth: 10,
    };

    #[test]
    fn json_limits_count_values_at_every_level_but_not_in_strings() {
        let array = |n: usize| format!("[{}0]", "0,".repeat(n - 1));
        assert!(LIMITS.allow(array(LIMITS.max_values - 1).as_bytes()));
        assert!(!LIMITS.allow(array(LIMITS.max_values).as_bytes()));
        let nested = format!("[{}0]", r#"{"a":0},"#.repeat(LIMITS.max_values / 2));
        assert!(!LIMITS.allow(nested.as_bytes()));
        let text = format!(
            r#"{{"text":"{0}\\\"{0}"}}"#,
            "[,{".repeat(LIMITS.max_values)
        );
        assert!(LIMITS.allow(text.as_bytes()), "{text}");
    }

    #[test]
    fn json_limits_count_open_levels_only() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(LIMITS.allow(nested(LIMITS.max_depth).as_bytes()));
        assert!(!LIMITS.allow(nested(LIMITS.max_depth + 1).as_bytes()));
        assert!(LIMITS.allow(format!("[{}0]", "[],".repeat(40)).as_bytes()));
    }

    #[test]
    fn json_limits_count_bytes() {
        let text = |bytes: usize| format!(r#""{}""#, "a".repeat(bytes - 2));
        assert!(LIMITS.allow(text(LIMITS.max_bytes).as_bytes()));
        assert!(!LIMITS.allow(text(LIMITS.max_bytes + 1).as_bytes()));
    }

    #[test]
    fn json_limits_accept_what_is_not_json() {
        for no_json in [&b""[..], b"]]]", b"\"\\"] {
            assert!(LIMITS.allow(no_json));
        }
    }
}
