//! Foreign text made fit for an error message: short and on one line.
//!
//! What callers ask and what a server answers may be of any length and hold
//! anything; neither may forge a log line or fill a terminal.

/// The first `max_chars` characters, with those that steer a terminal or the
/// direction of text replaced.
pub(crate) fn excerpt(text: &str, max_chars: usize) -> String {
    let mut shown: String = text
        .chars()
        .take(max_chars)
        .map(|c| if steers(c) { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(max_chars).is_some() {
        shown.pop();
        shown.push('…');
    }
    shown
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_stays_as_it_is() {
        assert_eq!(excerpt("Bärn", 4), "Bärn");
    }

    #[test]
    fn long_text_is_cut_to_the_limit() {
        assert_eq!(excerpt("Interlaken", 5), "Inte…");
    }

    #[test]
    fn line_breaks_and_escapes_are_replaced() {
        assert_eq!(
            excerpt("a\nb\u{1b}[c\u{202e}", 60),
            "a\u{fffd}b\u{fffd}[c\u{fffd}"
        );
    }
}
