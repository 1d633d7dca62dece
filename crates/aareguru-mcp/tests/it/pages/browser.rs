//! A real browser against the pages, console and apps of the real binary.
//!
//! The scripts in `browser/` drive Debian's Chromium; `browser/setup` installs their dependencies.
//! Without them the tests print a message and are skipped; with `CI=true` a skip is a failure.
//! Screenshots are written to `tmp/browser` in the target directory.

use std::{env, path::Path};

use tokio::process::Command;

use testkit::{ServerProcess, report};

use crate::transport::interop::MACHINE;

use testkit::SyntheticRiver;

fn script(name: &str) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../browser");
    Command::new(folder.join(name))
}

async fn is_set_up() -> bool {
    let check = script("setup").arg("--check").output().await.unwrap();
    let is_set_up = check.status.success();
    if !is_set_up {
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "browser not set up");
        report("skipped: the browser is not set up; `make browser` does it");
    }
    is_set_up
}

#[track_caller]
fn passed(output: &std::process::Output) {
    let lines = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{lines}\n{errors}");
    assert!(lines.contains("ok  "), "nothing was looked at");
}

async fn run(arguments: &[&str]) {
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    let output = script("run")
        .args(arguments)
        .env("BROWSER_PICTURES", pictures)
        .output()
        .await
        .unwrap();
    passed(&output);
}

fn url(server: &ServerProcess) -> String {
    format!("http://{}", server.address)
}

#[tokio::test]
async fn pages_are_accessible_in_four_languages_and_without_scripts() {
    if !is_set_up().await {
        return;
    }
    let _machine = MACHINE.lock().await;
    let server = ServerProcess::start(&["serve", "--demo", "--log-level", "warn"]).await;
    run(&["river.mjs", &url(&server)]).await;
}

#[tokio::test]
async fn open_page_shows_a_new_measurement() {
    if !is_set_up().await {
        return;
    }
    let _machine = MACHINE.lock().await;
    let upstream = SyntheticRiver::start().await;
    let server = ServerProcess::start(&[
        "serve",
        "--log-level=warn",
        "--cache-ttl-seconds=1",
        &format!("--aareguru-base-url={}", upstream.url),
    ])
    .await;
    run(&["live.mjs", &url(&server), &upstream.url]).await;
}

#[tokio::test]
async fn console_call_survives_a_cut_connection() {
    if !is_set_up().await {
        return;
    }
    let _machine = MACHINE.lock().await;
    let arguments = ["serve", "--demo", "--log-level", "warn"];
    let server = ServerProcess::start(&arguments).await;
    let locked =
        ServerProcess::start_with(&arguments, &[("API_KEYS", "tester:a-key-for-the-tests")]);
    let locked = locked.await;
    run(&["console.mjs", &url(&server), &url(&locked)]).await;
}

#[tokio::test]
async fn login_page_with_a_valid_key_opens_the_pages() {
    if !is_set_up().await {
        return;
    }
    let _machine = MACHINE.lock().await;
    let arguments = ["serve", "--demo", "--log-level", "warn"];
    let keys = [("API_KEYS", "tester:a-key-for-the-tests")];
    let server = ServerProcess::start_with(&arguments, &keys).await;
    run(&["locked.mjs", &url(&server)]).await;
}

#[cfg(feature = "graphql")]
#[tokio::test]
async fn graphql_page_edits_and_runs_queries() {
    if !is_set_up().await {
        return;
    }
    let _machine = MACHINE.lock().await;
    let server = ServerProcess::start(&["serve", "--demo", "--log-level", "warn"]).await;
    run(&["graphql.mjs", &url(&server)]).await;
}

#[tokio::test]
async fn mcp_host_renders_the_apps() {
    if !is_set_up().await {
        return;
    }
    let _machine = MACHINE.lock().await;
    let server = ServerProcess::start(&["serve", "--demo", "--log-level", "warn"]).await;
    run(&["apps.mjs", &url(&server)]).await;
}
