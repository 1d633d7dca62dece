//! Whether an answer is about the place that was asked for.
//!
//! The Aareguru API answers a city that it does not know with the data of Bern
//! and status 200. Its answers name their place only in the words shown to
//! people, so those are what is compared.

use crate::endpoint::Endpoint;
use crate::excerpt::excerpt;
use crate::{Error, Place};

/// Checks that one of the `names` in an answer is one of the place.
pub(super) fn check(
    endpoint: Endpoint,
    place: &Place,
    names: &[&Option<String>],
) -> Result<(), Error> {
    let mut names = names.iter().filter_map(|name| name.as_deref());
    let Some(first) = names.clone().next() else {
        return Err(Error::Malformed {
            endpoint,
            reason: "it names no place".to_owned(),
            source: None,
        });
    };
    if names.any(|name| place.is_called(name)) {
        return Ok(());
    }
    Err(Error::WrongPlace {
        endpoint,
        asked: place.id().to_owned(),
        got: excerpt(first, 60),
    })
}
