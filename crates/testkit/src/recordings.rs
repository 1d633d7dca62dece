//! Recorded responses of the API.

/// All places.
pub const CITIES: &str = include_str!("../../aareguru/recordings/cities.json");
/// The readings of Bern.
pub const CURRENT_BERN: &str = include_str!("../../aareguru/recordings/current-bern.json");
/// The short form of the readings of Interlaken.
pub const TODAY_INTERLAKEN: &str = include_str!("../../aareguru/recordings/today-interlaken.json");
/// The readings of all places.
pub const WIDGET: &str = include_str!("../../aareguru/recordings/widget-2024-08-19.abridged.json");
/// The history of the Aare in Bern.
pub const HYDRO_BERN: &str =
    include_str!("../../aareguru/recordings/hydro-daterange-2135-rows.json");
/// The latest readings of the Limmat, which no request of ours is about.
pub const HYDRO_LIMMAT: &str =
    include_str!("../../aareguru/recordings/hydro-latest-2243-sample.json");
