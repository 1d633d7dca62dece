//! The advice for swimmers: the rules as tables, and what must never be said as properties.

use std::collections::BTreeSet;

use aareguru::advice::{BueberCanal, Finding, Ground, LimitBasis, LimitQuantity, ReasonTime};
use aareguru::api::Bueber;
use aareguru::{
    Advice, Client, Doubt, FloodLevel, Place, Quantity, Reading, ReportedLevel, Saying, Situation,
    Suspicion, Trend, Verdict,
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

/// The time of the readings below: 20 minutes ago.
fn measured_at() -> Timestamp {
    now() - 20.minutes()
}

fn flow_at(id: &str, m3_per_s: f64, at: Timestamp) -> Reading {
    Reading::flow(place(id), Some(m3_per_s), Some(at))
}

fn flow(id: &str, m3_per_s: f64) -> Reading {
    flow_at(id, m3_per_s, measured_at())
}

fn no_flow(id: &str) -> Reading {
    Reading::flow(place(id), None, Some(measured_at()))
}

fn water(celsius: f64) -> Reading {
    Reading::water(Some(celsius), Some(measured_at()))
}

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

/// Warm water and a steady flow: nothing but the flow decides.
fn situation(id: &str, flow: Reading) -> Situation<'static> {
    let m3_per_s = flow.value(now()).unwrap_or(100.0);
    Situation::new(place(id), water(19.5), flow, now()).with_trend(trend(m3_per_s, 0.0))
}

fn advise(id: &str, flow: Reading) -> Advice {
    situation(id, flow).advise()
}

/// Returns the grounds of the verdict.
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
fn verdict_follows_the_flow_by_place() {
    use Verdict::{Caution, DoNotSwim, NoKnownWarning, Unknown};
    let table = [
        ("bern", 150.0, NoKnownWarning),
        ("bern", 199.9, NoKnownWarning),
        ("bern", 200.0, Caution),
        ("bern", 210.0, Caution),
        ("bern", 220.0, DoNotSwim),
        ("bern", 285.0, DoNotSwim),
        ("bern", 561.0, DoNotSwim),
        // Half of flood level 2 is our own margin, because only an upper limit is known.
        ("thun", 174.9, NoKnownWarning),
        ("thun", 175.0, Caution),
        ("thun", 299.0, Caution),
        ("thun", 300.0, DoNotSwim),
        ("thun", 350.0, DoNotSwim),
        // No limit is known: half and three quarters of flood level 2.
        ("brugg", 245.0, Unknown),
        ("brugg", 409.0, Unknown),
        ("brugg", 410.0, Caution),
        ("brugg", 614.0, Caution),
        ("brugg", 615.0, DoNotSwim),
        // 95 % of flood level 2.
        ("brugg", 779.0, DoNotSwim),
        ("brugg", 820.0, DoNotSwim),
        ("interlaken", 84.0, Unknown),
        ("interlaken", 85.0, Caution),
        ("interlaken", 127.5, DoNotSwim),
        ("interlaken", 170.0, DoNotSwim),
        ("brienz", 190.0, DoNotSwim),
        ("hagneck", 669.0, DoNotSwim),
        ("biel", 550.0, DoNotSwim),
        // There is no flood level to compare a flow with.
        ("olten", 100.0, Unknown),
        ("bern", 0.0, Unknown),
        ("bern", -1.0, Unknown),
        ("bern", f64::NAN, Unknown),
        ("bern", 1e6, Unknown),
    ];
    for (id, m3_per_s, verdict) in table {
        let advice = advise(id, flow(id, m3_per_s));
        assert_eq!(advice.verdict, verdict, "{id} {m3_per_s}: {advice}");
        assert!(!grounds(&advice).is_empty(), "{advice}");
    }
}

