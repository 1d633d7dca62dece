//! Every route and every layer of the HTTP server, in order.

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

/// Secrets of clients, whether or not they are for us.
const SENSITIVE_HEADERS: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
];

/// One row of the route table.
#[derive(Debug)]
pub struct Route {
    /// Who may call it. A path that is in no row is [`Access::Keyed`].
    pub access: Access,
    /// Its path under the base path, except that [`Access::Open`] routes are outside of it.
    pub path: String,
    /// Its methods, each with its handler.
    handler: MethodRouter,
}

impl Route {
    fn new(access: Access, path: impl Into<String>, handler: MethodRouter) -> Self {
        Self {
            access,
            path: path.into(),
            handler,
        }
    }
}

/// The route table, without [`metrics_route`].
pub fn routes<S: ServerHandler + Clone>(app: &App<S>) -> Vec<Route> {
    table(app, &pages(app))
}

/// The web pages over the parts of the server.
fn pages<S>(app: &App<S>) -> Arc<Pages> {
    Pages::new(web::Config {
        base_path: app.base_path.clone(),
        river: app.river.clone(),
        readiness: health_checks::readiness(app),
        has_graphql: cfg!(feature = "graphql") && app.river.is_some(),
        client_setups: all_client_setups,
        max_live_pages: app.bounds.max_sessions,
        max_live_pages_per_client: app.bounds.max_sessions_per_client,
        shutdown: app.shutdown.clone(),
    })
}

fn table<S: ServerHandler + Clone>(app: &App<S>, pages: &Arc<Pages>) -> Vec<Route> {
    use Access::{Keyed, Open};

    let ready = get(health::ready).with_state(health_checks::readiness(app));
    let socket = get(websocket::connect).with_state(app.websocket.clone());
    let river = get(web::river).with_state(pages.clone());
    let console = get(web::console).with_state(pages.clone());
    let live = get(web::live).with_state(pages.clone());
    let sse = any_service(app.sse.clone());
    let mut routes = vec![
        Route::new(
            Open,
            "/health",
            get(health::live).with_state(health_checks::PROGRAM),
        ),
        Route::new(Open, "/health/ready", ready),
        Route::new(Access::Page, "/", river),
        Route::new(Access::Page, "/console", console),
        Route::new(Keyed, "/live", live),
        Route::new(Keyed, "/mcp", any_service(app.streamable.clone())),
        Route::new(Keyed, "/ws", socket),
        Route::new(Keyed, "/sse", sse.clone()),
        Route::new(Keyed, "/messages", sse.clone()),
        Route::new(Keyed, "/messages/", sse),
    ];
    for place in Place::all() {
        let handler = get(move |pages, request| web::place(pages, request, place));
        let path = format!("/{}", place.id());
        routes.push(Route::new(
            Access::Page,
            path,
            handler.with_state(pages.clone()),
        ));
    }
    for (path, file) in web::files() {
        routes.push(Route::new(Access::Asset, path, file));
    }
    #[cfg(feature = "graphql")]
    routes.extend(app.graphql.iter().flat_map(graphql_routes));
    routes
}

#[cfg(feature = "graphql")]
fn graphql_routes(service: &GraphQl) -> [Route; 2] {
    let endpoint = get(graphql::get).post(graphql::post);
    let endpoint = endpoint.layer(DefaultBodyLimit::max(service.max_body_bytes()));
    let schema = get(graphql::schema_text);
    [
        Route::new(
            Access::Page,
            "/graphql",
            endpoint.with_state(service.clone()),
        ),
        Route::new(
            Access::Keyed,
            "/graphql/schema.graphql",
            schema.with_state(service.clone()),
        ),
    ]
}

/// The route for Prometheus.
pub fn metrics_route() -> Route {
    Route::new(Access::Open, "/metrics", get(prometheus::scrape))
}

/// The router that answers every request, but for those of Prometheus.
pub fn router<S: ServerHandler + Clone>(app: &App<S>) -> Router {
    let pages = pages(app);
    let not_found = get(web::not_found).fallback(web::not_found);
    let not_found = not_found.with_state(pages.clone());
    let mut routes = table(app, &pages);
    let mut router = Router::new();
    for access in [Access::Open, Access::Asset, Access::Page, Access::Keyed] {
        let of_class = routes.extract_if(.., |route| route.access == access);
        let of_class = match access {
            Access::Open => unlayered(of_class),
            Access::Asset | Access::Page => nested(&app.base_path, of_class.collect()),
            Access::Keyed => {
                nested(&app.base_path, of_class.collect()).fallback_service(not_found.clone())
            }
        };
        // The first one is the outermost: a request meets them in this order.
        router = router.merge(of_class.layer((
            // Nothing that prints headers shows these.
            SetSensitiveRequestHeadersLayer::new(SENSITIVE_HEADERS),
            request_telemetry::layer(access),
            app.guard.check_source(access),
            // Before the key: a browser sends its preflight without one.
            app.guard.cors(),
            admission(app.guard.clone(), pages.clone(), access),
        )));
    }
    router
}

/// The routes, without a layer.
fn unlayered(routes: impl IntoIterator<Item = Route>) -> Router {
    routes.into_iter().fold(Router::new(), |router, route| {
        router.route(&route.path, route.handler)
    })
}

/// The routes under the base path, without a layer.
fn nested(base_path: &BasePath, routes: Vec<Route>) -> Router {
    if base_path.is_root() {
        return unlayered(routes);
    }
    let base_path = base_path.as_str();
    let mut root = routes.iter().filter(|route| route.path == "/");
    let root = root.next().map(|route| route.handler.clone());
    let nested = Router::new().nest(base_path, unlayered(routes));
    match root {
        // The base path with a slash, too.
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

/// The routes of GraphQL, without a layer.
#[cfg(feature = "graphql")]
pub fn graphql_router(service: &GraphQl) -> Router {
    unlayered(graphql_routes(service))
}

/// The route for Prometheus, to be merged with the others or served apart. A scrape comes every few
/// seconds: it is neither logged nor counted. Only the name by which the server is called is
/// checked.
pub fn metrics(guard: &Guard) -> Router {
    let route = metrics_route();
    let check_source = guard.check_source(route.access);
    unlayered([route]).layer(check_source)
}
