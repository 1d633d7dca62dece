//! The route table of the HTTP server, and the layers of each access class.

use std::sync::Arc;

use aareguru::Place;
#[cfg(feature = "graphql")]
use axum::extract::DefaultBodyLimit;
use axum::{
    Router,
    http::{HeaderName, header},
    routing::{MethodRouter, any_service, get},
};
use edge::{Access, BasePath, Guard, RouteService, health, prometheus, request_telemetry};
use rmcp::ServerHandler;
use tower::service_fn;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_layer::{Layer, layer_fn};
use web::Pages;

use crate::{app::App, connect::all_client_setups, health_checks, websocket};
#[cfg(feature = "graphql")]
use graphql::GraphQl;

/// Headers with secrets of clients, for this server or for a proxy.
const SENSITIVE_HEADERS: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
];

/// An entry of the route table.
#[derive(Debug)]
pub struct RouteEntry {
    /// Who may call the route. A path without a route is [`Access::Keyed`].
    pub access: Access,
    /// The path, relative to the base path. [`Access::Open`] routes are outside of the base path.
    pub path: String,
    methods: MethodRouter,
}

impl RouteEntry {
    fn new(access: Access, path: impl Into<String>, methods: MethodRouter) -> Self {
        Self {
            access,
            path: path.into(),
            methods,
        }
    }
}

/// Returns the route table, without [`metrics_route`].
pub fn route_table<S: ServerHandler + Clone>(app: &App<S>) -> Vec<RouteEntry> {
    build_table(app, &build_pages(app))
}

fn build_pages<S>(app: &App<S>) -> Arc<Pages> {
    Pages::new(web::Config {
        base_path: app.base_path.clone(),
        river: app.river.clone(),
        readiness: health_checks::readiness(app),
        has_graphql: cfg!(feature = "graphql") && app.river.is_some(),
        client_setups: all_client_setups,
        max_live_pages: app.transport_config.max_sessions,
        max_live_pages_per_client: app.transport_config.max_sessions_per_client,
        shutdown: app.shutdown.clone(),
    })
}

fn build_table<S: ServerHandler + Clone>(app: &App<S>, pages: &Arc<Pages>) -> Vec<RouteEntry> {
    use Access::{Keyed, Open};

    let ready = get(health::ready).with_state(health_checks::readiness(app));
    let socket = get(websocket::connect).with_state(app.websocket.clone());
    let river = get(web::river).with_state(pages.clone());
    let console = get(web::console).with_state(pages.clone());
    let live = get(web::live).with_state(pages.clone());
    let sse = any_service(app.sse.clone());
    let mut routes = vec![
        RouteEntry::new(
            Open,
            "/health",
            get(health::live).with_state(health_checks::PROGRAM),
        ),
        RouteEntry::new(Open, "/health/ready", ready),
        RouteEntry::new(Access::Page, "/", river),
        RouteEntry::new(Access::Page, "/console", console),
        RouteEntry::new(Keyed, "/live", live),
        RouteEntry::new(Keyed, "/mcp", any_service(app.streamable.clone())),
        RouteEntry::new(Keyed, "/ws", socket),
        RouteEntry::new(Keyed, "/sse", sse.clone()),
        RouteEntry::new(Keyed, "/messages", sse.clone()),
        RouteEntry::new(Keyed, "/messages/", sse),
    ];
    for place in Place::all() {
        let handler = get(move |pages, request| web::place(pages, request, place));
        let path = format!("/{}", place.id());
        routes.push(RouteEntry::new(
            Access::Page,
            path,
            handler.with_state(pages.clone()),
        ));
    }
    for (path, file) in web::files() {
        routes.push(RouteEntry::new(Access::Asset, path, file));
    }
    #[cfg(feature = "graphql")]
    routes.extend(app.graphql.iter().flat_map(graphql_routes));
    routes
}

