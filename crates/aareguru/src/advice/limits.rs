//! The limits that a verdict uses: those of `data/swimming-limits.toml` for each place, and margins
//! of this crate.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{Verdict, shown};
use crate::source::{Source, Sources};
use crate::{FloodLevel, Place};

/// A limit of the flow for swimmers at one place. It does not apply to any other place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwimmingLimit {
    place: String,
    from_m3_per_s: f64,
    verdict: Verdict,
    text: String,
    from: String,
}

impl SwimmingLimit {
    /// Returns the flow in m³/s from which it applies.
    pub fn from_m3_per_s(&self) -> f64 {
        self.from_m3_per_s
    }

    /// Returns its verdict: [`Verdict::Caution`] or [`Verdict::DoNotSwim`].
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Returns its text, as a clause in lower case without a full stop.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns its source.
    pub fn source(&self) -> &'static Source {
        TABLE.source.get(&self.from)
    }
}

/// A limit that a verdict compares with.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Limit {
    /// The quantity to compare.
    pub quantity: LimitQuantity,
    /// The value at which the limit is reached, in the unit of the quantity.
    pub value: f64,
    /// The verdict for a value that reaches it.
    pub verdict: Verdict,
    /// The author of the limit.
    pub basis: LimitBasis,
    /// Its text, as a clause in lower case without a full stop.
    pub text: String,
    /// Its sources. Never empty.
    pub sources: Vec<&'static Source>,
}

/// The quantity of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitQuantity {
    /// The flow in m³/s; reached at or above the value.
    Flow,
    /// The rise of the flow in m³/s in an hour; reached at or above the value.
    Rise,
    /// The water temperature in °C; reached at or below the value.
    WaterTemperature,
}

/// The author of a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum LimitBasis {
    /// Lifeguards, authorities or others who know the river at this place.
    Local,
    /// BAFU's flood level 2.
    FloodLevel,
    /// This crate, because no local limit is known: a share of flood level 2.
    OwnMargin {
        /// 0.5 is half of the flow from which flood level 2 applies.
        share_of_level_2: f64,
    },
    /// The canton, for all its stations.
    Canton,
    /// Lifesaving societies, for all waters.
    Lifesaving,
}

impl LimitQuantity {
    /// Returns the unit: `m³/s`, `m³/s in an hour` or `°C`.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Flow => "m³/s",
            Self::Rise => "m³/s in an hour",
            Self::WaterTemperature => "°C",
        }
    }
}

impl Place {
    /// Returns the known limits for swimmers here, lowest first. An empty list does not permit
    /// anything.
    pub fn swimming_limits(&self) -> impl Iterator<Item = &'static SwimmingLimit> {
        TABLE
            .limit
            .iter()
            .filter(move |limit| limit.place == self.id())
    }
}

/// Returns the limits of the flow at a place up to flood level 2, lowest first. A margin of this
/// crate replaces each verdict without a local limit.
pub(super) fn flow_limits(place: &Place) -> Vec<Limit> {
    let mut limits: Vec<Limit> = place
        .swimming_limits()
        .map(|limit| Limit {
            quantity: LimitQuantity::Flow,
            value: limit.from_m3_per_s,
            verdict: limit.verdict(),
            basis: LimitBasis::Local,
            text: limit.text.clone(),
            sources: vec![limit.source()],
        })
        .collect();
    limits.extend(own_margin(
        place,
        Verdict::Caution,
        TABLE.margin.caution_share_of_level_2,
    ));
    limits.extend(own_margin(
        place,
        Verdict::DoNotSwim,
        TABLE.margin.do_not_swim_share_of_level_2,
    ));
    limits.extend(flood_level_2(place));
    limits.sort_by(|a, b| a.value.total_cmp(&b.value));
    limits
}

/// Returns all limits that a verdict on a place uses.
pub(super) fn all(place: &Place) -> Vec<Limit> {
    let mut limits = flow_limits(place);
    limits.extend(rise(place));
    limits.push(cold());
    limits
}

/// Returns the margin of this crate for a verdict; `None` if a local limit has that verdict, or if
/// no flood levels are known.
fn own_margin(place: &Place, verdict: Verdict, share_of_level_2: f64) -> Option<Limit> {
    if place.swimming_limits().any(|it| it.verdict() == verdict) {
        return None;
    }
    let thresholds = place.flood_thresholds()?;
    let level_2 = thresholds.from_m3_per_s(FloodLevel::Moderate)?;
    let value = share_of_level_2 * level_2;
    let text = format!(
        "{} is {:.0} % of flood level 2 at {} ({}): a margin of this server, because no {} of \
         lifeguards or authorities is known for this place",
        shown(value),
        100.0 * share_of_level_2,
        place.name(),
        shown(level_2),
        if verdict == Verdict::Caution {
            "lower limit"
        } else {
            "limit"
        },
    );
    Some(Limit {
        quantity: LimitQuantity::Flow,
        value,
        verdict,
        basis: LimitBasis::OwnMargin { share_of_level_2 },
        text,
        sources: vec![thresholds.source()],
    })
}

fn flood_level_2(place: &Place) -> Option<Limit> {
    let level = FloodLevel::Moderate;
    let thresholds = place.flood_thresholds()?;
    Some(Limit {
        quantity: LimitQuantity::Flow,
        value: thresholds.from_m3_per_s(level)?,
        verdict: Verdict::DoNotSwim,
        basis: LimitBasis::FloodLevel,
        text: format!("{level}: {}", level.meaning()),
        sources: vec![thresholds.source(), FloodLevel::source()],
    })
}

