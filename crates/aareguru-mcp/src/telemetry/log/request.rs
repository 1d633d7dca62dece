//! What request a line belongs to.
//!
//! The task knows it that serves the request. A span would tell it too, but be
//! made, kept, written out and dropped for each request, of which most have one
//! line.

use std::sync::Arc;

use axum::http::request::Parts;
use futures_util::future::Either;
use rmcp::{RoleServer, service::RequestContext};
use tracing::Span;

tokio::task_local! {
    static CURRENT: RequestLines;
}

/// What lines tell of the request that they belong to. It stands in the
/// request's extensions too, for what is done in tasks of their own.
#[derive(Debug, Clone)]
pub(crate) struct RequestLines {
    pub(crate) id: Arc<str>,
    pub(crate) method: &'static str,
    pub(crate) route: Arc<str>,
}

impl RequestLines {
    /// By their names, as lines have them.
    pub(super) fn fields(&self) -> [(&'static str, &str); 3] {
        [
            ("request.id", &self.id),
            ("http.method", self.method),
            ("http.route", &self.route),
        ]
    }

    /// Those of the HTTP request that brought a message, if one did.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Option<&Self> {
        let parts = context.extensions.get::<Parts>();
        parts.and_then(|parts| parts.extensions.get())
    }

    /// Those of what this task is busy with.
    pub(super) fn with_current<T>(tell: impl FnOnce(&Self) -> T) -> Option<T> {
        CURRENT.try_with(tell).ok()
    }

    /// Lines within belong to the request.
    pub(crate) fn in_scope<T>(&self, run: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self.clone(), run)
    }

    /// Lines within belong to the request that brought a message, whatever task
    /// this is.
    pub(crate) fn in_scope_of<T>(
        context: &RequestContext<RoleServer>,
        run: impl FnOnce() -> T,
    ) -> T {
        if Self::with_current(|_| ()).is_some() {
            return run();
        }
        match Self::of(context) {
            Some(lines) => lines.in_scope(run),
            None => run(),
        }
    }

    /// The same for what takes time, if there is a request.
    pub(crate) fn scope<F: Future>(lines: Option<Self>, run: F) -> impl Future<Output = F::Output> {
        match lines {
            Some(lines) => Either::Left(CURRENT.scope(lines, run)),
            None => Either::Right(run),
        }
    }

    /// A span of which lines within tell: for what this task begins and others
    /// go on with.
    pub(crate) fn current_span() -> Span {
        let span = |lines: &Self| {
            tracing::info_span!(
                parent: None,
                "request",
                request.id = &*lines.id,
                http.method = lines.method,
                http.route = &*lines.route,
            )
        };
        Self::with_current(span).unwrap_or_else(Span::current)
    }
}