#[cfg(feature = "graphql")]
fn graphql_routes(service: &GraphQl) -> [RouteEntry; 2] {
    let endpoint = get(graphql::get).post(graphql::post);
    let endpoint = endpoint.layer(DefaultBodyLimit::max(service.max_body_bytes()));
    let schema = get(graphql::get_schema);
    [
        RouteEntry::new(
            Access::Page,
            "/graphql",
            endpoint.with_state(service.clone()),
        ),
        RouteEntry::new(
            Access::Keyed,
            "/graphql/schema.graphql",
            schema.with_state(service.clone()),
        ),
    ]
}

/// Returns the route for Prometheus.
pub fn metrics_route() -> RouteEntry {
    RouteEntry::new(Access::Open, "/metrics", get(prometheus::scrape))
}

/// Builds the router of all routes except [`metrics_route`].
pub fn router<S: ServerHandler + Clone>(app: &App<S>) -> Router {
    let pages = build_pages(app);
    let not_found = get(web::not_found).fallback(web::not_found);
    let not_found = not_found.with_state(pages.clone());
    let mut routes = build_table(app, &pages);
    let mut router = Router::new();
    for access in [Access::Open, Access::Asset, Access::Page, Access::Keyed] {
        let entries = routes.extract_if(.., |route| route.access == access);
        let class_router = match access {
            Access::Open => plain_router(entries),
            Access::Asset | Access::Page => nested_router(&app.base_path, entries.collect()),
            Access::Keyed => {
                nested_router(&app.base_path, entries.collect()).fallback_service(not_found.clone())
            }
        };
        // The first layer is the outermost.
        router = router.merge(class_router.layer((
            // Excludes the values from debug output.
            SetSensitiveRequestHeadersLayer::new(SENSITIVE_HEADERS),
            request_telemetry::layer(access),
            app.guard.check_source(access),
            // Before the check of the key: browsers send preflights without one.
            app.guard.cors(),
            admission(app.guard.clone(), pages.clone(), access),
        )));
    }
    router
}

/// Builds a router without layers.
fn plain_router(routes: impl IntoIterator<Item = RouteEntry>) -> Router {
    routes.into_iter().fold(Router::new(), |router, route| {
        router.route(&route.path, route.methods)
    })
}

/// Builds a router without layers, whose routes are under the base path.
fn nested_router(base_path: &BasePath, routes: Vec<RouteEntry>) -> Router {
    if base_path.is_root() {
        return plain_router(routes);
    }
    let base_path = base_path.as_str();
    let mut root = routes.iter().filter(|route| route.path == "/");
    let root = root.next().map(|route| route.methods.clone());
    let nested = Router::new().nest(base_path, plain_router(routes));
    match root {
        // Also serves the base path with a trailing slash.
        Some(root) => nested.route(&format!("{base_path}/"), root),
        None => nested,
    }
}

/// Returns the layer that admits requests to the routes of one class. A browser without a key gets
/// the login page.
///
/// `axum::middleware` would box the service and the future of each request.
fn admission<S: RouteService>(
    guard: Guard,
    pages: Arc<Pages>,
    access: Access,
) -> impl Layer<S, Service = impl RouteService> + Clone {
    layer_fn(move |mut inner: S| {
        let (guard, pages) = (guard.clone(), Arc::clone(&pages));
        service_fn(move |request| {
            guard.admit(access, request, &mut inner, &|request, refusal| {
                if access == Access::Page {
                    pages.login(request, refusal)
                } else {
                    refusal
                }
            })
        })
    })
}

/// Builds a router of the GraphQL routes without layers.
#[cfg(feature = "graphql")]
pub fn graphql_router(service: &GraphQl) -> Router {
    plain_router(graphql_routes(service))
}

/// Builds the router of [`metrics_route`], for the main listener or for a separate one.
///
/// Scrapes are neither logged nor counted, because they arrive every few seconds. Only their `Host`
/// and `Origin` are checked.
pub fn metrics_router(guard: &Guard) -> Router {
    let route = metrics_route();
    let check_source = guard.check_source(route.access);
    plain_router([route]).layer(check_source)
}
