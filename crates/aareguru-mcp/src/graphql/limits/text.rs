//! What can be said of a document before it is parsed. The library's parser
//! calls itself for each bracket and would run out of stack.

use async_graphql::ServerError;

use super::{MAX_BRACKETS, MAX_QUERY_BYTES, MAX_TOKENS, too_much};

/// # Errors
///
/// The text is too long, has too many words or too many nested brackets.
pub(super) fn check(query: &str) -> Result<(), ServerError> {
    if query.len() > MAX_QUERY_BYTES {
        let way_out = "put values into variables, and ask in several requests";
        return Err(too_much(
            "the query has too many bytes",
            MAX_QUERY_BYTES,
            way_out,
        ));
    }
    let (mut tokens, mut brackets) = (0_usize, 0_usize);
    let mut rest = query.as_bytes();
    while let Some(&first) = rest.first() {
        let length = match first {
            b' ' | b'\t' | b',' | b'\r' | b'\n' => {
                rest = &rest[1..];
                continue;
            }
            b'#' => {
                rest = &rest[line(rest)..];
                continue;
            }
            b'"' => string(rest),
            b'{' | b'[' | b'(' => {
                brackets += 1;
                1
            }
            b'}' | b']' | b')' => {
                brackets = brackets.saturating_sub(1);
                1
            }
            _ if is_word(first) => rest.iter().take_while(|byte| is_word(**byte)).count(),
            _ => 1,
        };
        rest = &rest[length..];
        tokens += 1;
        if brackets > MAX_BRACKETS {
            let way_out = "nest less";
            return Err(too_much(
                "brackets are nested too deep",
                MAX_BRACKETS,
                way_out,
            ));
        }
        if tokens > MAX_TOKENS {
            let way_out = "ask in several requests";
            return Err(too_much(
                "the query has too many words and signs",
                MAX_TOKENS,
                way_out,
            ));
        }
    }
    Ok(())
}

/// Names and numbers; bytes of other characters are in no bracket.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn line(rest: &[u8]) -> usize {
    let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    end.unwrap_or(rest.len())
}

/// The length of the string at the beginning. One that does not end is over
/// with its line, so that no bracket after it is overlooked.
fn string(rest: &[u8]) -> usize {
    if let Some(block) = rest.strip_prefix(br#"""""#) {
        let mut n = 0;
        while n < block.len() {
            if block[n..].starts_with(br#"\""""#) {
                n += 4;
            } else if block[n..].starts_with(br#"""""#) {
                return n + 6;
            } else {
                n += 1;
            }
        }
        return rest.len();
    }
    let mut n = 1;
    while n < rest.len() {
        match rest[n] {
            b'\\' => n += 2,
            b'"' => return n + 1,
            b'\r' | b'\n' => return n,
            _ => n += 1,
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(brackets: usize) -> String {
        "{a".repeat(brackets) + &"}".repeat(brackets)
    }

    #[test]
    fn brackets_are_counted_by_how_deep_they_are() {
        check(&nested(MAX_BRACKETS)).unwrap();
        check(&"{a}".repeat(MAX_BRACKETS * 4)).unwrap();
        let error = check(&nested(MAX_BRACKETS + 1)).unwrap_err();
        assert!(error.message.contains("32 at most"), "{}", error.message);
        check(&"[".repeat(10_000)).unwrap_err();
    }

    #[test]
    fn brackets_in_strings_and_comments_are_none() {
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
    fn a_closing_bracket_in_a_string_or_comment_hides_no_opening_one() {
        for hidden in [
            "#}\n{a ",
            r#"b(c:"}"){a "#,
            r#"b(c:"""}"""){a "#,
            "b(c:\"}\n{a ",
        ] {
            check(&hidden.repeat(MAX_BRACKETS * 2)).unwrap_err();
        }
    }

    #[test]
    fn words_are_counted() {
        check(&"a ".repeat(MAX_TOKENS)).unwrap();
        check(&"a ".repeat(MAX_TOKENS + 1)).unwrap_err();
        check(&"a".repeat(MAX_QUERY_BYTES)).unwrap();
        check(&" ".repeat(MAX_QUERY_BYTES + 1)).unwrap_err();
    }
}
