//! The Locust test in `load/`, run for a few seconds.

use std::path::Path;

use tokio::process::Command;

use testkit::{ServerProcess, report};

use crate::transport::interop::{MACHINE, is_set_up};

#[tokio::test]
async fn locust_users_receive_responses_on_their_streams() {
    if !is_set_up().await {
        return;
    }
    let _machine = MACHINE.lock().await;
    let server = ServerProcess::start(&["serve", "--demo", "--log-level", "warn"]).await;
    let results = Path::new(env!("CARGO_TARGET_TMPDIR")).join("locust");
    let locust = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../load/locust");
    let output = Command::new(locust)
        .arg(format!("http://{}", server.address))
        .args(["--users", "4", "--spawn-rate", "4", "--run-time", "6s"])
        .arg("--csv")
        .arg(&results)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");

    let table = results.with_file_name("locust_stats.csv");
    let table = std::fs::read_to_string(table).unwrap();
    let row = |name: &str| {
        let row = table.lines().find(|line| line.contains(name));
        let row = row.unwrap_or_else(|| panic!("no {name} in {table}"));
        let mut cells = row.split(',').skip(2).map(|cell| cell.parse::<u64>());
        (
            cells.next().unwrap().unwrap(),
            cells.next().unwrap().unwrap(),
        )
    };
    assert_eq!(row("open a session"), (4, 0), "users, and failures");
    let (calls, failures) = row("Aggregated");
    assert!(calls > 4, "{table}");
    assert_eq!(failures, 0, "{table}");
    report(&format!(
        "ok   locust: {calls} requests of 4 users, none failed"
    ));
}
