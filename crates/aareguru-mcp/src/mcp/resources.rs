//! The resources: what a client may read without calling a tool.
//!
//! Where a tool tells the same, the resource is its structured answer. The
//! others are one file each.

mod danger_levels;
mod stations;
mod today;

use std::{sync::Arc, time::Duration};

use aareguru::{Place, River, Source};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CacheScope, ErrorCode, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
    },
    service::RequestContext,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::mcp::{
    apps::App,
    subscriptions::{Feed, until_next},
    tools::{self, Cities, ResponseCache},
};

use danger_levels::DangerLevels;
use stations::Stations;
use today::Today;

const CITIES: &str = "aareguru://cities";
const WIDGET: &str = "aareguru://widget";
const STATIONS: &str = "aareguru://stations";
const DANGER_LEVELS: &str = "aareguru://danger-levels";

/// What stands before `{city}` in the templates.
const CURRENT: &str = "aareguru://current/";
const TODAY: &str = "aareguru://today/";
const FORECAST: &str = "aareguru://forecast/";

/// How long a client may keep what holds no readings.
const UNCHANGING: Duration = Duration::from_secs(60 * 60);

const JSON: &str = "application/json";

pub(super) fn all() -> Vec<Resource> {
    [
        (
            CITIES,
            "cities",
            "Measured places",
            "All places with their latest water temperature in °C; the same as list_cities",
        ),
        (
            WIDGET,
            "widget",
            "All places at once",
            "Water temperature (°C), flow (m³/s), flood level and verdict of all places, each with \
             its time and age; the same as compare_cities",
        ),
        (
            STATIONS,
            "stations",
            "Stations",
            "The places themselves: names and aliases, gauge, coordinates, what is measured there, \
             and who says so; no readings",
        ),
        (
            DANGER_LEVELS,
            "danger-levels",
            "Flood danger levels",
            "BAFU's flood danger levels, what they mean, and the flow in m³/s from which each holds \
             at each gauge, with sources; level 1 is not a permission to swim",
        ),
    ]
    .map(|(uri, name, title, description)| {
        Resource::new(uri, name)
            .with_title(title)
            .with_description(description)
            .with_mime_type(JSON)
    })
    .into()
}

pub(super) fn templates() -> Vec<ResourceTemplate> {
    [
        (
            CURRENT,
            "current",
            "Current conditions",
            "How it is at one place now: water, flow, verdict, air, sun; the same as \
             get_current_conditions",
        ),
        (
            TODAY,
            "today",
            "Water temperature in short",
            "The water temperature at one place in °C with its time and age, and a saying",
        ),
        (
            FORECAST,
            "forecast",
            "Forecast",
            "The water in two hours and the weather of four days at one place; the same as \
             get_forecast",
        ),
    ]
    .map(|(prefix, name, title, description)| {
        ResourceTemplate::new(format!("{prefix}{{city}}"), name)
            .with_title(title)
            .with_description(format!(
                "{description}. `city` is {} or another name of these places",
                ids()
            ))
            .with_mime_type(JSON)
    })
    .into()
}

/// # Errors
///
/// A template that does not exist.
pub(super) fn known_template(uri: &str) -> Result<(), ErrorData> {
    let templates: Vec<_> = templates().into_iter().map(|it| it.uri_template).collect();
    if templates.iter().any(|template| template == uri) {
        return Ok(());
    }
    let templates = templates.join(", ");
    let message = format!("unknown resource template `{uri}`; there are {templates}");
    Err(ErrorData::invalid_params(message, None))
}

/// Reads a resource.
///
/// # Errors
///
/// A resource that does not exist, a place that is none, or a river that
/// cannot be asked.
pub(super) async fn read(
    river: &River,
    response_cache: &ResponseCache,
    uri: &str,
    context: &RequestContext<RoleServer>,
) -> Result<ReadResourceResult, ErrorData> {
    if let Some(app) = App::find(uri) {
        return Ok(ReadResourceResult::new(vec![app.contents()])
            .with_ttl_ms(u64::try_from(UNCHANGING.as_millis()).unwrap_or(u64::MAX))
            .with_cache_scope(CacheScope::Public));
    }
    let value = match uri {
        CITIES => {
            let places = river.places().await.map_err(|error| no_data(&error))?;
            to_json(&Cities::new(places, river.now()))?
        }
        WIDGET => told_by("compare_cities", json!({}), river, response_cache, context).await?,
        STATIONS => to_json(&Stations::new())?,
        DANGER_LEVELS => to_json(&DangerLevels::new())?,
        _ => at_one_place(river, response_cache, uri, context)
            .await
            .map_err(|error| naming(uri, error))?,
    };
    let fresh_for = match feed(uri)? {
        Some(_) => until_next(river.now(), newest(&value), river.cache_ttl()),
        None => UNCHANGING,
    };
    let contents = ResourceContents::text(value.to_string(), uri).with_mime_type(JSON);
    Ok(ReadResourceResult::new(vec![contents])
        .with_ttl_ms(u64::try_from(fresh_for.as_millis()).unwrap_or(u64::MAX))
        .with_cache_scope(CacheScope::Public))
}

