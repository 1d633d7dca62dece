//! What is said to swimmers: the rules by table, and what must never be said
//! by properties.

use aareguru::advice::{BueberCanal, Finding, Ground};
use aareguru::api::Bueber;
use aareguru::{
    Advice, Client, FloodLevel, Place, Reading, Saying, Situation, Suspicion, Trend, Verdict,
};
use jiff::civil::date;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

fn place(id: &str) -> &'static Place {
    Place::find(id).unwrap()
}

fn now() -> Timestamp {
    "2026-07-04T15:00:00Z".parse().unwrap()
}

fn flow_at(m3_per_s: f64, at: Timestamp) -> Reading {
    Reading {
        value: Some(m3_per_s),
        measured_at: Some(at),
        recorded_on: None,
    }
}

/// A flow that was measured 20 minutes ago.
fn flow(m3_per_s: f64) -> Reading {
    flow_at(m3_per_s, now() - 20.minutes())
}

const UNKNOWN: Reading = Reading {
    value: None,
    measured_at: None,
    recorded_on: None,
};

/// Three hours up to the reading of [`flow`], a point every 10 minutes.
fn trend(until_m3_per_s: f64, per_hour: f64) -> Trend {
    let points: Vec<_> = (0..19i32)
        .map(|n| {
            let at = now() - 20.minutes() - (10 * n).minutes();
            let value = until_m3_per_s - per_hour * f64::from(n) / 6.0;
            (at, Some(value))
        })
        .collect();
    Trend::of_flow(&points)
}

fn advise(id: &str, flow: Reading) -> Advice {
    Situation::new(place(id), flow, now()).advise()
}

/// The reasons on which the verdict stands.
fn grounds(advice: &Advice) -> Vec<Ground> {
    let reasons = advice.reasons.iter();
    reasons
        .filter(|reason| reason.speaks_for == Some(advice.verdict))
        .map(|reason| reason.ground)
        .collect()
}

fn says(advice: &Advice, text: &str) -> bool {
    advice.to_string().contains(text)
}

#[test]
fn the_flow_decides_by_place() {
    use Verdict::{Caution, DoNotSwim, NoKnownWarning, Unknown};
    let table = [
        ("bern", 150.0, NoKnownWarning),
        ("bern", 199.9, NoKnownWarning),
        ("bern", 200.0, Caution),
        ("bern", 219.0, Caution),
        ("bern", 220.0, DoNotSwim),
        ("bern", 285.0, DoNotSwim),
        ("bern", 561.0, DoNotSwim),
        ("thun", 250.0, NoKnownWarning),
        ("thun", 300.0, DoNotSwim),
        ("thun", 350.0, DoNotSwim),
        ("brugg", 245.0, NoKnownWarning),
        ("brugg", 700.0, NoKnownWarning),
        ("brugg", 820.0, DoNotSwim),
        ("interlaken", 169.0, NoKnownWarning),
        ("interlaken", 170.0, DoNotSwim),
        ("brienz", 190.0, DoNotSwim),
        ("hagneck", 669.0, NoKnownWarning),
        ("biel", 550.0, DoNotSwim),
        // Nothing is known there to compare a flow with.
        ("olten", 100.0, Unknown),
        ("bern", 0.0, Unknown),
        ("bern", -1.0, Unknown),
        ("bern", f64::NAN, Unknown),
    ];
    for (id, m3_per_s, verdict) in table {
        let advice = advise(id, flow(m3_per_s));
        assert_eq!(advice.verdict, verdict, "{id} {m3_per_s}: {advice}");
        assert!(!grounds(&advice).is_empty(), "{advice}");
    }
}

#[test]
fn the_limits_of_bern_are_named_with_their_source() {
    let advice = advise("bern", flow(228.0));
    assert_eq!(grounds(&advice), [Ground::LocalLimit]);
    assert!(advice.reasons[0].sources[0].url.contains("66793171"));
    assert_eq!(advice.reasons[0].sources[0].date, "2024-07");
    // Level 1 is told, and what it is not.
    assert_eq!(advice.flood.level, Some(FloodLevel::NoOrMinor));
    assert!(says(&advice, "this is not a permission to swim"));
}

