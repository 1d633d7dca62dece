//! Checks that a response is about the requested place.
//!
//! The Aareguru API answers an unknown city with the data of Bern and status 200. Its responses
//! identify the place only by display names, so those are compared.

use crate::endpoint::Endpoint;
use crate::excerpt::excerpt;
use crate::{Error, Place};

/// Checks that one of the `names` in a response is a name of the place.
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
