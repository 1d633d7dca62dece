//! The tables in `data/` against the data of the API and BAFU, copies of which are in `recordings/`
//! and `tests/it/data/`.

use std::collections::BTreeMap;

use aareguru::{FloodLevel, Place, Quantity};
use serde_json::Value as Json;
use toml::{Table, Value};

const TABLES: [(&str, &str); 4] = [
    ("places", include_str!("../../data/places.toml")),
    ("flood-levels", include_str!("../../data/flood-levels.toml")),
    (
        "swimming-limits",
        include_str!("../../data/swimming-limits.toml"),
    ),
    ("sayings", include_str!("../../data/sayings.toml")),
];

fn cities() -> Vec<Json> {
    serde_json::from_str(include_str!("../../recordings/cities.json")).unwrap()
}

/// Returns BAFU's stations on the Aare by number: name, latitude, longitude.
fn stations() -> BTreeMap<u32, Json> {
    let list: Json = serde_json::from_str(include_str!(
        "data/existenz-hydro-locations-aare-2026-03-25.subset.json"
    ))
    .unwrap();
    let payload = list["payload"].as_object().unwrap();
    payload
        .iter()
        .map(|(number, station)| (number.parse().unwrap(), station["details"].clone()))
        .collect()
}

/// Returns the data of BAFU's gauges on the Aare, by number.
fn gauges() -> BTreeMap<u32, Json> {
    let map: Json = serde_json::from_str(include_str!(
        "data/bafu-hydro_sensor_pq-aare-2026-09-29.subset.json"
    ))
    .unwrap();
    let features = map["features"].as_array().unwrap();
    features
        .iter()
        .map(|feature| {
            let properties = feature["properties"].clone();
            let number = properties["key"].as_str().unwrap().parse().unwrap();
            (number, properties)
        })
        .collect()
}

#[test]
fn place_ids_and_names_match_the_api() {
    let listed: Vec<_> = cities()
        .iter()
        .map(|city| [&city["city"], &city["name"], &city["longname"]].map(|it| it.clone()))
        .collect();
    let ours: Vec<_> = Place::all()
        .iter()
        .map(|place| [place.id(), place.dialect_name(), place.station()].map(Json::from))
        .collect();
    assert_eq!(ours, listed);
}

#[test]
fn gauges_and_coordinates_match_bafu() {
    let stations = stations();
    for place in Place::all() {
        let Some(gauge) = place.gauge() else { continue };
        let station = &stations[&gauge];
        assert_eq!(station["lat"], place.latitude_deg(), "{}", place.id());
        assert_eq!(station["lon"], place.longitude_deg(), "{}", place.id());
        // `Brugg, Argou` in the API.
        let name = station["name"].as_str().unwrap();
        assert!(
            place.station().starts_with(name),
            "{name} {}",
            place.station()
        );
    }
}

#[test]
fn api_coordinates_match_ours_rounded() {
    for (place, city) in Place::all().iter().zip(cities()) {
        for (exact, rounded) in [
            (place.latitude_deg(), &city["coordinates"]["lat"]),
            (place.longitude_deg(), &city["coordinates"]["lon"]),
        ] {
            let apart = (exact - rounded.as_f64().unwrap()).abs();
            assert!(apart <= 0.006, "{}: {exact} {rounded}", place.id());
        }
    }
}

#[test]
fn measured_quantities_match_bafu() {
    let gauges = gauges();
    for place in Place::all() {
        let gauge = place.gauge().and_then(|number| gauges.get(&number));
        let has = |key: &str| gauge.is_some_and(|gauge| gauge[key].is_string());
        assert_eq!(place.measures(Quantity::Flow), has("last_value"));
        assert_eq!(
            place.measures(Quantity::Height),
            has("sensor_waterlevel_last_value")
        );
    }
}

#[test]
fn flood_levels_match_bafu() {
    let gauges = gauges();
    let mut compared = 0;
    for place in Place::all() {
        let Some(thresholds) = place.flood_thresholds() else {
            continue;
        };
        let gauge = &gauges[&thresholds.gauge()];
        let label = gauge["label"].as_str().unwrap();
        assert_eq!(label, format!("Aare - {}", thresholds.gauge_name()));
        for (level, key) in FloodLevel::ALL[1..]
            .iter()
            .zip(["wl_1", "wl_2", "wl_3", "wl_4"])
        {
            let from = thresholds.from_m3_per_s(*level).unwrap();
            assert_eq!(gauge[key], format!("{from} m³/s"), "{label} {key}");
            compared += 1;
        }
    }
    assert_eq!(compared, 7 * 4);
}

