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

/// More names than places are a mistake.
const MAX_NAMES: usize = 8;

/// The root of queries.
#[derive(Debug)]
pub(super) struct Query;

/// The Swiss river Aare: water temperature, flow, danger, weather, forecast and
/// history at eight places, measured every ten minutes. What is null is
/// unknown, and never zero. Nothing here is a permission to swim.
#[Object]
impl Query {
    /// The places at which the Aare is measured, in the order asked for, else
    /// in downstream order. Null with an error if a name is none of theirs.
    #[graphql(complexity = "1 + 8 * child_complexity")]
    async fn places(
        &self,
        #[graphql(desc = "Which, by any of their names, 1 to 8; all if left out.")] names: Option<
            Vec<String>,
        >,
    ) -> Option<Result<Vec<PlaceType>>> {
        let places = find_all("names", names);
        Some(places.map(|places| {
            let places = places.unwrap_or_else(|| aareguru::Place::all().iter().collect());
            places.into_iter().map(PlaceType::new).collect()
        }))
    }

    /// One place, by any of its names. Null with an error if it has none such.
    async fn place(
        &self,
        #[graphql(
            default = "bern",
            desc = "Its name: `bern`, `Bärn`, `Berne`, `Marzili`."
        )]
        name: String,
    ) -> Option<Result<PlaceType>> {
        Some(find(&name).map(PlaceType::new))
    }

    /// How places compare, and where it is warmest or coldest, from one answer of
    /// the API. Null with an error if that gives none.
    #[graphql(complexity = "5 + child_complexity")]
    async fn compare(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which places, by any of their names, 1 to 8; all if left out.")]
        places: Option<Vec<String>>,
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

    /// What answers here.
    async fn about(&self, ctx: &Context<'_>) -> AboutType {
        AboutType::new(river(ctx))
    }
}

objects! {
    #![derive(Debug, SimpleObject)]

    /// What answers here, and whom to credit.
    struct AboutType("About") from(river: &River) {
        /// The version of this server.
        version: &'static str = env!("CARGO_PKG_VERSION"),
        /// The day on which all answers were recorded, if they are recordings and
        /// not the live river; else null.
        recorded_on: Option<Date> = river.client().recorded_on().map(Date),
        /// What these numbers do not show; show it with every verdict.
        boundary: &'static str = Advice::BOUNDARY,
        /// Whom to credit wherever the numbers are shown: a condition of use.
        credit: &'static str = CREDIT,
    }
}

/// Returns the place of this name.
pub(super) fn find(name: &str) -> Result<&'static aareguru::Place> {
    aareguru::Place::find(name).map_err(|unknown| error::unknown_place(&unknown))
}

/// Returns the places of these names, each once.
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
            "`{argument}` takes 1 to {MAX_NAMES} places, not {given}; leave it out for all"
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