#[test]
fn the_numbers_of_bern_are_never_used_elsewhere() {
    for place in Place::all().iter().filter(|place| place.id() != "bern") {
        for m3_per_s in [150.0, 200.0, 220.0, 250.0, 290.0, 1000.0] {
            let advice = advise(place.id(), flow(m3_per_s));
            for word in ["Marzili", "Bueber", "in Bern", "SLRG Bern"] {
                assert!(!says(&advice, word), "{word}: {advice}");
            }
        }
    }
}

#[test]
fn without_a_current_flow_nothing_is_known() {
    let old = |hours| flow_at(100.0, now() - hours);
    let table = [
        (UNKNOWN, "the flow is not known"),
        (old(3.hours()), "too old to tell of the river now"),
        (old(400.hours()), "too old to tell of the river now"),
        (flow_at(100.0, now() + 1.hours()), "it is not known when"),
        (
            Reading {
                measured_at: None,
                ..flow(100.0)
            },
            "it is not known when",
        ),
    ];
    for (reading, text) in table {
        let advice = advise("bern", reading);
        assert_eq!(advice.verdict, Verdict::Unknown, "{advice}");
        assert_eq!(grounds(&advice), [Ground::Missing]);
        assert!(says(&advice, text), "{advice}");
    }
    assert!(says(
        &advise("olten", UNKNOWN),
        "the flow is not measured at Olten"
    ));
}

#[test]
fn an_old_or_doubted_flow_is_no_ground_to_speak_of_no_flood() {
    let old = flow_at(100.0, now() - 3.hours());
    let old = Situation::new(place("bern"), old, now()).with_api_level(1);
    let points: Vec<_> = (0..300)
        .map(|n| (now() - (10 * n).minutes(), Some(100.0)))
        .collect();
    let stuck = Situation::new(place("bern"), flow(100.0), now())
        .with_trend(trend(100.0, 0.0))
        .with_suspicion(Suspicion::of_flow(&points).unwrap());
    for situation in [old, stuck] {
        let advice = situation.advise();
        assert_eq!(advice.verdict, Verdict::Unknown);
        assert!(!says(&advice, "no flood danger"), "{advice}");
        assert!(
            says(&advice, "whether the flow rises or falls is not known"),
            "{advice}"
        );
    }
}

#[test]
fn without_a_flow_the_headline_names_no_time_of_it() {
    let no_flow = Reading {
        value: None,
        ..flow(0.0)
    };
    let advice = advise("olten", no_flow);
    assert_eq!(advice.as_of, None);
    assert_eq!(
        advice.headline(),
        "Olten: unknown: what is needed to say more is missing"
    );
}

#[test]
fn an_old_flood_is_unknown_and_not_forgotten() {
    let advice = advise("bern", flow_at(561.0, now() - 3.hours()));
    assert_eq!(advice.verdict, Verdict::Unknown);
    assert!(says(&advice, "flood level 5 of 5"), "{advice}");
    assert!(
        advice
            .reasons
            .iter()
            .any(|it| it.speaks_for == Some(Verdict::DoNotSwim))
    );
}

#[test]
fn the_apis_flood_level_counts_if_it_is_higher() {
    let situation = Situation::new(place("bern"), flow(100.0), now());
    let advice = situation.clone().with_api_level(2).advise();
    assert_eq!(advice.verdict, Verdict::DoNotSwim);
    assert!(says(&advice, "the higher one counts"), "{advice}");
    assert!(says(
        &advice,
        "it can be dangerous to be near the river; keep enough distance"
    ));
    for level in [0, 1, 6, 255] {
        let advice = situation.clone().with_api_level(level).advise();
        assert_eq!(advice.verdict, Verdict::NoKnownWarning, "{level}");
    }
}

#[test]
fn a_warning_goes_before_a_missing_flow_and_level_one_does_not_replace_it() {
    let no_flow = Reading {
        value: None,
        ..flow(0.0)
    };
    let situation = Situation::new(place("bern"), no_flow, now());
    let warned = situation.clone().with_api_level(4).advise();
    assert_eq!(warned.verdict, Verdict::DoNotSwim, "{warned}");
    let calm = situation.with_api_level(1).advise();
    assert_eq!(calm.verdict, Verdict::Unknown, "{calm}");
    assert!(
        calm.reasons
            .iter()
            .all(|it| it.speaks_for != Some(Verdict::NoKnownWarning))
    );
}

