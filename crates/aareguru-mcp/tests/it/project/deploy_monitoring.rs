//! The dashboard and the alert rules in `deploy/`, which also use the metrics of Redis.

use std::{
    collections::BTreeSet,
    env,
    io::{self, Write},
    path::Path,
    process::Command,
};

use serde_json::Value;

use testkit::{Scrape, ServerProcess, SseSession, get, send};

const DASHBOARD: &str = include_str!("../../../../../deploy/grafana-dashboard.json");
const ALERTS: &str = include_str!("../../../../../deploy/alerts.yaml");

/// Returns the words of a text that can only be names of our metrics.
fn metric_names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = [
        "aareguru_",
        "rmcp_transport_",
        "process_",
        "sse_connections",
        "messages_received",
        "request_duration",
    ];
    words
        .filter(|word| ours.iter().any(|start| word.starts_with(start)))
        .collect()
}

#[tokio::test]
async fn dashboard_and_alerts_use_existing_metrics() {
    let Some(redis) = testkit::RedisServer::start().await else {
        return;
    };
    let url = redis.url();
    let environment = [
        ("API_KEYS", "swimmer:a-key-that-is-long-enough-to-be-one"),
        ("REDIS_URL", &url),
    ];
    let server = ServerProcess::start_with(&["serve", "--demo"], &environment).await;
    let scrape = Scrape::of(server.address).await;
    let all = scrape
        .metrics
        .values()
        .flat_map(|metric| metric.series.keys());
    let existing: BTreeSet<_> = all
        .map(|series| series.split('{').next().unwrap())
        .collect();

    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .filter_map(|panel| panel["targets"].as_array());
    let expressions = targets
        .flatten()
        .map(|target| target["expr"].as_str().unwrap());
    let shown: BTreeSet<_> = expressions.flat_map(metric_names).collect();
    let alerted = ALERTS
        .lines()
        .filter(|line| !line.contains("unbook") && !line.starts_with('#'));
    let alerted: BTreeSet<_> = alerted.flat_map(metric_names).collect();
    assert!(
        shown.len() > 20 && alerted.len() > 10,
        "{shown:?} {alerted:?}"
    );
    for name in shown.union(&alerted) {
        assert!(existing.contains(name), "{name} is not in\n{}", scrape.text);
    }
}

/// Runs Prometheus' own checker. Debian packages it; with `CI` set it must be installed.
fn promtool(arguments: &[&str], input: Option<&str>) {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    let mut command = Command::new("promtool");
    command.args(arguments).current_dir(deploy);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    if let Some(input) = input {
        let file = folder.join("scrape.txt");
        std::fs::write(&file, input).unwrap();
        command.stdin(std::fs::File::open(file).unwrap());
    }
    match command.output() {
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr);
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(
                output.status.success() && errors.is_empty(),
                "{arguments:?}: {text}{errors}"
            );
        }
        Err(error) => {
            assert!(
                env::var_os("CI").is_none(),
                "promtool: {error} (apt-get install prometheus)"
            );
            // Written directly, because the runner hides the output of passing tests.
            let skipped = format!("SKIPPED: promtool: {error}\n");
            io::stderr().write_all(skipped.as_bytes()).unwrap();
        }
    }
}

#[test]
fn alert_rules_pass_promtool_tests() {
    promtool(&["check", "rules", "alerts.yaml"], None);
    promtool(&["test", "rules", "alerts.test.yaml"], None);
}

#[test]
fn alert_rules_have_runbook_summary_and_severity() {
    let alerts = ALERTS.matches("- alert:").count();
    for part in ["runbook: >-", "summary:", "severity:"] {
        let parts = ALERTS.lines().filter(|line| line.contains(part));
        let parts = parts.filter(|line| !line.starts_with('#')).count();
        assert_eq!(parts, alerts, "{part}");
    }
}

#[tokio::test]
async fn metrics_endpoint_passes_promtool_check() {
    let server = ServerProcess::demo().await;
    let _session = SseSession::initialized(server.address).await;
    let scrape = send(server.address, get("/metrics")).await;
    promtool(&["check", "metrics"], Some(&scrape.body));
}
