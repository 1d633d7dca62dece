//! The Bueber canal, through which people swim from the Aare into the Marzili baths in Bern.

use jiff::Timestamp;

use crate::api::Bueber;
use crate::plausibility::is_future;
use crate::reading::timestamp;

/// Whether the Bueber canal in Bern is open, as reported by the lifeguards.
///
/// The state may be months old, and in winter the canal is closed in any case, so it does not
/// affect the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BueberCanal {
    /// Whether it is open.
    pub is_open: bool,
    /// When the state last changed, if known.
    pub since: Option<Timestamp>,
}

impl BueberCanal {
    /// Returns the state that the API reports at the time `now`; `None` if it reports none, or two
    /// that contradict each other. A change that is dated after `now` has an unknown time.
    pub fn from_api(bueber: &Bueber, now: Timestamp) -> Option<Self> {
        let by_word = match bueber.state.as_deref() {
            Some("open") => Some(true),
            Some("closed") => Some(false),
            _ => None,
        };
        let is_open = match (bueber.state_open_flag, by_word) {
            (Some(flag), Some(word)) if flag != word => return None,
            (flag, word) => flag.or(word)?,
        };
        Some(Self {
            is_open,
            since: timestamp(bueber.time).filter(|since| !is_future(*since, now)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is_open(flag: Option<bool>, word: Option<&str>, expected: Option<bool>) {
        let bueber = Bueber {
            state_open_flag: flag,
            state: word.map(str::to_owned),
            ..Bueber::default()
        };
        let canal = BueberCanal::from_api(&bueber, Timestamp::UNIX_EPOCH);
        assert_eq!(canal.map(|canal| canal.is_open), expected);
    }

    #[test]
    fn canal_state_is_flag_or_word_and_unknown_if_they_differ() {
        is_open(Some(true), Some("open"), Some(true));
        is_open(Some(false), None, Some(false));
        is_open(None, Some("closed"), Some(false));
        is_open(Some(true), Some("closed"), None);
        is_open(None, Some("half"), None);
        is_open(None, None, None);
    }

    #[test]
    fn canal_change_in_the_future_has_an_unknown_time() {
        let bueber = Bueber {
            state: Some("open".to_owned()),
            time: Some(1_783_000_000),
            ..Bueber::default()
        };
        let since = |now| {
            let now = Timestamp::from_second(now).unwrap();
            BueberCanal::from_api(&bueber, now).unwrap().since
        };
        assert!(since(1_783_000_000).is_some());
        assert_eq!(since(1_782_000_000), None);
    }
}
