//! The resources, listed in [`RESOURCES`].
//!
//! Resources that match a tool contain its structured content. The others are one file each.

mod danger_levels;
mod stations;
mod today;

use std::time::Duration;

use aareguru::{Error, Feed, Place, River};
use answers::{
    compare_cities::CompareCitiesAnswer,
    current_conditions::CurrentConditionsAnswer,
    forecast::{ForecastAnswer, MAX_HOURS},
    list_cities::ListCitiesAnswer,
};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use rmcp::{
    ErrorData,
    model::{CacheScope, ReadResourceResult, Resource, ResourceContents, ResourceTemplate},
};
use serde_json::{Value, json};

use crate::apps::AppView;

use today::TodayResource;

/// How long clients may cache resources without readings.
const STATIC_TTL: Duration = Duration::from_secs(60 * 60);

const JSON: &str = "application/json";

/// A resource, or a template for one resource per place.
struct ResourceEntry {
    /// The URI; for a template, the part before `{city}`.
    uri: &'static str,
    name: &'static str,
    title: &'static str,
    description: &'static str,
    kind: ResourceKind,
}

#[derive(Clone, Copy)]
enum ResourceKind {
    /// Contains no readings and never changes.
    Fixed(fn() -> Value),
    AllPlaces(Feed, ReadAllPlaces),
    /// A template. The function returns the feed of a place.
    OnePlace(fn(&'static str) -> Feed, ReadOnePlace),
}

type ReadAllPlaces = fn(&River) -> BoxFuture<'_, Result<Value, Error>>;
type ReadOnePlace = for<'a> fn(&'a River, &'static Place) -> BoxFuture<'a, Result<Value, Error>>;

/// All resources and templates, in the order in which they are listed.
static RESOURCES: [ResourceEntry; 7] = [
    ResourceEntry {
        uri: "aareguru://cities",
        name: "cities",
        title: "Measured places",
        description: "All places with their latest water temperature in °C; the same as list_cities",
        kind: ResourceKind::AllPlaces(Feed::Cities, |river| {
            Box::pin(async {
                let places = river.places().await?;
                Ok(json!(ListCitiesAnswer::new(places, river.now())))
            })
        }),
    },
    ResourceEntry {
        uri: "aareguru://widget",
        name: "widget",
        title: "All places at once",
        description: "Water temperature (°C), flow (m³/s), flood level and verdict of all places, \
                      each with its time and age; the same as compare_cities",
        kind: ResourceKind::AllPlaces(Feed::Widget, |river| {
            Box::pin(async {
                let comparison = river.compare(&[]).await?;
                Ok(json!(CompareCitiesAnswer::new(&comparison, river.now())))
            })
        }),
    },
    ResourceEntry {
        uri: "aareguru://stations",
        name: "stations",
        title: "Stations",
        description: "The places themselves: names and aliases, gauge, coordinates, what is \
                      measured there, and who says so; no readings",
        kind: ResourceKind::Fixed(stations::stations),
    },
    ResourceEntry {
        uri: "aareguru://danger-levels",
        name: "danger-levels",
        title: "Flood danger levels",
        description: "BAFU's flood danger levels, what they mean, and the flow in m³/s from which \
                      each holds at each gauge, with sources; level 1 is not a permission to swim",
        kind: ResourceKind::Fixed(danger_levels::danger_levels),
    },
    ResourceEntry {
        uri: "aareguru://current/",
        name: "current",
        title: "Current conditions",
        description: "How it is at one place now: water, flow, verdict, air, sun; the same as \
                      get_current_conditions",
        kind: ResourceKind::OnePlace(Feed::Current, |river, place| {
            Box::pin(async move {
                let conditions = river.conditions(place).await?;
                let now = conditions.danger.asked_at;
                Ok(json!(CurrentConditionsAnswer::new(conditions, now)))
            })
        }),
    },
    ResourceEntry {
        uri: "aareguru://today/",
        name: "today",
        title: "Water temperature in short",
        description: "The water temperature at one place in °C with its time and age, and a saying",
        kind: ResourceKind::OnePlace(Feed::Today, |river, place| {
            Box::pin(async move {
                let today = river.today_in_short(place).await?;
                Ok(json!(TodayResource::new(today, river.now())))
            })
        }),
    },
    ResourceEntry {
        uri: "aareguru://forecast/",
        name: "forecast",
        title: "Forecast",
        description: "The water in two hours and the weather of four days at one place; the same \
                      as get_forecast",
        kind: ResourceKind::OnePlace(Feed::Current, |river, place| {
            Box::pin(async move {
                let forecast = river.forecast(place).await?;
                let (hours, now) = (MAX_HOURS, river.now());
                Ok(json!(ForecastAnswer::new(&forecast, hours, now)))
            })
        }),
    },
];

impl ResourceEntry {
    fn is_template(&self) -> bool {
        matches!(self.kind, ResourceKind::OnePlace(..))
    }

    fn uri_template(&self) -> String {
        format!("{}{{city}}", self.uri)
    }
}

pub(crate) fn list() -> Vec<Resource> {
    let resource = |entry: &ResourceEntry| {
        Resource::new(entry.uri, entry.name)
            .with_title(entry.title)
            .with_description(entry.description)
            .with_mime_type(JSON)
    };
    let resources = RESOURCES.iter().filter(|entry| !entry.is_template());
    resources.map(resource).collect()
}

pub(crate) fn list_templates() -> Vec<ResourceTemplate> {
    let ids: Vec<_> = Place::all().iter().map(Place::id).collect();
    let ids = ids.join(", ");
    let template = |entry: &ResourceEntry| {
        let about = entry.description;
        ResourceTemplate::new(entry.uri_template(), entry.name)
            .with_title(entry.title)
            .with_description(format!(
                "{about}. `city` is {ids} or another name of these places"
            ))
            .with_mime_type(JSON)
    };
    let templates = RESOURCES.iter().filter(|entry| entry.is_template());
    templates.map(template).collect()
}

/// Checks that a resource template exists.
///
/// # Errors
///
/// The template does not exist.
pub(crate) fn check_template(uri: &str) -> Result<(), ErrorData> {
    let templates = RESOURCES.iter().filter(|entry| entry.is_template());
    let templates: Vec<_> = templates.map(ResourceEntry::uri_template).collect();
    if templates.iter().any(|template| template == uri) {
        return Ok(());
    }
    let templates = templates.join(", ");
    let message = format!("unknown resource template `{uri}`; there are {templates}");
    Err(ErrorData::invalid_params(message, None))
}

/// A resource found by its URI.
enum ResolvedResource {
    App(AppView),
    Fixed(fn() -> Value),
    AllPlaces(Feed, ReadAllPlaces),
    OnePlace(Feed, ReadOnePlace, &'static Place),
}

/// Reads a resource.
///
/// # Errors
///
/// The resource or its place does not exist, or the API fails.
pub(crate) async fn read(river: &River, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let json = |value: Value| ResourceContents::text(value.to_string(), uri).with_mime_type(JSON);
    let value = match resolve(uri)? {
        ResolvedResource::App(app) => return Ok(build_result(app.contents(), STATIC_TTL)),
        ResolvedResource::Fixed(value) => return Ok(build_result(json(value()), STATIC_TTL)),
        ResolvedResource::AllPlaces(_, read) => read(river).await,
        ResolvedResource::OnePlace(_, read, place) => read(river, place).await,
    };
    let value = value.map_err(|error| {
        ErrorData::internal_error(format!("no data: {}", error.with_causes()), None)
    })?;
    let fresh_for = river.until_next_measurement(latest_measurement(&value));
    Ok(build_result(json(value), fresh_for))
}

fn build_result(contents: ResourceContents, fresh_for: Duration) -> ReadResourceResult {
    ReadResourceResult::new(vec![contents])
        .with_ttl_ms(u64::try_from(fresh_for.as_millis()).unwrap_or(u64::MAX))
        .with_cache_scope(CacheScope::Public)
}

/// Returns the latest `measured_at` in an answer, at any depth.
fn latest_measurement(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("measured_at").and_then(Value::as_i64);
            let own = own.and_then(|seconds| Timestamp::from_second(seconds).ok());
            fields
                .values()
                .filter_map(latest_measurement)
                .chain(own)
                .max()
        }
        Value::Array(items) => items.iter().filter_map(latest_measurement).max(),
        _ => None,
    }
}

/// Returns the feed from which a resource is made; `None` if the resource never changes.
///
/// # Errors
///
/// The resource or its place does not exist.
pub(crate) fn find_feed(uri: &str) -> Result<Option<Feed>, ErrorData> {
    Ok(match resolve(uri)? {
        ResolvedResource::AllPlaces(feed, _) | ResolvedResource::OnePlace(feed, ..) => Some(feed),
        ResolvedResource::App(_) | ResolvedResource::Fixed(_) => None,
    })
}

/// Finds a resource by its URI.
///
/// # Errors
///
/// The resource or its place does not exist. The data of the error contains the URI, as the protocol
/// requires.
fn resolve(uri: &str) -> Result<ResolvedResource, ErrorData> {
    let not_found = |message| ErrorData::resource_not_found(message, Some(json!({ "uri": uri })));
    // Apps are not listed as resources: they contain no data, and hosts find them through the
    // tools.
    if let Some(app) = AppView::ALL.into_iter().find(|app| app.uri() == uri) {
        return Ok(ResolvedResource::App(app));
    }
    for entry in &RESOURCES {
        match entry.kind {
            ResourceKind::Fixed(value) if uri == entry.uri => {
                return Ok(ResolvedResource::Fixed(value));
            }
            ResourceKind::AllPlaces(feed, read) if uri == entry.uri => {
                return Ok(ResolvedResource::AllPlaces(feed, read));
            }
            ResourceKind::OnePlace(feed, read) => {
                if let Some(city) = uri.strip_prefix(entry.uri) {
                    let name = percent_decode_str(city).decode_utf8_lossy();
                    let place = Place::find(&name).map_err(|it| not_found(it.to_string()))?;
                    return Ok(ResolvedResource::OnePlace(feed(place.id()), read, place));
                }
            }
            _ => {}
        }
    }
    let templates = list_templates().into_iter().map(|it| it.uri_template);
    let uris: Vec<_> = list()
        .into_iter()
        .map(|it| it.uri)
        .chain(templates)
        .collect();
    let uris = uris.join(", ");
    Err(not_found(format!(
        "unknown resource `{uri}`; there are {uris}"
    )))
}
