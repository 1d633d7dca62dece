//! Executes the operations of all transports, within the limits.

use std::{
    collections::HashMap,
    fmt, future,
    sync::{Arc, Weak},
    time::Duration,
};

use aareguru::River;
use async_graphql::{Request, Response, ServerError, parser::types::OperationType};
use axum::http::Extensions;
use edge::KeyHandle;
use futures_util::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use parking_lot::Mutex;
use rmcp_transport::{ClientKey, Principal, Refusal, SessionLimiter, SseServerConfig};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    config::{Config, EditorPage},
    error::{self, ErrorCode},
    field_order::FieldOrder,
    limits::{OperationKind, OperationLimits},
    metrics,
    schema::{self, Schema},
};

/// The GraphQL service behind the routes at `/graphql`.
///
/// Clones share their state.
#[derive(Clone)]
pub struct GraphQl {
    pub(super) shared: Arc<GraphQlState>,
}

pub(super) struct GraphQlState {
    pub(super) schema: Schema,
    pub(super) limits: OperationLimits,
    /// Limits on streams, sockets and request bodies.
    pub(super) transport: SseServerConfig,
    pub(super) editor: EditorPage,
    pub(super) sockets: Arc<SessionLimiter>,
    subscriptions: Arc<SessionLimiter>,
    /// The cancellation token of each principal with open streams or sockets.
    principals: Mutex<HashMap<Principal, Weak<CancellationToken>>>,
}

impl GraphQl {
    /// Creates a service that answers from `river`.
    pub fn new(river: River, config: Config) -> Self {
        metrics::register();
        let limits = OperationLimits {
            max_complexity: config.max_complexity,
            timeout: config.timeout,
            allows_introspection: config.allows_introspection,
        };
        let transport = config.transport;
        let limiter =
            || SessionLimiter::new(transport.max_sessions, transport.max_sessions_per_client);
        Self {
            shared: Arc::new(GraphQlState {
                schema: schema::build_schema(river, limits),
                limits,
                subscriptions: limiter(),
                sockets: limiter(),
                transport,
                editor: config.editor,
                principals: Mutex::default(),
            }),
        }
    }

    /// Returns the schema in the schema definition language.
    pub fn sdl(&self) -> String {
        schema::sdl(&self.shared.schema)
    }

    /// Returns the maximum size of a request body.
    pub fn max_body_bytes(&self) -> usize {
        self.shared.transport.max_request_body_bytes
    }

    /// Closes all streams and sockets of `principal`, and returns their number.
    pub fn end_sessions_of(&self, principal: &Principal) -> usize {
        let token = self.shared.principals.lock().remove(principal);
        let Some(token) = token.and_then(|token| token.upgrade()) else {
            return 0;
        };
        token.cancel();
        Arc::strong_count(&token) - 1
    }

    /// Registers a stream or socket. The token is cancelled on shutdown and when the API key of the
    /// request is revoked. Keep it until the stream or socket closes.
    pub(super) fn open_session(&self, extensions: &Extensions) -> Arc<CancellationToken> {
        let new = || Arc::new(self.shared.transport.cancellation_token.child_token());
        let Some(principal) = extensions.get::<Principal>() else {
            return new();
        };
        let mut principals = self.shared.principals.lock();
        principals.retain(|_, token| token.strong_count() > 0);
        let open = principals.get(principal).and_then(Weak::upgrade);
        let token = open.unwrap_or_else(new);
        principals.insert(principal.clone(), Arc::downgrade(&token));
        drop(principals);
        // The key may have been revoked just before this session was added.
        if extensions.get().is_some_and(KeyHandle::is_revoked) {
            let token = new();
            token.cancel();
            return token;
        }
        token
    }

    /// Executes a query. Rejects subscriptions.
    pub(super) async fn query(&self, mut request: Request) -> Response {
        match self.shared.limits.admit(&mut request) {
            Ok(Some(OperationType::Subscription)) => {
                let text = "subscriptions need a stream: use `Accept: text/event-stream` \
                            or a WebSocket";
                let error = error::operation(ErrorCode::BadRequest, text);
                reject(Some(OperationType::Subscription), error)
            }
            Ok(kind) => self.execute(kind, request).await,
            Err(error) => reject(None, error),
        }
    }

    /// Executes an operation: a query has one response, a subscription many.
    pub(super) fn stream(
        &self,
        mut request: Request,
        client: Option<ClientKey>,
    ) -> BoxStream<'static, Response> {
        let once = |response| stream::iter([response]).boxed();
        let kind = match self.shared.limits.admit(&mut request) {
            Ok(kind) => kind,
            Err(error) => return once(reject(None, error)),
        };
        if kind != Some(OperationType::Subscription) {
            let graphql = self.clone();
            return stream::once(async move { graphql.execute(kind, request).await }).boxed();
        }
        let permit = match self.shared.subscriptions.try_acquire(client) {
            Ok(permit) => permit,
            Err(exceeded) => {
                let code = ErrorCode::TooManySubscriptions;
                let refusal = Refusal::from(exceeded);
                return once(reject(kind, error::operation(code, refusal.to_string())));
            }
        };
        let open = metrics::OpenGuard::subscription();
        let order = FieldOrder::new(&mut request);
        let mut is_first = true;
        let responses = self.shared.schema.execute_stream(request);
        let responses = responses.map(move |mut response| {
            // Held until the subscription ends.
            let _ = (&permit, &open);
            order.apply(&mut response);
            if std::mem::take(&mut is_first) {
                metrics::count_operation(kind, &response);
            }
            metrics::count_errors(&response);
            response
        });
        responses.boxed()
    }

    async fn execute(&self, kind: OperationKind, mut request: Request) -> Response {
        let order = FieldOrder::new(&mut request);
        let limit = self.shared.limits.timeout;
        let Ok(mut response) = timeout(limit, self.shared.schema.execute(request)).await else {
            let seconds = limit.as_secs();
            let text = format!(
                "the operation took longer than {seconds} s; request fewer fields or retry"
            );
            return reject(kind, error::operation(ErrorCode::Timeout, text));
        };
        order.apply(&mut response);
        metrics::count_operation(kind, &response);
        metrics::count_errors(&response);
        response
    }
}

/// Returns the response to a rejected operation, and counts it.
pub(super) fn reject(kind: OperationKind, error: ServerError) -> Response {
    let response = Response::from_errors(vec![error]);
    metrics::count_operation(kind, &response);
    metrics::count_errors(&response);
    response
}

/// Yields `item` after each `period`; never yields if `period` is `None`.
pub(super) fn repeat_every<T: Clone>(period: Option<Duration>, item: T) -> impl Stream<Item = T> {
    stream::unfold((), move |()| {
        let item = item.clone();
        async move {
            match period {
                Some(period) => sleep(period).await,
                None => future::pending().await,
            }
            Some((item, ()))
        }
    })
}

impl fmt::Debug for GraphQl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphQl").finish_non_exhaustive()
    }
}
