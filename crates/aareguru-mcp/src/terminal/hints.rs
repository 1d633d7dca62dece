//! Hints that errors of the terminal commands end with.

use aareguru::{Error, HistoryError};

/// Appends a hint to an error, if there is one for it.
pub(super) fn add_hint(error: anyhow::Error) -> anyhow::Error {
    let hint = error.downcast_ref().and_then(upstream_hint);
    match hint.or_else(|| error.downcast_ref().and_then(history_hint)) {
        Some(hint) => anyhow::anyhow!("{error:#}\n{hint}"),
        None => error,
    }
}

const UNREACHABLE: &str = "\
Check that this machine is online and that AAREGURU_BASE_URL is correct, and try again in a \
minute. With `--demo`, recorded data is shown without a network.";

const USE_LIVE_API: &str = "To use the live API, omit `--demo`.";

fn upstream_hint(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::Unreachable { .. } | Error::Timeout { .. } => UNREACHABLE,
        Error::Status { .. } | Error::CircuitOpen { .. } => {
            "The API is failing or overloaded: try again in a few minutes, or see https://aare.guru."
        }
        Error::Blocked { .. } => {
            "The API blocks this address as a bot: use another network, or write to \
             aaregurus@existenz.ch."
        }
        Error::Page { .. } => {
            "The network may require a login: open https://aareguru.existenz.ch in a browser."
        }
        Error::NoRecording { .. } => USE_LIVE_API,
        _ => return None,
    })
}

fn history_hint(error: &HistoryError) -> Option<&'static str> {
    Some(match error {
        HistoryError::Nowhere(_) => {
            "Check that this machine is online. Try a shorter period (`--days 7`), or try again \
             later."
        }
        HistoryError::NoRecording { .. } | HistoryError::NotRecorded { .. } => USE_LIVE_API,
        _ => return None,
    })
}
