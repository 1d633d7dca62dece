//! Reads the text format of Prometheus.

use std::{collections::BTreeMap, net::SocketAddr};

use tokio::time::timeout;

use crate::{DEADLINE, get, send};

/// The metrics of a server at one time.
#[derive(Debug)]
pub struct Scrape {
    /// The response.
    pub text: String,
    /// By name, without the suffixes of histograms.
    pub metrics: BTreeMap<String, ScrapedMetric>,
}

/// A metric with all its series.
#[derive(Debug, Default)]
pub struct ScrapedMetric {
    /// `counter`, `gauge` or `histogram`.
    pub kind: String,
    /// The help text.
    pub help: String,
    /// The values by series.
    pub series: BTreeMap<String, f64>,
}

impl ScrapedMetric {
    /// Returns the label names, without the bucket bounds of histograms.
    pub fn labels(&self) -> Vec<String> {
        let series = self.series.keys().next().expect("a metric has a series");
        let labels = series.split_once('{').map_or("", |(_, labels)| labels);
        let names = labels.split(',').filter_map(|label| label.split_once('='));
        let mut names: Vec<_> = names.map(|(name, _)| name.to_owned()).collect();
        names.retain(|name| name != "le");
        names.sort();
        names
    }
}

impl Scrape {
    /// Scrapes a server.
    pub async fn of(address: SocketAddr) -> Self {
        let answer = send(address, get("/metrics")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let version = "content-type: text/plain; version=0.0.4; charset=utf-8";
        assert!(answer.head.contains(version), "{}", answer.head);
        Self::read(answer.body)
    }

    fn read(text: String) -> Self {
        let mut metrics: BTreeMap<String, ScrapedMetric> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(comment) = line.strip_prefix("# ") {
                let [what, name, rest] = words(comment);
                let metric = metrics.entry(name.to_owned()).or_default();
                match what {
                    "HELP" => metric.help = rest.to_owned(),
                    "TYPE" => metric.kind = rest.to_owned(),
                    _ => panic!("{line}"),
                }
                continue;
            }
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let whole = ["_bucket", "_sum", "_count"]
                .into_iter()
                .filter_map(|ending| name.strip_suffix(ending))
                .find(|whole| metrics.get(*whole).is_some_and(|m| m.kind == "histogram"));
            let metric = metrics.get_mut(whole.unwrap_or(name));
            let metric = metric.unwrap_or_else(|| panic!("no TYPE before {line}"));
            let before = metric
                .series
                .insert(series.to_owned(), value.parse().unwrap());
            assert_eq!(before, None, "twice: {series}");
        }
        Self { text, metrics }
    }

    /// Returns the value of one series, whatever the order of its labels.
    pub fn value(&self, series: &str) -> f64 {
        let all = self.metrics.values().flat_map(|metric| &metric.series);
        let found = all
            .into_iter()
            .find(|(name, _)| sorted(name) == sorted(series));
        *found
            .unwrap_or_else(|| panic!("no {series} in\n{}", self.text))
            .1
    }

    /// Returns the number of series.
    pub fn count(&self) -> usize {
        self.metrics
            .values()
            .map(|metric| metric.series.len())
            .sum()
    }
}

/// Scrapes until a counter has reached a number, and asserts that it has not exceeded it.
pub async fn wait_for_counter(address: SocketAddr, series: &str, number: usize) {
    let number = number as f64;
    let reached = async {
        loop {
            let value = Scrape::of(address).await.value(series);
            if value >= number {
                return value;
            }
            tokio::task::yield_now().await;
        }
    };
    let reached = timeout(DEADLINE, reached).await;
    let value = reached.unwrap_or_else(|_| panic!("{series} does not become {number}"));
    assert_eq!(value, number, "{series}");
}

fn words(line: &str) -> [&str; 3] {
    let mut words = line.splitn(3, ' ');
    [(); 3].map(|()| words.next().unwrap())
}

fn sorted(series: &str) -> Vec<&str> {
    let mut parts: Vec<_> = series.split(['{', ',', '}']).collect();
    parts.sort_unstable();
    parts
}
