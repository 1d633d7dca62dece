//! Claims that no text may make, not even to deny them: a reader may see only half of the sentence.

const FORBIDDEN_CLAIMS: [&str; 10] = [
    "safe",
    "harmless",
    "no danger",
    "not dangerous",
    "without risk",
    "without danger",
    "ungefährlich",
    "unbedenklich",
    "gefahrlos",
    "sans danger",
];

/// Returns the first forbidden claim in a text.
pub(crate) fn find_forbidden_claim(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    FORBIDDEN_CLAIMS
        .into_iter()
        .find(|word| lower.contains(word))
}

#[track_caller]
pub(crate) fn assert_no_forbidden_claims(text: &str) {
    assert_eq!(find_forbidden_claim(text), None, "in {text}");
}