#[test]
fn flood_levels_of_bern_match_the_api_scale() {
    let current: Json =
        serde_json::from_str(include_str!("../../recordings/current-bern.json")).unwrap();
    let scale = current["aare"]["flow_scale"].as_array().unwrap();
    let values: Vec<_> = scale.iter().map(|step| step["value"].as_f64()).collect();
    let thresholds = Place::find("bern").unwrap().flood_thresholds().unwrap();
    for level in &FloodLevel::ALL[1..] {
        assert!(
            values.contains(&thresholds.from_m3_per_s(*level)),
            "{level}"
        );
    }
}

#[test]
fn sayings_and_their_limits_match_the_api() {
    let current: Json =
        serde_json::from_str(include_str!("../../recordings/current-bern.json")).unwrap();
    for scale in ["temperature_scale", "flow_scale"] {
        for step in current["aare"][scale].as_array().unwrap() {
            let saying = aareguru::Saying::find(step["text"].as_str().unwrap()).unwrap();
            assert_eq!(saying.text, step["text"]);
            assert_eq!(saying.from_value, step["value"].as_f64(), "{}", saying.text);
        }
    }
}

#[test]
fn table_facts_have_dated_sources() {
    for (file, text) in TABLES {
        let table: Table = text.parse().unwrap();
        let sources = table["source"].as_table().unwrap();
        for (key, source) in sources {
            let field = |name| source[name].as_str().unwrap();
            assert!(!field("name").is_empty(), "{file} {key}");
            assert!(field("url").starts_with("http"), "{file} {key}");
            assert!(is_dated(field("date")), "{file} {key}");
        }

        let mut used = Vec::new();
        for (name, value) in table.iter().filter(|(name, _)| *name != "source") {
            let entries = match value {
                Value::Array(entries) => entries.clone(),
                one => vec![one.clone()],
            };
            for entry in entries {
                let keys = keys_of(&entry);
                // Our own margins have no external source, and are marked where they are used.
                let is_our_own = name == "margin";
                assert!(
                    is_our_own || !keys.is_empty(),
                    "{file}: {name} without source: {entry:?}"
                );
                used.extend(keys);
            }
        }
        for key in &used {
            assert!(sources.contains_key(key), "{file}: no source `{key}`");
        }
        for key in sources.keys() {
            // Sources that the code refers to directly.
            let is_named_in_code = matches!(
                (file, key.as_str()),
                ("flood-levels", "levels" | "api") | ("swimming-limits", "aareguru")
            );
            assert!(is_named_in_code || used.contains(key), "{file}: `{key}`");
        }
    }
}

#[test]
fn place_fields_have_sources() {
    let table: Table = TABLES[0].1.parse().unwrap();
    for place in table["place"].as_array().unwrap() {
        let place = place.as_table().unwrap();
        let mut facts = vec!["names", "position"];
        for (field, fact) in [
            ("gauge", "gauge"),
            ("weather_station", "weather_station"),
            ("note", "note"),
        ] {
            facts.extend(place.contains_key(field).then_some(fact));
        }
        let measures = place["measures"].as_array().unwrap();
        facts.extend(measures.iter().map(|quantity| quantity.as_str().unwrap()));
        let from = place["from"].as_table().unwrap();
        let mut sourced: Vec<_> = from.keys().map(String::as_str).collect();
        facts.sort_unstable();
        sourced.sort_unstable();
        assert_eq!(sourced, facts, "{:?}", place["id"]);
    }
}

/// Returns every `from` in an entry, at any depth.
fn keys_of(entry: &Value) -> Vec<String> {
    match entry {
        Value::Array(values) => values.iter().flat_map(keys_of).collect(),
        Value::Table(table) => table
            .iter()
            .flat_map(|(name, value)| match (name.as_str(), value) {
                ("from", Value::String(key)) => vec![key.clone()],
                ("from", Value::Array(keys)) => keys
                    .iter()
                    .map(|key| key.as_str().unwrap().to_owned())
                    .collect(),
                ("from", Value::Table(facts)) => facts
                    .values()
                    .map(|key| key.as_str().unwrap().to_owned())
                    .collect(),
                (_, value) => keys_of(value),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// `2026-09-29`, `2024-07`, `read 2026-11-22` or `live`.
fn is_dated(date: &str) -> bool {
    let day = date.strip_prefix("read ").unwrap_or(date);
    let is_month = || format!("{day}-01").parse::<jiff::civil::Date>().is_ok();
    date == "live" || day.parse::<jiff::civil::Date>().is_ok() || is_month()
}
