//! Names compared as people write them: without regard to case, surrounding
//! space, or the two ways Unicode writes an accent.

use unicode_normalization::UnicodeNormalization;

/// Trimmed, in lower case, each accent as a mark after its letter.
pub(crate) fn spelled(text: &str) -> String {
    text.trim().to_lowercase().nfd().collect()
}

/// As [`spelled`], with the accents left out.
pub(super) fn plain(text: &str) -> String {
    let mut out = spelled(text);
    out.retain(|c| !matches!(c, '\u{300}'..='\u{36f}'));
    out
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
