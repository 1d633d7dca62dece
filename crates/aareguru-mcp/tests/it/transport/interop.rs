//! Real MCP clients against the real binary.
//!
//! The clients are Python and Node programs that `interop/setup` installs outside the source tree.
//! Without them the tests print a message and are skipped; with `CI=true` a skip is a failure.

use std::{env, path::Path};

use tokio::{process::Command, sync::Mutex};

use testkit::{ServerProcess, report};

fn script(name: &str) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../interop");
    Command::new(folder.join(name))
}

/// Serializes tests that run foreign programs, which have their own deadlines and need the machine.
pub(crate) static MACHINE: Mutex<()> = Mutex::const_new(());

/// Returns whether the clients are installed. If not, prints a message, and fails with `CI=true`.
pub(crate) async fn is_set_up() -> bool {
    let check = script("setup").arg("--check").output().await.unwrap();
    let is_set_up = check.status.success();
    if !is_set_up {
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "clients not set up");
        report("skipped: interop clients are not set up; `make interop` does it");
    }
    is_set_up
}

/// Fails if a table in docs/COMPATIBILITY.md differs from the results of a run.
pub(crate) async fn table_is_shown(results: &Path) {
    let output = script("matrix").arg(results).output().await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}

#[tokio::test]
async fn interop_clients_read_the_temperature() {
    if !is_set_up().await {
        return;
    }
    let _machine = MACHINE.lock().await;
    // Nobody reads the log of this server, and aborted connections would fill its pipe.
    let server = ServerProcess::start(&["serve", "--demo", "--log-level", "warn"]).await;
    let results = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients.tsv");
    let output = script("run")
        .args(["--no-setup", "--results", results.to_str().unwrap()])
        .arg(server.sse_url())
        .env("AAREGURU_MCP_BIN", env!("CARGO_BIN_EXE_aareguru-mcp"))
        .output()
        .await
        .unwrap();
    let lines = String::from_utf8_lossy(&output.stdout);
    report(lines.trim_end());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{lines}\n{errors}");
    assert!(!lines.lines().any(|line| line.starts_with("skip")));
    table_is_shown(&results).await;
}
