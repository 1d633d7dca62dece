//! Names compared as people write them: without regard to case, surrounding
//! space, or the two ways Unicode writes an accent.
//!
//! Knows the accents of the four Swiss languages, not all of Unicode.

/// Trimmed, in lower case, each accent as a mark after its letter.
pub(crate) fn spelled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars().flat_map(char::to_lowercase) {
        match split(c) {
            Some((letter, accent)) => out.extend([letter, accent]),
            None => out.push(c),
        }
    }
    out
}

/// As [`spelled`], with the accents left out.
pub(super) fn plain(text: &str) -> String {
    let mut out = spelled(text);
    out.retain(|c| !matches!(c, '\u{300}'..='\u{36f}'));
    out
}

/// The letter and the combining accent of an accented letter in lower case.
fn split(c: char) -> Option<(char, char)> {
    const GRAVE: char = '\u{300}';
    const ACUTE: char = '\u{301}';
    const CIRCUMFLEX: char = '\u{302}';
    const DIAERESIS: char = '\u{308}';
    const CEDILLA: char = '\u{327}';
    Some(match c {
        'à' => ('a', GRAVE),
        'â' => ('a', CIRCUMFLEX),
        'ä' => ('a', DIAERESIS),
        'ç' => ('c', CEDILLA),
        'è' => ('e', GRAVE),
        'é' => ('e', ACUTE),
        'ê' => ('e', CIRCUMFLEX),
        'ë' => ('e', DIAERESIS),
        'ì' => ('i', GRAVE),
        'î' => ('i', CIRCUMFLEX),
        'ï' => ('i', DIAERESIS),
        'ò' => ('o', GRAVE),
        'ô' => ('o', CIRCUMFLEX),
        'ö' => ('o', DIAERESIS),
        'ù' => ('u', GRAVE),
        'û' => ('u', CIRCUMFLEX),
        'ü' => ('u', DIAERESIS),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_an_accent_are_one_spelling() {
        assert_eq!(spelled(" BRÜGG "), spelled("bru\u{308}gg"));
        assert_ne!(spelled("Brügg"), spelled("Brugg"));
    }

    #[test]
    fn plain_text_has_no_accents() {
        assert_eq!(plain("Bärn, SCHÖNAU"), "barn, schonau");
    }
}
