//! Detects responses of the host's bot protection (Imunify360), which may have any status.

/// Returns whether `text` comes from the bot protection.
pub(crate) fn is_bot_protection(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["imunify360", "bot-protection"]
        .iter()
        .any(|name| text.contains(name))
}
