//! Cleans text from outside: bounded length, one line, no invisible characters.
//!
//! Requests, upstream responses and error messages contain text that this crate does not control.
//! None of it may forge a line, steer a terminal or fill a screen.

/// The most characters of an upstream text that are kept.
pub(crate) const MAX_UPSTREAM_CHARS: usize = 200;

/// Returns the first `max_chars` characters of `text` on one line.
///
/// Surrounding white space is removed, inner white space (line breaks included) becomes one space,
/// and each control, bidirectional or invisible character becomes U+FFFD.
pub(crate) fn excerpt(text: &str, max_chars: usize) -> String {
    let mut shown = String::new();
    let mut chars = 0;
    let mut is_after_space = false;
    for c in text.trim().chars() {
        let is_space = c.is_whitespace();
        if is_space && is_after_space {
            continue;
        }
        if chars == max_chars {
            shown.pop();
            shown.push('…');
            break;
        }
        is_after_space = is_space;
        chars += 1;
        shown.push(match c {
            _ if is_space => ' ',
            _ if is_invisible(c) => '\u{fffd}',
            _ => c,
        });
    }
    shown
}

/// Puts upstream text in quotation marks: `“Ja eh!”`. Double quotation marks inside it become
/// single ones, so that the text cannot end its own quotation.
pub fn quoted(text: &str) -> String {
    let inner = text.replace(['“', '”', '„', '‟', '"', '«', '»'], "'");
    format!("“{inner}”")
}

/// Returns whether a character has no glyph and changes how the text around it is shown or read.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn excerpt_of_short_text_is_the_text() {
        assert_eq!(excerpt("Bärn", 4), "Bärn");
        assert_eq!(excerpt("⚠️ ender viu", 60), "⚠️ ender viu");
    }

    #[test]
    fn excerpt_of_long_text_is_cut_to_the_limit() {
        assert_eq!(excerpt("Interlaken", 5), "Inte…");
    }

    #[test]
    fn excerpt_has_one_line() {
        assert_eq!(excerpt(" a\r\n\tb\u{85}c\u{2028}d\n", 60), "a b c d");
    }

    #[test]
    fn excerpt_replaces_escape_sequences_and_invisible_characters() {
        assert_eq!(
            excerpt("\u{1b}]52;c;x\u{7}\u{9b}2J\u{202e}\u{200d}\u{e0041}", 60),
            "\u{fffd}]52;c;x\u{fffd}\u{fffd}2J\u{fffd}\u{fffd}\u{fffd}"
        );
    }

    #[test]
    fn quotation_cannot_end_itself() {
        assert_eq!(quoted("Ja eh!"), "“Ja eh!”");
        assert_eq!(quoted("a”: no danger. “b\"«"), "“a': no danger. 'b''”");
    }

    proptest! {
        #[test]
        fn excerpt_is_bounded_and_stays_as_it_is(text in "\\PC*|[\\x00-\\x9f\u{2000}-\u{2070}]*", max in 1..40usize) {
            let shown = excerpt(&text, max);
            prop_assert!(shown.chars().count() <= max);
            prop_assert!(!shown.chars().any(|c| is_invisible(c) || (c.is_whitespace() && c != ' ')));
            prop_assert_eq!(excerpt(&shown, max), shown);
        }
    }
}