#[test]
fn a_flow_that_soon_reaches_a_limit_is_a_caution() {
    let at = |id, m3_per_s, per_hour| {
        Situation::new(place(id), flow(m3_per_s), now())
            .with_trend(trend(m3_per_s, per_hour))
            .advise()
    };
    let advice = at("bern", 190.0, 5.0);
    assert_eq!(advice.verdict, Verdict::Caution, "{advice}");
    assert_eq!(grounds(&advice), [Ground::Rising]);
    assert!(
        says(&advice, "reaches 200 m³/s in about 2.0 hours"),
        "{advice}"
    );
    assert_eq!(at("bern", 180.0, 5.0).verdict, Verdict::NoKnownWarning);
    assert_eq!(at("bern", 190.0, -5.0).verdict, Verdict::NoKnownWarning);

    // Elsewhere the next flood level is what is known.
    let advice = at("interlaken", 160.0, 8.0);
    assert!(
        says(&advice, "flood level 2 of 5 (moderate danger) holds"),
        "{advice}"
    );
    assert_eq!(advice.verdict, Verdict::Caution);
}

#[test]
fn a_fast_rise_is_a_caution_where_the_canton_says_so() {
    let at = |id| {
        Situation::new(place(id), flow(60.0), now())
            .with_trend(trend(60.0, 20.5))
            .advise()
            .verdict
    };
    assert_eq!(at("brienz"), Verdict::Caution);
    assert_eq!(at("brugg"), Verdict::NoKnownWarning);
}

#[test]
fn a_trend_of_another_time_is_not_used() {
    let reading = flow_at(190.0, now() - 100.minutes());
    let advice = Situation::new(place("bern"), reading, now())
        .with_trend(trend(190.0, 9.0))
        .advise();
    assert_eq!(advice.verdict, Verdict::NoKnownWarning, "{advice}");
    assert!(says(
        &advice,
        "whether the flow rises or falls is not known"
    ));
}

#[test]
fn a_saying_for_high_water_is_a_caution() {
    let at_thun = Situation::new(place("thun"), flow(204.0), now());
    let advice = at_thun.clone().with_saying("Viu chauts Wasser").advise();
    assert_eq!(advice.verdict, Verdict::Caution);
    assert_eq!(grounds(&advice), [Ground::Saying]);
    assert!(says(&advice, "a lot of cold water"));
    for saying in ["Me chas wage", "is it safe? sicher!"] {
        let advice = at_thun.clone().with_saying(saying).advise();
        assert_eq!(advice.verdict, Verdict::NoKnownWarning);
        assert!(!says(&advice, saying));
    }
}

#[test]
fn a_flow_that_seems_stuck_is_not_believed_unless_it_warns() {
    let stuck = |m3_per_s| {
        let points: Vec<_> = (0..300)
            .map(|n| (now() - (10 * n).minutes(), Some(m3_per_s)))
            .collect();
        Situation::new(place("bern"), flow(m3_per_s), now())
            .with_suspicion(Suspicion::of_flow(&points).unwrap())
            .advise()
    };
    let advice = stuck(100.0);
    assert_eq!(advice.verdict, Verdict::Unknown);
    assert_eq!(grounds(&advice), [Ground::Doubt]);
    assert_eq!(stuck(205.0).verdict, Verdict::Unknown);
    assert_eq!(stuck(230.0).verdict, Verdict::DoNotSwim);
}

#[test]
fn the_canal_is_a_remark_in_bern_and_nothing_elsewhere() {
    let mut bueber = Bueber::default();
    bueber.state = Some("open".to_owned());
    let canal = BueberCanal::from_api(&bueber).unwrap();
    let at = |id, m3_per_s| {
        Situation::new(place(id), flow(m3_per_s), now())
            .with_canal(canal)
            .advise()
    };
    let calm = at("bern", 150.0);
    assert_eq!(calm.verdict, Verdict::NoKnownWarning);
    assert!(says(&calm, "is reported open"));
    assert!(!says(&calm, "closes by itself"));
    assert!(says(&at("bern", 260.0), "whatever is reported"));
    assert!(!says(&at("thun", 150.0), "canal"));
}

