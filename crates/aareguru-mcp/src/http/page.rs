//! The web pages: the river at a glance, each of its places, and a console for
//! developers.
//!
//! They are written on the server and tell their numbers without a script; a
//! small one draws the charts and asks again when a measurement arrives. They
//! ask nobody else for anything. The addresses on them are those by which they
//! were reached.

mod address;
mod console;
mod detail;
mod files;
mod fragments;
#[cfg(feature = "graphql")]
mod graphql;
mod i18n;
mod language;
mod live;
mod login;
mod overview;
mod overview_data;
mod series;
mod template;

use std::sync::Arc;

use aareguru::{Place, UnknownPlace};
use axum::{
    Extension, Router,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::civil::Date;
use rmcp_sse::Principal;
use tokio_util::sync::CancellationToken;

#[cfg(feature = "graphql")]
pub(crate) use self::graphql::page as graphql_page;
use self::{
    address::Address,
    overview_data::{PlaceOverview, RiverOverview},
    template::{Html, Value},
};
pub(crate) use self::{
    files::is_file, fragments::reason as reason_in_words, i18n::Texts, language::Language,
};
use super::{health::Readiness, places::Places};
use crate::{app::App, base_path::BasePath, mcp::AareServer};

const LAYOUT: &str = include_str!("../../web/layout.html");
const LOST: &str = include_str!("../../web/lost.html");

/// What the pages are made of.
#[derive(Debug, Clone)]
pub(super) struct Page(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    readiness: Readiness,
    base_path: BasePath,
    /// `None` if it is not the river that answers.
    server: Option<AareServer>,
    /// Pages that are told of new measurements.
    followers: Arc<Places>,
    shutdown: CancellationToken,
}

impl Page {
    pub(super) fn new<S>(app: &App<S>) -> Self {
        Self(Arc::new(Shared {
            readiness: Readiness::new(app),
            base_path: app.base_path.clone(),
            server: app.river_server.clone(),
            followers: Places::new(app.bounds.max_sessions, app.bounds.max_sessions_per_client),
            shutdown: app.shutdown.clone(),
        }))
    }

    /// All routes but `/` itself, which a base path moves.
    pub(super) fn routes(&self) -> Router {
        let places = Place::all().iter().fold(Router::new(), |router, place| {
            router.route(&format!("/{}", place.id()), get(at_place))
        });
        places
            .route("/console", get(console::console))
            .route("/live", get(live::live))
            .with_state(self.clone())
            .merge(files::routes())
    }
}

/// Who reads, and by what address.
#[derive(Debug)]
struct Reader {
    texts: &'static Texts,
    base_path: String,
    /// What a link carries on: the language, if it was chosen.
    query: &'static str,
    address: Address,
    has_key: bool,
    etag: Option<String>,
}

impl Reader {
    fn of(page: &Page, query: Option<&str>, headers: &HeaderMap, has_key: bool) -> Self {
        Self::new(&page.0.base_path, query, headers, has_key)
    }

    fn new(base_path: &BasePath, query: Option<&str>, headers: &HeaderMap, has_key: bool) -> Self {
        let language = Language::of(query, headers);
        let is_chosen = query.is_some_and(|query| query.contains("lang="));
        let etag = headers.get(header::IF_NONE_MATCH);
        Self {
            texts: Texts::of(language),
            base_path: base_path.to_string(),
            query: if is_chosen { chosen(language) } else { "" },
            address: Address::of(headers),
            has_key,
            etag: etag.and_then(|etag| Some(etag.to_str().ok()?.to_owned())),
        }
    }

    fn href(&self, path: &str) -> String {
        format!("{}/{path}{}", self.base_path, self.query)
    }

    /// A place's name in the reader's language.
    fn name(&self, place: &Place) -> &'static str {
        let key = format!("place.{}", place.id());
        self.texts.find(&key).unwrap_or_default()
    }

    /// What has to be known before any number is read.
    fn banner(&self, recorded_on: Option<Date>, notice: Option<&'static str>) -> Html {
        const BANNER: &str = r#"<p class="notice">{{text}}</p>"#;
        let banner = |text: String| Html::fill(BANNER, self.texts, &[("text", text.into())]);
        let recorded = recorded_on.map(|day| {
            let day = self.texts.day(day);
            banner(self.texts.format("recorded", &[("day", &day)]))
        });
        let notice = notice.map(|key| banner(self.texts.get(key).to_owned()));
        recorded.into_iter().chain(notice).collect()
    }

    /// A page for this reader; `path` is its own, for the other languages.
    fn page(&self, (path, title): (&str, &str), script: &'static str, main: Html) -> Html {
        let texts = self.texts;
        const STYLE: &str = r#"<link rel="stylesheet" href="{{base_path}}/graphql.css">"#;
        let is_live = script == "page.js";
        let style = (script == "graphql.js").then(|| {
            let base_path = ("base_path", self.base_path.as_str().into());
            Html::fill(STYLE, texts, &[base_path])
        });
        let values = [
            ("lang", texts.language().code().into()),
            ("title", title.into()),
            ("base_path", self.base_path.as_str().into()),
            ("query", self.query.into()),
            ("style", style.into()),
            ("script", script.into()),
            ("languages", self.languages(path).into()),
            ("main", main.into()),
            ("live", is_live.then(|| live::status(texts)).into()),
            ("credits", credits(texts).into()),
            ("version", env!("CARGO_PKG_VERSION").into()),
        ];
        Html::fill(LAYOUT, texts, &values)
    }

    fn languages(&self, path: &str) -> Html {
        const LINK: &str = r#"<a href="{{href}}" hreflang="{{code}}" lang="{{code}}" title="{{name}}"{{current}}>{{code}}</a>"#;
        const CURRENT: &str = r#" aria-current="true""#;
        let links = Language::ALL.into_iter().map(|language| {
            let is_current = language == self.texts.language();
            let current = is_current.then(|| Html::fill(CURRENT, self.texts, &[]));
            let href = format!("{}/{path}{}", self.base_path, chosen(language));
            let values = [
                ("href", href.into()),
                ("code", language.code().into()),
                ("name", language.name().into()),
                ("current", current.into()),
            ];
            Html::fill(LINK, self.texts, &values)
        });
        links.collect()
    }

    fn answer(&self, html: Html) -> Response {
        let language = self.texts.language().code();
        files::page(html, language, self.etag.as_deref())
    }
}

