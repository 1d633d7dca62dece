//! Real MCP clients against the real binary.
//!
//! They are Python and Node programs that `interop/setup` installs outside the
//! source tree. Where that has not been done they are skipped, and it is said;
//! with `CI=true` a skip is a failure.

use std::{
    env,
    io::{self, Write},
    path::Path,
};

use tokio::{process::Command, sync::Mutex};

use crate::binary::Server;

fn script(name: &str) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../interop");
    Command::new(folder.join(name))
}

/// Past the test runner, which keeps what a passing test prints to itself; at
/// once, so that nothing of other tests comes between the lines.
pub(crate) fn say(lines: &str) {
    io::stderr()
        .write_all(format!("{lines}\n").as_bytes())
        .unwrap();
}

/// Held by whoever lets foreign programs run, which have deadlines of their
/// own and need the machine.
pub(crate) static MACHINE: Mutex<()> = Mutex::const_new(());

/// Whether the clients are installed; if not, it is said, and with `CI=true`
/// it is a failure.
pub(crate) async fn is_set_up() -> bool {
    let check = script("setup").arg("--check").output().await.unwrap();
    let is_set_up = check.status.success();
    if !is_set_up {
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "clients not set up");
        say("skipped: interop clients are not set up; `make interop` does it");
    }
    is_set_up
}

/// Fails if the README shows something else than a run saw.
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
    // Nobody reads its log, and connections that break fill it.
    let server = Server::start(&["serve", "--demo", "--log-level", "warn"]).await;
    let results = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients.tsv");
    let output = script("run")
        .args(["--no-setup", "--results", results.to_str().unwrap()])
        .arg(server.sse_url())
        .env("AAREGURU_MCP_BIN", env!("CARGO_BIN_EXE_aareguru-mcp"))
        .output()
        .await
        .unwrap();
    let lines = String::from_utf8_lossy(&output.stdout);
    say(lines.trim_end());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{lines}\n{errors}");
    assert!(!lines.lines().any(|line| line.starts_with("skip")));
    table_is_shown(&results).await;
}
