//! Normalizes names for comparison: without case, surrounding white space, or the two Unicode forms
//! of an accent.

use unicode_normalization::UnicodeNormalization;

/// Returns the text trimmed, in lower case, with each accent as a combining mark.
pub(crate) fn spelled(text: &str) -> String {
    text.trim().to_lowercase().nfd().collect()
}

/// Returns the text as [`spelled`] does, without accents.
pub(super) fn plain(text: &str) -> String {
    let mut out = spelled(text);
    out.retain(|c| !matches!(c, '\u{300}'..='\u{36f}'));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_unicode_forms_of_an_accent_are_equal() {
        assert_eq!(spelled(" BRÜGG "), spelled("bru\u{308}gg"));
        assert_ne!(spelled("Brügg"), spelled("Brugg"));
    }

    #[test]
    fn plain_text_has_no_accents() {
        assert_eq!(plain("Bärn, SCHÖNAU"), "barn, schonau");
    }
}
