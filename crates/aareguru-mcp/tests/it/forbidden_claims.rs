//! What no text may say, not even to deny it: somebody reads half a sentence.

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

/// The first such word in a text.
pub(crate) fn promises(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    WORDS.into_iter().find(|word| lower.contains(word))
}

#[track_caller]
pub(crate) fn promises_nothing(text: &str) {
    assert_eq!(promises(text), None, "in {text}");
}