fn chosen(language: Language) -> &'static str {
    match language {
        Language::German => "?lang=de",
        Language::French => "?lang=fr",
        Language::Italian => "?lang=it",
        Language::English => "?lang=en",
    }
}

fn credits(texts: &Texts) -> Html {
    const LINK: &str = r#"<a href="{{url}}" rel="noreferrer">{{name}}</a>"#;
    let link = |url: &str, name: &str| {
        Html::fill(LINK, texts, &[("url", url.into()), ("name", name.into())])
    };
    let values = [
        (
            "aareguru",
            Value::from(link("https://aare.guru", "Aare.guru")),
        ),
        (
            "bafu",
            link("https://www.hydrodaten.admin.ch", texts.get("bafu")).into(),
        ),
        (
            "temperaare",
            link("https://temperaare.ch", "TemperAare").into(),
        ),
    ];
    Html::format("credits", texts, &values)
}

/// The river, or, where another handler answers, the console.
pub(super) async fn river(
    State(page): State<Page>,
    RawQuery(query): RawQuery,
    principal: Option<Extension<Principal>>,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::of(&page, query.as_deref(), &headers, principal.is_some());
    let Some(server) = &page.0.server else {
        return reader.answer(console::page(&page, &reader));
    };
    let sight = RiverOverview::of(server.river()).await;
    let main = overview::page(&reader, &sight);
    let title = reader.texts.get("title");
    reader.answer(reader.page(("", title), "page.js", main))
}

async fn at_place(
    State(page): State<Page>,
    RawQuery(query): RawQuery,
    uri: Uri,
    principal: Option<Extension<Principal>>,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::of(&page, query.as_deref(), &headers, principal.is_some());
    let id = uri.path().rsplit('/').next().unwrap_or_default();
    let place = Place::all().iter().find(|place| place.id() == id);
    let Some((server, place)) = page.0.server.as_ref().zip(place) else {
        return not_found_plain().into_response();
    };
    let river = server.river();
    let at = PlaceOverview::asked(river, place).await;
    let forecast = river.forecast(place).await.ok();
    let now = river.now();
    let at = at.unwrap_or_else(|| PlaceOverview::unknown(place, now));
    let sight = RiverOverview {
        recorded_on: at.water.recorded_on,
        is_troubled: at.is_troubled(),
        places: vec![at],
        now,
    };
    let main = detail::page(&reader, &sight, forecast.as_ref());
    let title = format!("{}: {}", reader.name(place), reader.texts.get("title"));
    reader.answer(reader.page((id, &title), "page.js", main))
}

/// Nobody is here. Who reads HTML and asked for something that could be a place
/// is told which there are.
pub(super) async fn not_found(
    State(page): State<Page>,
    RawQuery(query): RawQuery,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let under_base = uri.path().strip_prefix(page.0.base_path.as_str());
    let name = under_base.and_then(|path| path.strip_prefix('/'));
    let name = name.filter(|name| reads_html(&headers) && !name.is_empty() && !name.contains('/'));
    let Some(name) = name else {
        return not_found_plain().into_response();
    };
    let reader = Reader::of(&page, query.as_deref(), &headers, false);
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    let html = reader.page(
        ("", reader.texts.get("unknown_place")),
        "page.js",
        not_found_page(&reader, &name),
    );
    (StatusCode::NOT_FOUND, reader.answer(html)).into_response()
}

/// Whether it is a browser that shows a page.
fn reads_html(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT);
    let accepts = accepts.and_then(|accept| accept.to_str().ok());
    accepts.is_some_and(|accept| accept.contains("text/html"))
}

fn not_found_plain() -> impl IntoResponse {
    (
        StatusCode::NOT_FOUND,
        "Not Found. MCP clients connect to /mcp, or to /sse.\n",
    )
}

fn not_found_page(reader: &Reader, name: &str) -> Html {
    const LINK: &str = r#"<a href="{{href}}">{{name}}</a>"#;
    const ITEM: &str = "<li>{{link}}</li>";
    let texts = reader.texts;
    let link = |place: &Place| {
        let values = [
            ("href", reader.href(place.id()).into()),
            ("name", reader.name(place).into()),
        ];
        Html::fill(LINK, texts, &values)
    };
    let found = Place::find(name);
    let near = found.map_or_else(|unknown: UnknownPlace| unknown.nearest, Some);
    let suggestion =
        near.map(|place| Html::format("did_you_mean", texts, &[("place", link(place).into())]));
    let places = Place::all().iter();
    let places: Html = places
        .map(|place| Html::fill(ITEM, texts, &[("link", link(place).into())]))
        .collect();
    // A name may be as long as an address.
    let shown: String = name.chars().take(60).collect();
    let values = [
        (
            "text",
            texts
                .format("unknown_place_text", &[("name", &shown)])
                .into(),
        ),
        ("suggestion", suggestion.into()),
        ("places", places.into()),
    ];
    Html::fill(LOST, texts, &values)
}