#[test]
fn limits_of_bern_are_named_with_their_source() {
    let advice = advise("bern", flow("bern", 228.0));
    assert_eq!(grounds(&advice), [Ground::LocalLimit]);
    assert!(advice.reasons[0].sources[0].url.contains("66793171"));
    assert_eq!(advice.reasons[0].sources[0].date, "2024-07");
    // Level 1 is shown, with the note that it is not a permission.
    assert_eq!(advice.level, Some(FloodLevel::NoOrMinor));
    assert!(says(&advice, "this is not a permission to swim"));
}

#[test]
fn numbers_of_bern_are_never_used_elsewhere() {
    for place in Place::all().iter().filter(|place| place.id() != "bern") {
        for m3_per_s in [150.0, 200.0, 220.0, 250.0, 290.0, 1000.0] {
            let advice = advise(place.id(), flow(place.id(), m3_per_s));
            for word in ["Marzili", "Bueber", "in Bern", "SLRG Bern"] {
                assert!(!says(&advice, word), "{advice}");
            }
        }
    }
}

#[test]
fn own_margin_is_named_as_such() {
    let advice = advise("brugg", flow("brugg", 779.0));
    assert_eq!(grounds(&advice), [Ground::OwnMargin]);
    assert!(
        says(
            &advice,
            "the flow is 779 m³/s; 615 m³/s is 75 % of flood level 2 at Brugg (820 m³/s): a margin \
             of this server"
        ),
        "{advice}"
    );
    // Above flood level 2, BAFU's own statement suffices.
    let flood = advise("brugg", flow("brugg", 820.0));
    assert_eq!(grounds(&flood), [Ground::FloodLevel]);
}

#[test]
fn place_without_a_swimming_limit_has_no_verdict_and_says_why() {
    let advice = advise("brugg", flow("brugg", 252.0));
    assert_eq!(advice.verdict, Verdict::Unknown);
    assert_eq!(grounds(&advice), [Ground::NoLimit]);
    assert_eq!(
        advice.headline(),
        "Brugg, by the flow of 2026-07-04 16:40 CEST: no verdict, because no swimming limit is \
         known for Brugg"
    );
    assert_eq!(advice.level, Some(FloodLevel::NoOrMinor));
    assert!(says(&advice, "252 m³/s at Brugg"), "{advice}");
    assert!(
        says(&advice, "not when the water is high or brown"),
        "{advice}"
    );
}

#[test]
fn every_limit_used_is_listed_with_value_unit_and_basis() {
    let limits = |id| advise(id, flow(id, 100.0)).limits;
    let bern = limits("bern");
    let values: Vec<_> = bern
        .iter()
        .map(|it| (it.quantity.unit(), it.value))
        .collect();
    assert_eq!(
        values,
        [
            ("m³/s", 200.0),
            ("m³/s", 220.0),
            ("m³/s", 250.0),
            ("m³/s", 265.0),
            ("m³/s", 290.0),
            ("m³/s", 360.0),
            ("m³/s in an hour", 20.0),
            ("°C", 15.0)
        ]
    );
    let own = |id| {
        let limits = limits(id).into_iter();
        let own = limits.filter(|it| matches!(it.basis, LimitBasis::OwnMargin { .. }));
        own.map(|it| it.value).collect::<Vec<_>>()
    };
    assert!(own("bern").is_empty());
    assert_eq!(own("thun"), [175.0]);
    assert_eq!(own("biel"), [275.0, 412.5]);
    // Without a gauge only the water temperature counts.
    let olten: Vec<_> = limits("olten").iter().map(|it| it.quantity).collect();
    assert_eq!(olten, [LimitQuantity::WaterTemperature]);
}

