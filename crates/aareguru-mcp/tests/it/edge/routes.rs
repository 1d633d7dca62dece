//! The route table, so that new routes are attacked automatically.

use aareguru_mcp::{
    app::App,
    routes::{self, RouteEntry},
    settings::Settings,
};
use clap::Parser;
use edge::Access;

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    settings: Settings,
}

/// Returns all routes of the server.
pub(crate) fn table() -> Vec<RouteEntry> {
    let settings = CommandLine::try_parse_from(["aareguru-mcp"])
        .unwrap()
        .settings;
    let app = App::build(&settings, true, None).unwrap();
    let mut routes = routes::route_table(&app);
    routes.push(routes::metrics_route());
    routes
}

/// Returns the paths of all routes.
pub(crate) fn routes() -> Vec<String> {
    table().into_iter().map(|route| route.path).collect()
}

/// Returns the paths of the routes with this access.
pub(crate) fn routes_of(access: Access) -> Vec<String> {
    let routes = table().into_iter();
    let of_class = routes.filter(|route| route.access == access);
    of_class.map(|route| route.path).collect()
}

/// Returns a request of each method for a path.
pub(crate) fn all_methods(path: &str) -> Vec<String> {
    ["GET", "POST", "DELETE", "OPTIONS", "PUT", "M-SEARCH"]
        .map(|method| {
            format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        })
        .into()
}
