//! The state of a service.

use std::{
    io,
    sync::{Arc, Once},
};

use http::Response;

use crate::{
    client_limiter::SessionLimiter,
    refusal::Refusal,
    sse::{
        config::SseServerConfig,
        metrics::Metrics,
        registry::Registry,
        response::{self, SseBody},
        session::{ServiceParts, Session},
    },
};

/// State shared by all clones of a service.
pub(crate) struct ServiceState<S> {
    pub(crate) factory: Box<dyn Fn() -> io::Result<S> + Send + Sync>,
    pub(crate) limiter: Arc<SessionLimiter>,
    pub(crate) config: Arc<SseServerConfig>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) registry: Arc<Registry<Session<S>>>,
    /// Completes when the task that enforces time limits is started.
    pub(crate) sweep_started: Once,
}

impl<S> ServiceState<S> {
    pub(crate) fn new(
        factory: impl Fn() -> io::Result<S> + Send + Sync + 'static,
        config: SseServerConfig,
    ) -> Self {
        Self {
            factory: Box::new(factory),
            limiter: SessionLimiter::new(config.max_sessions, config.max_sessions_per_client),
            config: Arc::new(config),
            metrics: Arc::new(Metrics::new()),
            registry: Arc::new(Registry::new()),
            sweep_started: Once::new(),
        }
    }

    pub(crate) fn parts(&self) -> ServiceParts<S> {
        ServiceParts {
            config: self.config.clone(),
            metrics: self.metrics.clone(),
            registry: self.registry.clone(),
        }
    }

    /// Counts and logs a refusal, and creates its response.
    pub(crate) fn refuse(&self, refusal: Refusal) -> Response<SseBody> {
        self.metrics.refused(refusal);
        tracing::debug!(reason = refusal.label(), "request refused");
        response::refusal(refusal)
    }
}