#[test]
fn cold_water_is_a_caution_with_its_sources() {
    let at = |celsius| {
        let flow = flow("bern", 150.0);
        Situation::new(place("bern"), water(celsius), flow, now())
            .with_trend(trend(150.0, 0.0))
            .advise()
    };
    for celsius in [-0.5, 0.0, 5.0, 14.0, 15.0] {
        let advice = at(celsius);
        assert_eq!(advice.verdict, Verdict::Caution, "{advice}");
        assert_eq!(grounds(&advice), [Ground::Cold]);
        assert_eq!(
            advice.reasons[0].finding,
            Finding::ColdWater {
                celsius,
                limit_celsius: 15.0
            }
        );
    }
    for words in [
        "cold water shock",
        "rule of thumb of SLRG Olten",
        "15 °C or less",
    ] {
        assert!(says(&at(5.0), words), "{}", at(5.0));
    }
    assert_eq!(at(15.1).verdict, Verdict::NoKnownWarning);
    for celsius in [-4.6, -999.0, 85.0] {
        let advice = at(celsius);
        assert_eq!(advice.verdict, Verdict::Unknown, "{advice}");
        assert!(says(&advice, "implausible water temperature"), "{advice}");
        let number = celsius.to_string();
        assert!(!says(&advice, &number), "{advice}");
    }
}

#[test]
fn flow_that_is_not_current_makes_the_verdict_unknown() {
    let old = |hours| flow_at("bern", 100.0, now() - hours);
    let undated = Reading::flow(place("bern"), Some(100.0), None);
    let table = [
        (no_flow("bern"), "the flow is not known"),
        (
            old(121.minutes()),
            "(2 hours ago): too old to describe the river now",
        ),
        (
            old(400.hours()),
            "(16 days ago): too old to describe the river now",
        ),
        (
            flow_at("bern", 100.0, now() + 1.hours()),
            "upstream dates the measurement in the future",
        ),
        (undated, "it is not known when the flow"),
    ];
    for (reading, text) in table {
        let advice = advise("bern", reading);
        assert_eq!(advice.verdict, Verdict::Unknown, "{advice}");
        assert_eq!(grounds(&advice), [Ground::Missing], "{advice}");
        assert!(says(&advice, text), "{advice}");
        assert_eq!(advice.level, None);
    }
    assert!(says(
        &advise("olten", no_flow("olten")),
        "the flow is not measured at Olten"
    ));
}

#[test]
fn water_temperature_that_is_not_current_makes_the_verdict_unknown() {
    let table = [
        (Reading::UNKNOWN, "the water temperature is not known"),
        (
            Reading::water(Some(19.5), Some(now() - 3.hours())),
            "the last known water temperature, 19.5 °C, is of 2026-07-04 14:00 CEST (3 hours ago)",
        ),
        (
            Reading::water(Some(19.5), Some(now() + 3.hours())),
            "upstream dates the measurement in the future",
        ),
        (
            Reading::water(Some(19.5), None),
            "it is not known when the water temperature of 19.5 °C was measured",
        ),
        (
            water(19.5).with_doubt(Some(Doubt::Contradiction)),
            "the water temperature is doubtful: upstream sends two values",
        ),
    ];
    for (reading, text) in table {
        let flow = flow("bern", 150.0);
        let advice = Situation::new(place("bern"), reading, flow, now())
            .with_trend(trend(150.0, 0.0))
            .advise();
        assert_eq!(advice.verdict, Verdict::Unknown, "{advice}");
        assert!(says(&advice, text), "{advice}");
        // The flow is still known.
        assert_eq!(advice.level, Some(FloodLevel::NoOrMinor));
    }
}

#[test]
fn flow_without_a_trend_makes_the_verdict_unknown() {
    let flow = flow("bern", 150.0);
    let without = Situation::new(place("bern"), water(19.5), flow, now());
    let too_short = without.clone().with_trend(Trend::of_flow(&[]));
    let of_another_time = Situation::new(
        place("bern"),
        water(19.5),
        flow_at("bern", 150.0, now() - 100.minutes()),
        now(),
    )
    .with_trend(trend(150.0, 0.0));
    for situation in [without, too_short, of_another_time] {
        let advice = situation.advise();
        assert_eq!(advice.verdict, Verdict::Unknown, "{advice}");
        assert_eq!(advice.reasons[0].finding, Finding::TrendUnknown);
        assert!(says(&advice, "whether the flow rises is not known"));
    }
}

