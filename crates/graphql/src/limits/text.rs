//! Limits on the text of a document, checked before it is parsed.
//!
//! The parser recurses for each bracket, and its stack guard does not cover the tree that it
//! builds.

use async_graphql::ServerError;

use crate::error::limit_exceeded;

/// Maximum length of a document.
const MAX_QUERY_BYTES: usize = 16 * 1024;

/// Maximum number of tokens in a document.
const MAX_TOKENS: usize = 2_500;

/// Maximum nesting of brackets in a document.
pub(crate) const MAX_BRACKET_DEPTH: usize = 32;

/// Checks the length, the number of tokens and the nesting of brackets.
///
/// # Errors
///
/// The text exceeds a limit.
pub(super) fn check(query: &str) -> Result<(), ServerError> {
    if query.len() > MAX_QUERY_BYTES {
        let advice = "use variables, or split it into several requests";
        return Err(limit_exceeded(
            "the query has too many bytes",
            MAX_QUERY_BYTES,
            advice,
        ));
    }
    let (mut tokens, mut depth) = (0_usize, 0_usize);
    let mut rest = query;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',', '\r', '\n']);
        let Some(first) = rest.chars().next() else {
            return Ok(());
        };
        let length = match first {
            '#' => {
                rest = rest.find(['\r', '\n']).map_or("", |end| &rest[end..]);
                continue;
            }
            '"' => string_len(rest),
            _ => {
                let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
                word.unwrap_or(rest.len()).max(first.len_utf8())
            }
        };
        rest = &rest[length..];
        tokens += 1;
        match first {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_BRACKET_DEPTH {
            return Err(limit_exceeded(
                "brackets are nested too deep",
                MAX_BRACKET_DEPTH,
                "reduce the nesting",
            ));
        }
        if tokens > MAX_TOKENS {
            let what = "the query has too many tokens";
            return Err(limit_exceeded(
                what,
                MAX_TOKENS,
                "split it into several requests",
            ));
        }
    }
}

/// Returns the length of the string literal at the start of `rest`. An unterminated string ends
/// with its line, so that brackets after it are counted.
fn string_len(rest: &str) -> usize {
    let quotes = "\"\"\"";
    if let Some(block) = rest.strip_prefix(quotes) {
        let mut ends = block.match_indices(quotes);
        let end = ends.find(|(at, _)| !block[..*at].ends_with('\\'));
        return end.map_or(rest.len(), |(at, _)| at + 2 * quotes.len());
    }
    let mut is_escaped = false;
    let end = rest[1..].find(|c| {
        let is_end = matches!(c, '\r' | '\n') || c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    });
    end.map_or(rest.len(), |at| at + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(brackets: usize) -> String {
        "{a".repeat(brackets) + &"}".repeat(brackets)
    }

    #[test]
    fn bracket_limit_applies_to_nesting_only() {
        check(&nested(MAX_BRACKET_DEPTH)).unwrap();
        check(&"{a}".repeat(MAX_BRACKET_DEPTH * 4)).unwrap();
        let error = check(&nested(MAX_BRACKET_DEPTH + 1)).unwrap_err();
        assert!(error.message.contains("32 at most"), "{}", error.message);
        check(&"[".repeat(10_000)).unwrap_err();
    }

    #[test]
    fn brackets_in_strings_and_comments_are_ignored() {
        let many = "{".repeat(100);
        for text in [
            format!(r#"{{a(b: "{many}")}}"#),
            format!(r#"{{a(b: "\"{many}")}}"#),
            format!(r#"{{a(b: """{many}" \""" {many}""")}}"#),
            format!("{{a #{many}\n}}"),
        ] {
            check(&text).unwrap();
        }
    }

    #[test]
    fn closing_bracket_in_string_or_comment_does_not_reduce_nesting() {
        for hidden in [
            "#}\n{a ",
            r#"b(c:"}"){a "#,
            r#"b(c:"""}"""){a "#,
            "b(c:\"}\n{a ",
        ] {
            check(&hidden.repeat(MAX_BRACKET_DEPTH * 2)).unwrap_err();
        }
    }

    #[test]
    fn token_and_length_limits_are_enforced() {
        check(&"a ".repeat(MAX_TOKENS)).unwrap();
        check(&"a ".repeat(MAX_TOKENS + 1)).unwrap_err();
        check(&"a".repeat(MAX_QUERY_BYTES)).unwrap();
        check(&" ".repeat(MAX_QUERY_BYTES + 1)).unwrap_err();
    }
}
