//! A check as a tower layer: it sees a request before the route does, lets it
//! pass or answers it, and may add to the answer.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{extract::Request, response::Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// Decides on a request without waiting for anything.
pub trait Check: Clone + Send + Sync + 'static {
    /// What is known of a request that passed, until it is answered.
    type Passed: Send;

    /// Lets a request pass, or answers it.
    fn check(&self, request: &mut Request) -> Result<Self::Passed, Box<Response>>;

    /// Sees the answer to a request that passed.
    fn answered(passed: Self::Passed, response: Response) -> Response;
}

/// Puts a [`Check`] in front of a service.
#[derive(Debug, Clone)]
pub struct CheckLayer<C> {
    check: C,
}

/// A service behind a [`CheckLayer`].
#[derive(Debug, Clone)]
pub struct Checked<S, C> {
    inner: S,
    check: C,
}

pin_project! {
    /// The answer of a [`Checked`] service. It is polled in place: a box for
    /// each check would cost each request an allocation for each.
    #[project = Projected]
    pub enum Answer<F, C: Check> {
        Passed { #[pin] answer: F, passed: Option<C::Passed> },
        Refused { response: Option<Box<Response>> },
    }
}

impl<C> CheckLayer<C> {
    pub(crate) fn new(check: C) -> Self {
        Self { check }
    }
}

impl<S, C: Clone> Layer<S> for CheckLayer<C> {
    type Service = Checked<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        Checked {
            inner,
            check: self.check.clone(),
        }
    }
}

impl<S, C> Service<Request> for Checked<S, C>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    C: Check,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answer<S::Future, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        match self.check.check(&mut request) {
            Ok(passed) => Answer::Passed {
                answer: self.inner.call(request),
                passed: Some(passed),
            },
            Err(response) => Answer::Refused {
                response: Some(response),
            },
        }
    }
}

impl<F, C> Future for Answer<F, C>
where
    F: Future<Output = Result<Response, Infallible>>,
    C: Check,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let response = match self.project() {
            Projected::Passed { answer, passed } => {
                let response = ready!(answer.poll(cx))?;
                match passed.take() {
                    Some(passed) => C::answered(passed, response),
                    None => response,
                }
            }
            Projected::Refused { response } => *response
                .take()
                .expect("a future is not polled after its end"),
        };
        Poll::Ready(Ok(response))
    }
}
