//! Executes operations, over whatever transport they come, within their bounds.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_graphql::{Request, Response, ServerError, parser::types::OperationType};
use futures_util::{StreamExt, stream::BoxStream};
use parking_lot::Mutex;
use rmcp_sse::{Client, Principal, Refusal, SseServerConfig};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{
    Schema,
    limits::{Kind, Limits, with_code},
    metrics::{Metrics, Outcome},
    order::Order,
    trouble::Code,
};
use crate::{
    base_path::BasePath,
    client_limiter::{SessionLimiter, SessionPermit},
};

/// GraphQL over the river, for the routes at `/graphql`.
///
/// A clone is cheap and shares what is open.
#[derive(Clone)]
pub struct GraphQl {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) schema: Schema,
    pub(super) limits: Limits,
    /// The bounds that each transport keeps.
    pub(super) config: SseServerConfig,
    pub(super) metrics: Metrics,
    /// Where the routes sit.
    pub(super) base_path: BasePath,
    subscriptions: Arc<SessionLimiter>,
    pub(super) sockets: Arc<SessionLimiter>,
    open: Mutex<HashMap<u64, Open>>,
    opened: AtomicU64,
}

/// A stream or a socket that is open.
struct Open {
    owner: Option<Principal>,
    revoked: CancellationToken,
}

/// That a stream or a socket is open; until it is dropped.
pub(super) struct Opened {
    shared: Arc<Shared>,
    number: u64,
    /// Cancelled when its principal may not use the server any more.
    pub(super) revoked: CancellationToken,
}

impl GraphQl {
    pub(super) fn around(
        schema: Schema,
        limits: Limits,
        config: SseServerConfig,
        base_path: BasePath,
    ) -> Self {
        let limiter = || SessionLimiter::new(config.max_sessions, config.max_sessions_per_client);
        Self {
            shared: Arc::new(Shared {
                schema,
                limits,
                metrics: Metrics::new(),
                subscriptions: limiter(),
                sockets: limiter(),
                config,
                base_path,
                open: Mutex::default(),
                opened: AtomicU64::default(),
            }),
        }
    }

    /// The schema in its own language.
    pub fn sdl(&self) -> String {
        super::sdl(&self.shared.schema)
    }

    /// Ends every stream and socket of `principal`, and returns how many there
    /// were.
    pub fn end_sessions_of(&self, principal: &Principal) -> usize {
        let open = self.shared.open.lock();
        let of_principal = open
            .values()
            .filter(|open| open.owner.as_ref() == Some(principal));
        of_principal.inspect(|open| open.revoked.cancel()).count()
    }
}

impl Shared {
    /// Answers a query.
    pub(super) async fn query(&self, request: Request) -> Response {
        let mut request = request;
        match self.limits.admit(&mut request) {
            Ok(Some(OperationType::Subscription)) => {
                let text = "a subscription is a stream: ask for it with \
                            `Accept: text/event-stream`, or over a WebSocket";
                let error = with_code(ServerError::new(text, None), Code::BadRequest);
                self.refused(Some(OperationType::Subscription), error)
            }
            Ok(kind) => self.answer(kind, request).await,
            Err(error) => self.refused(None, error),
        }
    }

    /// Answers whatever it is: a query by one answer, a subscription by many.
    pub(super) fn stream(
        self: &Arc<Self>,
        request: Request,
        client: Option<Client>,
    ) -> BoxStream<'static, Response> {
        let mut request = request;
        let shared = Arc::clone(self);
        match self.limits.admit(&mut request) {
            Ok(Some(OperationType::Subscription)) => match self.subscriptions.try_acquire(client) {
                Ok(permit) => self.follow(permit, request),
                Err(exceeded) => {
                    once(self.refused(Some(OperationType::Subscription), full(exceeded.into())))
                }
            },
            Ok(kind) => {
                futures_util::stream::once(async move { shared.answer(kind, request).await })
                    .boxed()
            }
            Err(error) => once(self.refused(None, error)),
        }
    }

    fn follow(
        self: &Arc<Self>,
        permit: SessionPermit,
        mut request: Request,
    ) -> BoxStream<'static, Response> {
        let kind = Some(OperationType::Subscription);
        let following = Following {
            shared: Arc::clone(self),
            _permit: permit,
        };
        self.metrics.subscriptions.increment(1);
        let order = Order::of(&mut request);
        let answers = self.schema.execute_stream(request);
        let mut is_first = true;
        answers
            .map(move |mut answer| {
                if let Some(order) = &order {
                    order.apply(&mut answer);
                }
                following.shared.count_errors(&answer);
                if std::mem::take(&mut is_first) {
                    let outcome = outcome(&answer);
                    following.shared.metrics.operation(kind, outcome);
                }
                answer
            })
            .boxed()
    }

    async fn answer(&self, kind: Kind, mut request: Request) -> Response {
        let order = Order::of(&mut request);
        let running = self.schema.execute(request);
        let Ok(mut answer) = timeout(self.limits.timeout, running).await else {
            let seconds = self.limits.timeout.as_secs();
            let text = format!("not answered within {seconds} s; ask for less, or again");
            let error = with_code(ServerError::new(text, None), Code::Timeout);
            self.metrics.operation(kind, Outcome::Timeout);
            self.metrics.error(Code::Timeout);
            return Response::from_errors(vec![error]);
        };
        if let Some(order) = order {
            order.apply(&mut answer);
        }
        self.metrics.operation(kind, outcome(&answer));
        self.count_errors(&answer);
        answer
    }

    /// Counts an operation that did not come to be looked at.
    pub(super) fn refused(&self, kind: Kind, error: ServerError) -> Response {
        let answer = Response::from_errors(vec![error]);
        self.metrics.operation(kind, Outcome::Refused);
        self.count_errors(&answer);
        answer
    }

    fn count_errors(&self, answer: &Response) {
        for error in &answer.errors {
            self.metrics.error(Code::of(error.extensions.as_ref()));
        }
    }

    /// Notes that a stream or a socket of `owner` is open.
    pub(super) fn opened(self: &Arc<Self>, owner: Option<Principal>) -> Opened {
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        let revoked = CancellationToken::new();
        let open = Open {
            owner,
            revoked: revoked.clone(),
        };
        self.open.lock().insert(number, open);
        Opened {
            shared: Arc::clone(self),
            number,
            revoked,
        }
    }
}

/// Whether the operation was not executed at all: then no error is of a field.
pub(super) fn is_refused(answer: &Response) -> bool {
    !answer.errors.is_empty()
        && answer.data == async_graphql::Value::Null
        && answer.errors.iter().all(|error| error.path.is_empty())
}

fn outcome(answer: &Response) -> Outcome {
    if answer.errors.is_empty() {
        Outcome::Ok
    } else if is_refused(answer) {
        Outcome::Refused
    } else {
        Outcome::Partial
    }
}

fn full(refusal: Refusal) -> ServerError {
    with_code(
        ServerError::new(refusal.to_string(), None),
        Code::TooManySubscriptions,
    )
}

fn once(answer: Response) -> BoxStream<'static, Response> {
    futures_util::stream::iter([answer]).boxed()
}

/// A subscription that is open.
struct Following {
    shared: Arc<Shared>,
    _permit: SessionPermit,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.shared.metrics.subscriptions.decrement(1);
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.shared.open.lock().remove(&self.number);
    }
}

impl fmt::Debug for GraphQl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphQl")
            .field("open", &self.shared.open.lock().len())
            .finish_non_exhaustive()
    }
}
