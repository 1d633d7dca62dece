//! The root of queries.

use aareguru::{Advice, CREDIT, FloodLevel, River};
use async_graphql::{Context, Object, Result, SimpleObject};

use super::{
    comparison::ComparisonType,
    danger::FloodLevelMeaningType,
    error,
    place::{PlaceType, river},
    scalars::Date,
};

/// Maximum length of a list of places.
const MAX_NAMES: usize = 8;

/// The root of queries.
#[derive(Debug)]
pub(super) struct Query;

/// The Swiss river Aare: water temperature, flow, danger, weather, forecast and history at eight
/// places, measured every ten minutes. Null means unknown, never zero. No answer is a permission to
/// swim.
#[Object]
impl Query {
    /// The measured places in the requested order, by default downstream. Null with an error if a
    /// place does not exist.
    #[graphql(complexity = "1 + 8 * child_complexity")]
    async fn places(
        &self,
        #[graphql(desc = "1 to 8 places, by any of their names. Default: all.")] names: Option<
            Vec<String>,
        >,
    ) -> Option<Result<Vec<PlaceType>>> {
        let places = find_all("names", names);
        Some(places.map(|places| {
            let places = places.unwrap_or_else(|| aareguru::Place::all().iter().collect());
            places.into_iter().map(PlaceType::new).collect()
        }))
    }

    /// One place. Null with an error if the place does not exist.
    async fn place(
        &self,
        #[graphql(
            default = "bern",
            desc = "Any name of the place: `bern`, `Bärn`, `Berne`, `Marzili`."
        )]
        name: String,
    ) -> Option<Result<PlaceType>> {
        Some(find(&name).map(PlaceType::new))
    }

    /// Compares places and ranks them by temperature. Costs one request to the upstream API. Null
    /// with an error if the request fails.
    #[graphql(complexity = "5 + child_complexity")]
    async fn compare(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "1 to 8 places, by any of their names. Default: all.")] places: Option<
            Vec<String>,
        >,
    ) -> Option<Result<ComparisonType>> {
        let places = match find_all("places", places) {
            Ok(places) => places.unwrap_or_default(),
            Err(error) => return Some(Err(error)),
        };
        let river = river(ctx);
        let comparison = river.compare(&places).await;
        let comparison = comparison.map(|it| ComparisonType::new(&it, river.now()));
        Some(comparison.map_err(error::upstream))
    }

    /// BAFU's five flood danger levels, lowest first.
    #[graphql(complexity = "1 + 5 * child_complexity")]
    async fn flood_levels(&self) -> Vec<FloodLevelMeaningType> {
        FloodLevel::ALL.map(FloodLevelMeaningType::new).into()
    }

    /// This server and its sources.
    async fn about(&self, ctx: &Context<'_>) -> AboutType {
        AboutType::new(river(ctx))
    }
}

objects! {
    #![derive(Debug, SimpleObject)]

    /// A description of this server and its sources.
    struct AboutType("About") from(river: &River) {
        /// The version of this server.
        version: &'static str = env!("CARGO_PKG_VERSION"),
        /// The day of the recording if the server answers with recorded data; null for live data.
        recorded_on: Option<Date> = river.client().recorded_on().map(Date),
        /// What these numbers do not show. Show it with every verdict.
        boundary: &'static str = Advice::BOUNDARY,
        /// The sources to credit wherever the numbers are shown. This is a condition of use.
        credit: &'static str = CREDIT,
    }
}

/// Finds a place by any of its names.
pub(super) fn find(name: &str) -> Result<&'static aareguru::Place> {
    aareguru::Place::find(name).map_err(|unknown| error::unknown_place(&unknown))
}

/// Finds places by any of their names, without duplicates. Returns `None` without names.
pub(super) fn find_all(
    argument: &'static str,
    names: Option<Vec<String>>,
) -> Result<Option<Vec<&'static aareguru::Place>>> {
    let Some(names) = names else {
        return Ok(None);
    };
    if names.is_empty() || names.len() > MAX_NAMES {
        let given = names.len();
        let text = format!(
            "`{argument}` must contain 1 to {MAX_NAMES} places, not {given}; omit it for all"
        );
        return Err(error::bad_input(argument, text));
    }
    let mut places = Vec::new();
    for name in &names {
        let place = find(name)?;
        if !places.contains(&place) {
            places.push(place);
        }
    }
    Ok(Some(places))
}
