//! Claims that no text may make, not even to deny them: a reader may see only half of the sentence.

const WORDS: [&str; 10] = [
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
pub(crate) fn promises(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    WORDS.into_iter().find(|word| lower.contains(word))
}

#[track_caller]
pub(crate) fn promises_nothing(text: &str) {
    assert_eq!(promises(text), None, "in {text}");
}
