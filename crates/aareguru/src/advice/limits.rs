//! The table of what is said to swimmers, place by place:
//! `data/swimming-limits.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Verdict;
use crate::Place;
use crate::source::{Source, Sources};

/// From this flow on, somebody says something to swimmers at one place. It
/// says nothing of any other place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwimmingLimit {
    place: String,
    pub(super) from_m3_per_s: f64,
    verdict: LimitVerdict,
    pub(super) text: String,
    from: String,
}

/// The verdicts that a limit can have.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LimitVerdict {
    Caution,
    DoNotSwim,
}

impl SwimmingLimit {
    /// The flow in m³/s from which it holds.
    pub fn from_m3_per_s(&self) -> f64 {
        self.from_m3_per_s
    }

    /// The verdict that it makes: [`Verdict::Caution`] or
    /// [`Verdict::DoNotSwim`].
    pub fn verdict(&self) -> Verdict {
        match self.verdict {
            LimitVerdict::Caution => Verdict::Caution,
            LimitVerdict::DoNotSwim => Verdict::DoNotSwim,
        }
    }

    /// What is said, as a clause in lower case without a full stop.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Who says so.
    pub fn source(&self) -> &'static Source {
        TABLE.source.get(&self.from)
    }
}

impl Place {
    /// What is said to swimmers here from which flow on, lowest first; empty
    /// where nobody is known to have said anything, which permits nothing.
    pub fn swimming_limits(&self) -> impl Iterator<Item = &'static SwimmingLimit> {
        limits(self)
    }
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
    pub(super) also: Vec<Also>,
}

/// Something else said of the same.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Also {
    pub(super) text: String,
    from: String,
}

impl Canal {
    pub(super) fn source(&self) -> &'static Source {
        TABLE.source.get(&self.from)
    }
}

impl Also {
    pub(super) fn source(&self) -> &'static Source {
        TABLE.source.get(&self.from)
    }
}

/// What is called a rise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rise {
    places: Vec<String>,
    pub(super) per_hour_m3_per_s: f64,
    pub(super) text: String,
    from: String,
}

impl Rise {
    pub(super) fn source(&self) -> &'static Source {
        TABLE.source.get(&self.from)
    }
}

/// Worth knowing at one place, or at all if it names none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Remark {
    place: Option<String>,
    pub(super) text: String,
    from: String,
}

impl Remark {
    pub(super) fn source(&self) -> &'static Source {
        TABLE.source.get(&self.from)
    }
}

/// The limits of this place, lowest first.
pub(super) fn limits(place: &Place) -> impl Iterator<Item = &'static SwimmingLimit> {
    TABLE
        .limit
        .iter()
        .filter(move |limit| limit.place == place.id())
}

/// The canal, if it is at this place.
pub(super) fn canal(place: &Place) -> Option<&'static Canal> {
    Some(&TABLE.canal).filter(|canal| canal.place == place.id())
}

/// What is called a rise at this place.
pub(super) fn rise(place: &Place) -> Option<&'static Rise> {
    Some(&TABLE.rise).filter(|rise| rise.places.iter().any(|id| id == place.id()))
}

/// What is worth knowing at this place.
pub(super) fn remarks(place: &Place) -> impl Iterator<Item = &'static Remark> {
    TABLE
        .remark
        .iter()
        .filter(move |remark| remark.place.as_deref().is_none_or(|id| id == place.id()))
}

/// The source of what comes from the API itself.
pub(super) fn api() -> &'static Source {
    TABLE.source.get("aareguru")
}

/// The shape of `data/swimming-limits.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    source: Sources,
    limit: Vec<SwimmingLimit>,
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
        }
        assert!(TABLE.rise.places.iter().all(|id| is_place(id)));
        assert!(is_place(&TABLE.canal.place));
        for remark in &TABLE.remark {
            assert!(remark.place.as_deref().is_none_or(is_place), "{remark:?}");
            assert!(!remark.source().url.is_empty());
        }
        assert!(!TABLE.rise.source().url.is_empty() && !TABLE.canal.source().url.is_empty());
        assert!(
            TABLE
                .canal
                .also
                .iter()
                .all(|also| !also.source().url.is_empty())
        );
        assert_eq!(api().date, "live");
    }

    #[test]
    fn the_limits_of_a_place_rise() {
        for place in Place::all() {
            assert!(
                limits(place).map(|limit| limit.from_m3_per_s).is_sorted(),
                "{place:?}"
            );
        }
    }
}
