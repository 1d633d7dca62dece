//! What to do about an error, for somebody at a terminal.

use aareguru::{Error, HistoryError};

/// The error, with a hint if there is one.
pub(super) fn add_hint(error: anyhow::Error) -> anyhow::Error {
    let hint = error.downcast_ref().and_then(upstream_hint);
    match hint.or_else(|| error.downcast_ref().and_then(history_hint)) {
        Some(hint) => anyhow::anyhow!("{error:#}\n{hint}"),
        None => error,
    }
}

const UNREACHABLE: &str = "\
Is this machine online, and AAREGURU_BASE_URL right? Then try again in a minute. \
`--demo` shows recorded data, without a network.";

fn upstream_hint(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::Unreachable { .. } | Error::Timeout { .. } => UNREACHABLE,
        Error::Status { .. } | Error::CircuitOpen { .. } => {
            "The API ails or is busy: try again in some minutes, or look at https://aare.guru."
        }
        Error::Blocked { .. } => {
            "The API takes this address for a robot: ask from another network, or write to \
             aaregurus@existenz.ch."
        }
        Error::Page { .. } => {
            "Does this network want a login? Open https://aareguru.existenz.ch in a browser."
        }
        Error::NoRecording { .. } => "Ask the live API: leave `--demo` away.",
        _ => return None,
    })
}

fn history_hint(error: &HistoryError) -> Option<&'static str> {
    Some(match error {
        HistoryError::Nowhere(_) => {
            "Is this machine online? Then ask for the last days (`--days 7`), or try again later."
        }
        HistoryError::NoRecording { .. } | HistoryError::NotRecorded { .. } => {
            "Ask the live API: leave `--demo` away."
        }
        _ => return None,
    })
}
