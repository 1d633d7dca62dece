//! The river: the questions one can ask. The only door for most callers.
//!
//! Turns what the API says into what it means; how the answers arrive is the
//! business of [`Client`](crate::Client). One question a file.

mod current_temperature;
mod places;

pub use current_temperature::CurrentTemperature;
pub use places::PlaceTemperature;

use crate::{Client, Error, Place};

/// The Aare, to be asked. Cheap to clone; clones share one cache.
#[derive(Debug, Clone)]
pub struct River {
    client: Client,
}

impl River {
    /// The river as `client` tells it.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// How warm is the water at `place` now?
    pub async fn current_temperature(&self, place: &Place) -> Result<CurrentTemperature, Error> {
        let answer = self.client.current(place).await?;
        Ok(CurrentTemperature::new(place.in_table(), &answer))
    }

    /// How warm is the water at each place?
    ///
    /// In downstream order. A place that the API leaves out has an unknown
    /// reading; places that only the API knows come last.
    pub async fn places(&self) -> Result<Vec<PlaceTemperature>, Error> {
        let cities = self.client.cities().await?;
        let mut places = places::from_cities(&cities, cities.recorded_on());
        for at in &mut places {
            at.upstream_trouble = cities.upstream_trouble().cloned();
        }
        Ok(places)
    }
}