#[test]
fn flow_without_a_flood_level_makes_the_verdict_unknown() {
    let advice = advise("olten", flow("olten", 100.0));
    assert_eq!(advice.verdict, Verdict::Unknown);
    assert_eq!(advice.reasons[0].finding, Finding::FloodLevelUnknown);
    assert!(says(&advice, "the flood level at Olten is not known"));
    assert_eq!(advice.level, None);
}

#[test]
fn old_flow_is_no_ground_to_speak_of_no_flood() {
    let old = flow_at("bern", 100.0, now() - 3.hours());
    let old = situation("bern", old).with_reported_level(FloodLevel::NoOrMinor);
    let stuck = situation("bern", stuck(100.0));
    for situation in [old, stuck] {
        let advice = situation.advise();
        assert_eq!(advice.verdict, Verdict::Unknown);
        assert_eq!(advice.level, None);
        assert!(!says(&advice, "no flood danger"), "{advice}");
    }
}

#[test]
fn headline_without_a_flow_names_no_time_of_it() {
    let advice = advise("olten", no_flow("olten"));
    assert_eq!(advice.as_of, None);
    assert_eq!(
        advice.headline(),
        "Olten: no verdict, because the flow is not measured at Olten"
    );
}

#[test]
fn old_warning_is_unknown_and_given_with_its_age() {
    let advice = advise("bern", flow_at("bern", 561.0, now() - 5.hours()));
    assert_eq!(advice.verdict, Verdict::Unknown);
    assert!(says(
        &advice,
        "5 hours ago: 561 m³/s at Bern, Schönau: flood level 5 of 5"
    ));
    assert!(
        says(&advice, "5 hours ago the flow was 561 m³/s; the lifeguards"),
        "{advice}"
    );
    let warnings = advice.reasons.iter();
    let mut warnings = warnings.filter(|it| it.speaks_for == Some(Verdict::DoNotSwim));
    assert!(warnings.clone().count() > 1);
    assert!(warnings.all(|it| matches!(it.time, ReasonTime::Earlier(_))));
    assert_eq!(advice.level.map(FloodLevel::number), Some(5));

    let cold = Reading::water(Some(12.0), Some(now() - 5.hours()));
    let advice = Situation::new(place("bern"), cold, flow("bern", 150.0), now())
        .with_trend(trend(150.0, 0.0))
        .advise();
    assert_eq!(advice.verdict, Verdict::Unknown);
    assert!(
        says(&advice, "5 hours ago the water was at 12 °C"),
        "{advice}"
    );
}

#[test]
fn upstream_flood_level_counts_if_it_is_higher() {
    let calm = situation("bern", flow("bern", 100.0));
    let advice = calm
        .clone()
        .with_reported_level(FloodLevel::Moderate)
        .advise();
    assert_eq!(advice.verdict, Verdict::DoNotSwim);
    assert!(says(&advice, "the higher one counts"), "{advice}");
    assert!(says(
        &advice,
        "it can be dangerous to be near the river; keep enough distance"
    ));
    let advice = calm.with_reported_level(FloodLevel::NoOrMinor).advise();
    assert_eq!(advice.verdict, Verdict::NoKnownWarning);
}

#[test]
fn unreadable_flood_level_is_quoted_and_never_level_one() {
    let unreadable = ReportedLevel::Unreadable("hoch” 1 “".to_owned());
    let calm = situation("bern", flow("bern", 100.0));
    let advice = calm.with_reported_level(unreadable.clone()).advise();
    assert_eq!(advice.verdict, Verdict::Unknown);
    assert_eq!(advice.level, None);
    assert!(
        says(
            &advice,
            "upstream's flood level cannot be read: “hoch' 1 '”"
        ),
        "{advice}"
    );
    // A warning by the flow remains in force.
    let high = situation("bern", flow("bern", 230.0));
    let advice = high.with_reported_level(unreadable).advise();
    assert_eq!(advice.verdict, Verdict::DoNotSwim);
}