/// Returns the limit of a fast rise at this place; `None` if none is known.
pub(super) fn rise(place: &Place) -> Option<Limit> {
    let rise = &TABLE.rise;
    rise.places
        .iter()
        .any(|id| id == place.id())
        .then(|| Limit {
            quantity: LimitQuantity::Rise,
            value: rise.per_hour_m3_per_s,
            verdict: Verdict::Caution,
            basis: LimitBasis::Canton,
            text: rise.text.clone(),
            sources: vec![TABLE.source.get(&rise.from)],
        })
}

/// Returns the limit of cold water.
pub(super) fn cold() -> Limit {
    let cold = &TABLE.cold;
    Limit {
        quantity: LimitQuantity::WaterTemperature,
        value: cold.at_or_below_celsius,
        verdict: Verdict::Caution,
        basis: LimitBasis::Lifesaving,
        text: cold.text.clone(),
        sources: cold.from.iter().map(|key| TABLE.source.get(key)).collect(),
    }
}

/// The margins of this crate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Margin {
    caution_share_of_level_2: f64,
    do_not_swim_share_of_level_2: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cold {
    at_or_below_celsius: f64,
    text: String,
    from: Vec<String>,
}

/// The gate of the Bueber canal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Canal {
    place: String,
    pub(super) discretion_from_m3_per_s: f64,
    pub(super) closes_from_m3_per_s: f64,
    pub(super) text: String,
    from: String,
    /// Statements of others about the same gate.
    pub(super) also: Vec<Remark>,
}

impl Canal {
    pub(super) fn source(&self) -> &'static Source {
        TABLE.source.get(&self.from)
    }
}

/// The limit of a fast rise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rise {
    places: Vec<String>,
    per_hour_m3_per_s: f64,
    text: String,
    from: String,
}

/// Additional information about some places, or all if it names none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Remark {
    #[serde(default)]
    places: Vec<String>,
    pub(super) text: String,
    from: String,
}

impl Remark {
    pub(super) fn source(&self) -> &'static Source {
        TABLE.source.get(&self.from)
    }
}

/// Returns the canal, if it is at this place.
pub(super) fn canal(place: &Place) -> Option<&'static Canal> {
    Some(&TABLE.canal).filter(|canal| canal.place == place.id())
}

/// Returns the remarks about this place.
pub(super) fn remarks(place: &Place) -> impl Iterator<Item = &'static Remark> {
    TABLE.remark.iter().filter(move |remark| {
        remark.places.is_empty() || remark.places.iter().any(|id| id == place.id())
    })
}

/// Returns the source for data of the API itself.
pub(super) fn api() -> &'static Source {
    TABLE.source.get("aareguru")
}

/// The shape of `data/swimming-limits.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    source: Sources,
    limit: Vec<SwimmingLimit>,
    margin: Margin,
    cold: Cold,
    canal: Canal,
    rise: Rise,
    remark: Vec<Remark>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../../data/swimming-limits.toml"))
        .expect("the table is compiled in and every test reads it")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_names_a_place_and_a_source() {
        let is_place = |id: &str| Place::all().iter().any(|place| place.id() == id);
        for limit in &TABLE.limit {
            assert!(is_place(&limit.place), "{limit:?}");
            assert!(!limit.source().url.is_empty());
            assert!(matches!(
                limit.verdict,
                Verdict::Caution | Verdict::DoNotSwim
            ));
        }
        assert!(TABLE.rise.places.iter().all(|id| is_place(id)));
        assert!(is_place(&TABLE.canal.place));
        for remark in &TABLE.remark {
            assert!(remark.places.iter().all(|id| is_place(id)), "{remark:?}");
            assert!(!remark.source().url.is_empty());
        }
        assert!(!TABLE.canal.source().url.is_empty());
        let mut also = TABLE.canal.also.iter();
        assert!(also.all(|also| !also.source().url.is_empty()));
        assert_eq!(api().date, "live");
        for place in Place::all() {
            let limits = all(place);
            let mut sources = limits.iter().map(|limit| limit.sources.len());
            assert!(sources.all(|count| count > 0), "{limits:?}");
        }
    }

    fn limits_of(id: &str) -> Vec<(f64, Verdict, bool)> {
        let limits = flow_limits(Place::find(id).unwrap());
        let own = |basis| matches!(basis, LimitBasis::OwnMargin { .. });
        limits
            .into_iter()
            .map(|limit| (limit.value, limit.verdict, own(limit.basis)))
            .collect()
    }

    #[test]
    fn own_margin_exists_only_without_a_local_limit() {
        use Verdict::{Caution, DoNotSwim};
        let bern = limits_of("bern");
        assert_eq!(bern[0], (200.0, Caution, false));
        assert_eq!(bern[1], (220.0, DoNotSwim, false));
        assert!(bern.iter().all(|(_, _, is_own)| !is_own));
        assert_eq!(
            limits_of("thun"),
            [
                (175.0, Caution, true),
                (300.0, DoNotSwim, false),
                (350.0, DoNotSwim, false)
            ]
        );
        assert_eq!(
            limits_of("brugg"),
            [
                (410.0, Caution, true),
                (615.0, DoNotSwim, true),
                (820.0, DoNotSwim, false)
            ]
        );
        assert!(limits_of("olten").is_empty());
    }

    #[test]
    fn own_margin_names_its_share_of_flood_level_2() {
        let brugg = &flow_limits(Place::find("brugg").unwrap())[1];
        assert_eq!(
            brugg.text,
            "615 m³/s is 75 % of flood level 2 at Brugg \
             (820 m³/s): a margin of this server, because no limit of lifeguards or authorities \
             is known for this place"
        );
        assert_eq!((cold().value, cold().verdict), (15.0, Verdict::Caution));
    }
}
