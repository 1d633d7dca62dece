//! MCP's official conformance suite, against the suite's own test tools on
//! this server's HTTP stack, and against the real binary.
//!
//! The suite is a Node program that `interop/setup` installs with the clients;
//! see `conformance/README.md`.

use std::path::Path;

use aareguru_mcp::{app::App, routes, settings::Settings};
use axum::Router;
use clap::Parser;
use conformance::{Everything, bridge};
use edge::serve::{self, Listener};
use tokio::process::Command;

use testkit::{ServerProcess, report};

use crate::transport::interop::{MACHINE, is_set_up, table_is_shown};

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    settings: Settings,
}

/// Serves on a free port until the test's runtime ends; returns the base URL.
async fn serve_until_test_ends(router: Router) -> String {
    let settings = CommandLine::parse_from(["conformance"]).settings;
    let listener = Listener::tcp("127.0.0.1:0", "").await.unwrap();
    let address = listener.address().unwrap();
    let (limits, timeouts) = (settings.connection_limits(), settings.timeouts());
    tokio::spawn(serve::serve_until_exit(listener, router, limits, timeouts));
    format!("http://{address}")
}

async fn bridge_to(server: &str) -> String {
    serve_until_test_ends(bridge(format!("{server}/sse")).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn conformance_suite_matches_the_expected_results() {
    if !is_set_up().await {
        return;
    }
    let _machine = MACHINE.lock().await;
    let settings = CommandLine::parse_from(["conformance"]).settings;
    let app = App::with_handler(Everything::default(), &settings).unwrap();
    let everything = serve_until_test_ends(routes::router(&app)).await;
    let server = ServerProcess::start(&["serve", "--demo", "--log-level", "warn"]).await;
    let aareguru = format!("http://{}", server.address);

    let results = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance.tsv");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance");
    let output = Command::new(folder.join("run"))
        .args(["--no-setup", "--results", results.to_str().unwrap()])
        .arg(format!("everything-http={everything}/mcp"))
        .arg(format!(
            "everything-sse={}/mcp",
            bridge_to(&everything).await
        ))
        .arg(format!("aareguru-http={aareguru}/mcp"))
        .arg(format!("aareguru-sse={}/mcp", bridge_to(&aareguru).await))
        .output()
        .await
        .unwrap();
    let lines = String::from_utf8_lossy(&output.stdout);
    report(lines.trim_end());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "see the table above {errors}");
    table_is_shown(&results).await;
}
