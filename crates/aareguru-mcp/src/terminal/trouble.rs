//! Why there is no answer, and what somebody at a terminal can do about it.

use aareguru::{Error, HistoryError};

/// The error with the way out.
pub(super) fn with_way_out(error: anyhow::Error) -> anyhow::Error {
    let way_out = if let Some(error) = error.downcast_ref::<Error>() {
        of_the_river(error)
    } else if let Some(error) = error.downcast_ref::<HistoryError>() {
        of_the_past(error)
    } else {
        None
    };
    match way_out {
        Some(way_out) => anyhow::anyhow!("{error:#}\n{way_out}"),
        None => error,
    }
}

const OUT_OF_REACH: &str = "\
Is this machine online, and AAREGURU_BASE_URL right? Then try again in a minute. \
`--demo` shows recorded data, without a network.";

fn of_the_river(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::Unreachable { .. } | Error::Timeout { .. } => OUT_OF_REACH,
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

fn of_the_past(error: &HistoryError) -> Option<&'static str> {
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