#[test]
fn missing_flow_does_not_hide_a_flood_level() {
    let situation = situation("bern", no_flow("bern"));
    let warned = situation
        .clone()
        .with_reported_level(FloodLevel::High)
        .advise();
    assert_eq!(warned.verdict, Verdict::DoNotSwim, "{warned}");
    let calm = situation
        .with_reported_level(FloodLevel::NoOrMinor)
        .advise();
    assert_eq!(calm.verdict, Verdict::Unknown, "{calm}");
    let mut speaks_for = calm.reasons.iter().map(|it| it.speaks_for);
    assert!(speaks_for.all(|it| it != Some(Verdict::NoKnownWarning)));
}

#[test]
fn flow_that_soon_reaches_a_limit_is_a_caution() {
    let at = |id, m3_per_s, per_hour| {
        situation(id, flow(id, m3_per_s))
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

    // Elsewhere our own margin or the next flood level is used.
    assert!(says(&at("thun", 160.0, 8.0), "reaches 175 m³/s"));
    let advice = at("interlaken", 160.0, 8.0);
    assert!(says(&advice, "flood level 2 of 5"), "{advice}");
}

#[test]
fn fast_rise_is_a_caution_where_the_canton_says_so() {
    let at = |id, per_hour| {
        situation(id, flow(id, 100.0))
            .with_trend(trend(100.0, per_hour))
            .advise()
            .verdict
    };
    assert_eq!(at("thun", 20.5), Verdict::Caution);
    assert_eq!(at("thun", 19.5), Verdict::NoKnownWarning);
    assert_eq!(at("brugg", 20.5), Verdict::Unknown);
}

#[test]
fn saying_for_high_water_is_a_caution() {
    let at_bern = situation("bern", flow("bern", 150.0));
    let advice = at_bern.clone().with_saying("Viu chauts Wasser").advise();
    assert_eq!(advice.verdict, Verdict::Caution);
    assert_eq!(grounds(&advice), [Ground::Saying]);
    assert!(says(&advice, "a lot of cold water"));
    for saying in ["Me chas wage", "is it safe? sicher!"] {
        let advice = at_bern.clone().with_saying(saying).advise();
        assert_eq!(advice.verdict, Verdict::NoKnownWarning);
        assert!(!says(&advice, saying));
    }
}

fn stuck(m3_per_s: f64) -> Reading {
    let points: Vec<_> = (0..300)
        .map(|n| (now() - (10 * n).minutes(), Some(m3_per_s)))
        .collect();
    let suspicion = Suspicion::of_flow(&points).unwrap();
    flow("bern", m3_per_s).with_doubt(Some(Doubt::Stuck(suspicion)))
}

#[test]
fn doubtful_flow_makes_the_verdict_unknown_unless_it_warns() {
    let advice = advise("bern", stuck(100.0));
    assert_eq!(advice.verdict, Verdict::Unknown);
    assert_eq!(grounds(&advice), [Ground::Doubt]);
    assert_eq!(advise("bern", stuck(205.0)).verdict, Verdict::Unknown);
    assert_eq!(advise("bern", stuck(230.0)).verdict, Verdict::DoNotSwim);
}

#[test]
fn canal_is_a_remark_in_bern_and_nothing_elsewhere() {
    let mut bueber = Bueber::default();
    bueber.state = Some("open".to_owned());
    let canal = BueberCanal::from_api(&bueber, now()).unwrap();
    let at = |id, m3_per_s| situation(id, flow(id, m3_per_s)).with_canal(canal).advise();
    let calm = at("bern", 150.0);
    assert_eq!(calm.verdict, Verdict::NoKnownWarning);
    assert!(says(&calm, "is reported open"));
    assert!(!says(&calm, "closes by itself"));
    assert!(says(&at("bern", 260.0), "whatever is reported"));
    assert!(!says(&at("thun", 150.0), "canal"));
}

#[tokio::test]
async fn recording_is_judged_at_its_time_and_says_so() {
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

/// Asserts that a text makes no claim of safety. URLs of sources are exempt.
#[track_caller]
fn assert_no_forbidden_claims(text: &str) {
    let words = text.split_whitespace().filter(|word| !word.contains("://"));
    let text = words.collect::<Vec<_>>().join(" ").to_lowercase();
    for word in ["safe", "sicher", "harmless", "unbedenklich", "sûr"] {
        assert!(!text.contains(word), "{text}");
    }
}

#[test]
fn fixed_texts_make_no_forbidden_claims() {
    assert_no_forbidden_claims(Advice::BOUNDARY);
    for verdict in [
        Verdict::DoNotSwim,
        Verdict::Caution,
        Verdict::NoKnownWarning,
        Verdict::Unknown,
    ] {
        assert_no_forbidden_claims(verdict.headline());
        assert_no_forbidden_claims(verdict.as_str());
    }
    for level in FloodLevel::ALL {
        for text in [level.name(), level.german_name(), level.meaning()] {
            assert_no_forbidden_claims(text);
        }
    }
    for saying in Saying::all() {
        assert_no_forbidden_claims(&saying.english);
        assert_no_forbidden_claims(&saying.german);
        assert_no_forbidden_claims(&saying.french);
        assert_no_forbidden_claims(&saying.italian);
    }
    for table in [
        include_str!("../../data/places.toml"),
        include_str!("../../data/flood-levels.toml"),
        include_str!("../../data/swimming-limits.toml"),
        include_str!("../../data/sayings.toml"),
    ] {
        assert_no_forbidden_claims(table);
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
    fn any_flow_reading(place: &'static Place)(
        value in any_flow(),
        measured_at in proptest::option::weighted(0.9, any_time()),
        is_recorded in proptest::bool::weighted(0.2),
        is_doubtful in proptest::bool::weighted(0.1),
    ) -> Reading {
        Reading::flow(place, value, measured_at)
            .with_recorded_on(is_recorded.then(|| date(2023, 5, 9)))
            .with_doubt(is_doubtful.then_some(Doubt::Contradiction))
    }
}

prop_compose! {
    fn any_water_reading()(
        value in prop_oneof![
            3 => (10.0..25.0f64).prop_map(Some),
            1 => any::<f64>().prop_map(Some),
            1 => Just(None),
        ],
        measured_at in proptest::option::weighted(0.9, any_time()),
        is_doubtful in proptest::bool::weighted(0.1),
    ) -> Reading {
        Reading::water(value, measured_at)
            .with_doubt(is_doubtful.then_some(Doubt::Contradiction))
    }
}

fn any_level() -> impl Strategy<Value = ReportedLevel> {
    prop_oneof![
        2 => Just(ReportedLevel::Missing),
        2 => proptest::sample::select(FloodLevel::ALL.to_vec()).prop_map(ReportedLevel::Level),
        1 => "[a-z0-9 ]{0,10}".prop_map(ReportedLevel::Unreadable),
    ]
}

fn any_place() -> impl Strategy<Value = &'static Place> {
    (0..Place::all().len()).prop_map(|n| &Place::all()[n])
}

/// A situation, and whether its trend is of the present flow.
fn any_situation() -> impl Strategy<Value = Situation<'static>> {
    any_place().prop_flat_map(|place| {
        (
            any_flow_reading(place),
            any_water_reading(),
            any_level(),
            proptest::collection::vec((any_time(), any_flow()), 0..30),
            proptest::option::of(-60.0..60.0f64),
            proptest::option::of(0..Saying::all().len()),
            proptest::option::of(any::<(bool, Option<i64>)>()),
        )
            .prop_map(move |(flow, water, level, series, rise, saying, canal)| {
                let mut situation =
                    Situation::new(place, water, flow, now()).with_reported_level(level);
                situation = situation.with_trend(match (rise, flow.value(now())) {
                    (Some(rise), Some(value)) => trend(value, rise),
                    _ => Trend::of_flow(&series),
                });
                if let Some(saying) = saying {
                    situation = situation.with_saying(&Saying::all()[saying].text);
                }
                if let Some((flag, time)) = canal {
                    let mut bueber = Bueber::default();
                    bueber.state_open_flag = Some(flag);
                    bueber.time = time;
                    let canal = BueberCanal::from_api(&bueber, now()).unwrap();
                    situation = situation.with_canal(canal);
                }
                situation
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn advice_makes_no_forbidden_claims(situation in any_situation()) {
        assert_no_forbidden_claims(&situation.advise().to_string());
    }

    #[test]
    fn silence_needs_every_input_and_no_limit_reached(situation in any_situation()) {
        let advice = situation.advise();
        if advice.verdict == Verdict::NoKnownWarning {
            let (flow, water) = (situation.flow(), situation.water());
            let lowest = match advice.place.id() {
                "bern" => 200.0,
                "thun" => 175.0,
                other => panic!("no limit is known at {other}: {advice}"),
            };
            prop_assert!(flow.comparable_value(now()).is_some_and(|it| it < lowest), "{}", advice);
            prop_assert!(water.comparable_value(now()).is_some_and(|it| it > 15.0), "{}", advice);
            prop_assert_eq!(advice.level, Some(FloodLevel::NoOrMinor));
            prop_assert!(situation.trend().is_some(), "{}", advice);
            prop_assert_eq!(advice.reasons.len(), 1, "{}", advice);
        }
    }

    #[test]
    fn level_one_needs_a_current_flow(situation in any_situation()) {
        let advice = situation.advise();
        if advice.level == Some(FloodLevel::NoOrMinor) {
            prop_assert!(situation.flow().comparable_value(now()).is_some());
        }
    }

    #[test]
    fn every_verdict_rests_on_a_reason_and_every_reason_on_a_source(
        situation in any_situation()
    ) {
        let advice = situation.advise();
        prop_assert_eq!(
            advice.reasons.first().and_then(|reason| reason.speaks_for),
            Some(advice.verdict),
            "{}", advice
        );
        prop_assert_eq!(advice.reasons[0].time, ReasonTime::Current);
        for reason in advice.reasons.iter().chain(&advice.remarks) {
            prop_assert!(!reason.sources.is_empty());
            prop_assert!(!reason.text.is_empty());
        }
    }

    #[test]
    fn recording_says_that_it_is_one(situation in any_situation()) {
        let advice = situation.advise();
        prop_assert_eq!(
            advice.headline().contains("and not now"),
            advice.recorded_on.is_some()
        );
    }

    #[test]
    fn more_flow_never_makes_the_verdict_milder(
        place in any_place(), a in 94.0..1800.0f64, b in 94.0..1800.0f64,
    ) {
        let weight = |m3_per_s| match advise(place.id(), flow(place.id(), m3_per_s)).verdict {
            Verdict::NoKnownWarning => 0,
            Verdict::Unknown => 1,
            Verdict::Caution => 2,
            Verdict::DoNotSwim => 3,
        };
        prop_assert!(weight(a.min(b)) <= weight(a.max(b)));
    }
}

#[test]
fn reason_has_its_numbers_as_data() {
    let advice = advise("bern", flow("bern", 230.0));
    let findings: Vec<_> = advice.reasons.into_iter().map(|it| it.finding).collect();
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
    let advice = advise("olten", no_flow("olten"));
    assert_eq!(advice.reasons[0].finding, Finding::FlowNotMeasured);
    let advice = advise("bern", flow("bern", 0.0));
    let Finding::Unknown { quantity, .. } = advice.reasons[0].finding else {
        panic!("{advice}");
    };
    assert_eq!(quantity, Quantity::Flow);
}

#[test]
fn every_reason_text_is_different_by_ground() {
    let advice = advise("bern", flow_at("bern", 230.0, now() - 5.hours()));
    let texts: BTreeSet<_> = advice.reasons.iter().map(|it| &it.text).collect();
    assert_eq!(texts.len(), advice.reasons.len(), "{advice}");
}