/// When the newest of all values in an answer was measured.
fn newest(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("measured_at").and_then(Value::as_i64);
            let own = own.and_then(|seconds| Timestamp::from_second(seconds).ok());
            fields.values().filter_map(newest).chain(own).max()
        }
        Value::Array(items) => items.iter().filter_map(newest).max(),
        _ => None,
    }
}

/// Which answer of the API a resource is made of; none if it never changes.
///
/// # Errors
///
/// A resource that does not exist.
pub(super) fn feed(uri: &str) -> Result<Option<Feed>, ErrorData> {
    let at = |city, feed: fn(&'static str) -> Feed| Ok(Some(feed(place(city)?.id())));
    let feed = if let Some(city) = uri.strip_prefix(CURRENT) {
        at(city, Feed::Current)
    } else if let Some(city) = uri.strip_prefix(FORECAST) {
        at(city, Feed::Current)
    } else if let Some(city) = uri.strip_prefix(TODAY) {
        at(city, Feed::Today)
    } else {
        match uri {
            CITIES => Ok(Some(Feed::Cities)),
            WIDGET => Ok(Some(Feed::Widget)),
            STATIONS | DANGER_LEVELS => Ok(None),
            _ if App::find(uri).is_some() => Ok(None),
            _ => Err(unknown(uri)),
        }
    };
    feed.map_err(|error| naming(uri, error))
}

/// The feed of the places that there are.
pub(super) const LIST: Feed = Feed::Cities;

/// Says in an error's data which resource does not exist, as programs look for
/// it there.
fn naming(uri: &str, mut error: ErrorData) -> ErrorData {
    if error.code == ErrorCode::RESOURCE_NOT_FOUND {
        error.data = Some(json!({ "uri": uri }));
    }
    error
}

async fn at_one_place(
    river: &River,
    response_cache: &ResponseCache,
    uri: &str,
    context: &RequestContext<RoleServer>,
) -> Result<Value, ErrorData> {
    if let Some(city) = uri.strip_prefix(CURRENT) {
        let arguments = json!({ "city": place(city)?.id() });
        told_by(
            "get_current_conditions",
            arguments,
            river,
            response_cache,
            context,
        )
        .await
    } else if let Some(city) = uri.strip_prefix(FORECAST) {
        let arguments = json!({ "city": place(city)?.id(), "hours": 96 });
        told_by("get_forecast", arguments, river, response_cache, context).await
    } else if let Some(city) = uri.strip_prefix(TODAY) {
        let today = river.today_in_short(place(city)?).await;
        let today = today.map_err(|error| no_data(&error))?;
        to_json(&Today::new(today, river.now()))
    } else {
        Err(unknown(uri))
    }
}

fn unknown(uri: &str) -> ErrorData {
    let there_are: Vec<_> = all()
        .into_iter()
        .map(|resource| resource.uri)
        .chain(templates().into_iter().map(|it| it.uri_template))
        .collect();
    let there_are = there_are.join(", ");
    let message = format!("unknown resource `{uri}`; there are {there_are}");
    ErrorData::resource_not_found(message, None)
}

/// The place in a URI, by any of its names, percent-encoded or not.
fn place(city: &str) -> Result<&'static Place, ErrorData> {
    let name = percent_decode_str(city).decode_utf8_lossy();
    Place::find(&name).map_err(|error| ErrorData::resource_not_found(error.to_string(), None))
}

/// The structured answer of a tool.
async fn told_by(
    tool: &'static str,
    arguments: Value,
    river: &River,
    response_cache: &ResponseCache,
    context: &RequestContext<RoleServer>,
) -> Result<Value, ErrorData> {
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    match tools::render(river, response_cache, tool, arguments, context).await? {
        Ok(told) => Ok(Arc::unwrap_or_clone(told).structured),
        Err(refusal) => Err(ErrorData::internal_error(refusal.to_string(), None)),
    }
}

fn to_json(value: &impl Serialize) -> Result<Value, ErrorData> {
    serde_json::to_value(value)
        .map_err(|error| ErrorData::internal_error(format!("no data: {error}"), None))
}

fn no_data(error: &aareguru::Error) -> ErrorData {
    let message = format!("no data: {}", error.with_causes());
    ErrorData::internal_error(message, None)
}

fn ids() -> String {
    let ids: Vec<_> = Place::all().iter().map(Place::id).collect();
    ids.join(", ")
}

/// Who says so.
#[derive(Debug, Serialize)]
struct SourceOf {
    name: &'static str,
    url: &'static str,
    /// The day or month it speaks of.
    date: &'static str,
}

impl SourceOf {
    fn new(source: &'static Source) -> Self {
        Self {
            name: &source.name,
            url: &source.url,
            date: &source.date,
        }
    }
}