#[tokio::test]
async fn a_recording_is_judged_as_of_its_own_time_and_says_so() {
    let client = Client::recorded();
    let bern = place("bern");
    let answer = client.current(bern).await.unwrap();
    let advice = Situation::of_current(bern, &answer, client.recorded_on(), now()).advise();

    // 247 m³/s on 2023-05-09.
    assert_eq!(advice.verdict, Verdict::DoNotSwim);
    assert_eq!(
        advice.headline(),
        "Bern, as recorded at 2023-05-09 13:20 CEST and not now: do not swim"
    );
    assert!(
        says(&advice, "is reported closed since 2022-09-20"),
        "{advice}"
    );
    assert!(
        says(
            &advice,
            "the flow has hardly changed, by 18 readings over 3.0 hours"
        ),
        "{advice}"
    );
    assert_eq!(advice.recorded_on, Some(date(2023, 5, 9)));

    let olten = place("olten");
    let answer = client.current(olten).await.unwrap();
    let advice = Situation::of_current(olten, &answer, client.recorded_on(), now()).advise();
    assert_eq!(advice.verdict, Verdict::Unknown);
}

/// No text of the library may promise what nobody can.
#[track_caller]
fn promises_nothing(text: &str) {
    let text = text.to_lowercase();
    for word in ["safe", "sicher", "harmless", "unbedenklich", "sûr"] {
        assert!(!text.contains(word), "{text}");
    }
}

#[test]
fn no_fixed_text_promises_anything() {
    promises_nothing(Advice::BOUNDARY);
    for verdict in [
        Verdict::DoNotSwim,
        Verdict::Caution,
        Verdict::NoKnownWarning,
        Verdict::Unknown,
    ] {
        promises_nothing(verdict.headline());
        promises_nothing(verdict.as_str());
    }
    for level in FloodLevel::ALL {
        for text in [level.name(), level.german_name(), level.meaning()] {
            promises_nothing(text);
        }
    }
    for saying in Saying::all() {
        promises_nothing(&saying.english);
        promises_nothing(&saying.german);
        promises_nothing(&saying.french);
        promises_nothing(&saying.italian);
    }
    for table in [
        include_str!("../../data/places.toml"),
        include_str!("../../data/flood-levels.toml"),
        include_str!("../../data/swimming-limits.toml"),
        include_str!("../../data/sayings.toml"),
    ] {
        promises_nothing(table);
    }
}

fn any_flow() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        3 => (0.0..1800.0f64).prop_map(Some),
        1 => any::<f64>().prop_map(Some),
        1 => Just(None),
    ]
}

/// A time within days of [`now`], or any other.
fn any_time() -> impl Strategy<Value = Timestamp> {
    let near = now().as_second();
    let seconds = prop_oneof![
        3 => near - 9_000..near + 900,
        1 => near - 200_000..near + 200_000,
        1 => -300_000_000_000i64..250_000_000_000,
    ];
    seconds.prop_map(|seconds| Timestamp::from_second(seconds).unwrap())
}

prop_compose! {
    fn any_reading()(
        value in any_flow(),
        measured_at in proptest::option::weighted(0.9, any_time()),
        is_recorded in proptest::bool::weighted(0.2),
    ) -> Reading {
        Reading { value, measured_at, recorded_on: is_recorded.then(|| date(2023, 5, 9)) }
    }
}

