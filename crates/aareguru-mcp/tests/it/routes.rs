//! Every route that the server has, read off the router itself, so that one
//! that is added tomorrow is attacked, too.

use aareguru_mcp::{app::App, http, settings::Settings};
use clap::Parser;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    settings: Settings,
}

/// The paths of all routes, with something in the place of parameters.
pub(crate) fn routes() -> Vec<String> {
    let settings = Line::try_parse_from(["aareguru-mcp"]).unwrap().settings;
    let app = App::build(&settings, true, None).unwrap();
    let router = http::router(&app).merge(http::metrics(&app.guard));
    // axum tells its routes to nobody but those who debug.
    let shown = format!("{router:?}");
    let paths = shown
        .split("paths: {")
        .nth(1)
        .expect("the router shows its paths");
    let paths = paths.split('}').next().unwrap();
    let mut paths: Vec<_> = paths
        .split('"')
        .skip(1)
        .step_by(2)
        .map(|path| path.replace(['{', '}', '*'], ""))
        .collect();
    paths.sort();
    for known in [
        "/",
        "/health",
        "/mcp",
        "/messages",
        "/metrics",
        "/sse",
        "/ws",
    ] {
        assert!(
            paths.iter().any(|path| path == known),
            "{known} not in {shown}"
        );
    }
    paths
}

/// Whether a route is one of those that need no key.
pub(crate) fn is_open(path: &str) -> bool {
    path.starts_with("/health") || path == "/metrics"
}

/// A request of each method for a path.
pub(crate) fn all_methods(path: &str) -> Vec<String> {
    ["GET", "POST", "DELETE", "OPTIONS", "PUT", "M-SEARCH"]
        .map(|method| {
            format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        })
        .into()
}
