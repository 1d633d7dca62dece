//! A check as a tower layer: it sees a request before the route does, lets it
//! pass or answers it, and may add to the answer.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{extract::Request, response::Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// Decides on a request without waiting for anything.
pub(crate) trait Check: Send + Sync + 'static {
    /// What is known of a request that passed, until it is answered.
    type Passed: Send;

    /// Lets a request pass, or answers it.
    fn check(&self, request: &mut Request) -> Result<Self::Passed, Box<Response>>;

    /// Sees the answer to a request that passed.
    fn answered(passed: Self::Passed, response: Response) -> Response;

    /// This check, then that.
    fn then<B: Check>(self, that: B) -> Then<Self, B>
    where
        Self: Sized,
    {
        Then(self, that)
    }
}

/// Puts a [`Check`] in front of a service.
///
/// Several in a row are one layer: each would cost each request a future of its
/// own, and the router, which clones its layers for it, a clone.
#[derive(Debug)]
pub(crate) struct CheckLayer<C> {
    check: Arc<C>,
}

/// A service behind a [`CheckLayer`].
#[derive(Debug)]
pub(crate) struct Checked<S, C> {
    inner: S,
    check: Arc<C>,
}

/// Two checks, one after the other. What the second one answers, the first one
/// sees.
#[derive(Debug)]
pub(crate) struct Then<A, B>(A, B);

pin_project! {
    /// The answer of a [`Checked`] service. It is polled in place: a box for
    /// each check would cost each request an allocation for each.
    #[project = Projected]
    pub(crate) enum Answer<F, C: Check> {
        Passed { #[pin] answer: F, passed: Option<C::Passed> },
        Refused { response: Option<Box<Response>> },
    }
}

impl<C> CheckLayer<C> {
    pub(crate) fn new(check: C) -> Self {
        let check = Arc::new(check);
        Self { check }
    }
}

impl<A: Check, B: Check> Check for Then<A, B> {
    type Passed = (A::Passed, B::Passed);

    fn check(&self, request: &mut Request) -> Result<Self::Passed, Box<Response>> {
        let first = self.0.check(request)?;
        match self.1.check(request) {
            Ok(second) => Ok((first, second)),
            Err(refusal) => Err(Box::new(A::answered(first, *refusal))),
        }
    }

    fn answered((first, second): Self::Passed, response: Response) -> Response {
        A::answered(first, B::answered(second, response))
    }
}

impl<C> Clone for CheckLayer<C> {
    fn clone(&self) -> Self {
        Self {
            check: Arc::clone(&self.check),
        }
    }
}

impl<S: Clone, C> Clone for Checked<S, C> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            check: Arc::clone(&self.check),
        }
    }
}

impl<S, C> Layer<S> for CheckLayer<C> {
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