prop_compose! {
    fn any_situation()(
        place in 0..Place::all().len(),
        flow in any_reading(),
        level in proptest::option::of(prop_oneof![0u8..7, any::<u8>()]),
        series in proptest::collection::vec((any_time(), any_flow()), 0..30),
        stands_still in proptest::option::weighted(0.1, any_flow()),
        rise in proptest::option::of(-60.0..60.0f64),
        saying in 0..Saying::all().len(),
        has_saying in any::<bool>(),
        canal in proptest::option::of(any::<(bool, Option<i64>)>()),
    ) -> Situation<'static> {
        let mut situation = Situation::new(&Place::all()[place], flow, now());
        if let Some(level) = level {
            situation = situation.with_api_level(level);
        }
        situation = situation.with_trend(match (rise, flow.value) {
            (Some(rise), Some(value)) => trend(value, rise),
            _ => Trend::of_flow(&series),
        });
        if let Some(value) = stands_still {
            let points: Vec<_> = (0..300).map(|n| (now() - (10 * n).minutes(), value)).collect();
            if let Some(suspicion) = Suspicion::of_flow(&points) {
                situation = situation.with_suspicion(suspicion);
            }
        }
        if has_saying {
            situation = situation.with_saying(&Saying::all()[saying].text);
        }
        if let Some((flag, time)) = canal {
            let mut bueber = Bueber::default();
            bueber.state_open_flag = Some(flag);
            bueber.time = time;
            situation = situation.with_canal(BueberCanal::from_api(&bueber).unwrap());
        }
        situation
    }
}

/// The least that has to be known of a flow before silence may mean something.
fn is_current(reading: &Reading) -> bool {
    let is_flow = reading
        .value
        .is_some_and(|value| value.is_finite() && value > 0.0);
    let age = reading.age(now());
    is_flow
        && (reading.recorded_on.is_some() || age.is_some_and(|age| age <= aareguru::STALE_AFTER))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_advice_promises_anything(situation in any_situation()) {
        promises_nothing(&situation.advise().to_string());
    }

    #[test]
    fn silence_needs_a_current_flow_below_every_limit(
        place in 0..Place::all().len(), flow in any_reading(), level in any::<Option<u8>>(),
    ) {
        let place = &Place::all()[place];
        let mut situation = Situation::new(place, flow, now());
        if let Some(level) = level {
            situation = situation.with_api_level(level);
        }
        let advice = situation.advise();
        if advice.verdict == Verdict::NoKnownWarning {
            prop_assert!(is_current(&flow), "{}", advice);
            prop_assert_eq!(advice.flood.level, Some(FloodLevel::NoOrMinor));
            prop_assert!(place.id() != "bern" || flow.value < Some(200.0), "{}", advice);
        }
        if !is_current(&flow) && advice.flood.level <= Some(FloodLevel::NoOrMinor) {
            prop_assert_eq!(advice.verdict, Verdict::Unknown, "{}", advice);
        }
    }

    #[test]
    fn every_verdict_stands_on_a_reason_and_every_reason_on_a_source(
        situation in any_situation()
    ) {
        let advice = situation.advise();
        prop_assert_eq!(
            advice.reasons.first().and_then(|reason| reason.speaks_for),
            Some(advice.verdict),
            "{}", advice
        );
        for reason in advice.reasons.iter().chain(&advice.remarks) {
            prop_assert!(!reason.sources.is_empty());
            prop_assert!(!reason.text.is_empty());
        }
    }

    #[test]
    fn a_recording_says_that_it_is_one(situation in any_situation()) {
        let advice = situation.advise();
        prop_assert_eq!(
            advice.headline().contains("and not now"),
            advice.recorded_on.is_some()
        );
    }

    #[test]
    fn more_flow_never_makes_it_milder(
        place in 0..Place::all().len(), a in 0.1..1800.0f64, b in 0.1..1800.0f64,
    ) {
        let weight = |m3_per_s| match advise(Place::all()[place].id(), flow(m3_per_s)).verdict {
            Verdict::NoKnownWarning => 0,
            Verdict::Caution => 1,
            Verdict::DoNotSwim => 2,
            Verdict::Unknown => 3,
        };
        prop_assert!(weight(a.min(b)) <= weight(a.max(b)));
    }
}

#[test]
fn a_reason_also_tells_its_numbers_as_data() {
    let advice = advise("bern", flow(230.0));
    let findings: Vec<_> = advice.reasons.iter().map(|it| it.finding).collect();
    assert_eq!(
        findings,
        [
            Finding::LocalLimit {
                from_m3_per_s: 220.0
            },
            Finding::LocalLimit {
                from_m3_per_s: 200.0
            },
            Finding::FloodLevel {
                m3_per_s: Some(230.0),
                level: FloodLevel::NoOrMinor
            },
        ]
    );
    let advice = advise("olten", UNKNOWN);
    assert_eq!(advice.reasons[0].finding, Finding::FlowNotMeasured);
}
