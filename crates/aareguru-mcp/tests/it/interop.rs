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

use tokio::process::Command;

use crate::binary::Server;

fn script(name: &str) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../interop");
    Command::new(folder.join(name))
}

/// Past the test runner, which keeps what a passing test prints to itself.
#[expect(clippy::explicit_write, reason = "what macros print is captured")]
fn say(line: &str) {
    writeln!(io::stderr(), "{line}").unwrap();
}

#[tokio::test]
async fn real_clients_are_told_how_warm_the_aare_is() {
    let check = script("setup").arg("--check").output().await.unwrap();
    if !check.status.success() {
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "clients not set up");
        say("skipped: interop clients are not set up; `make interop` does it");
        return;
    }
    // Nobody reads its log, and connections that break fill it.
    let server = Server::start(&["serve", "--demo", "--log-level", "warn"]).await;
    let output = script("run")
        .args(["--no-setup", &server.sse_url()])
        .env("AAREGURU_MCP_BIN", env!("CARGO_BIN_EXE_aareguru-mcp"))
        .output()
        .await
        .unwrap();
    let lines = String::from_utf8_lossy(&output.stdout);
    for line in lines.lines() {
        say(line);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{lines}\n{errors}");
    assert!(!lines.lines().any(|line| line.starts_with("skip")));
}
