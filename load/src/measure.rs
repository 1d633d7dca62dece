//! The measures, one per file. Each measures a running server and returns numbers; `bench` compares
//! them with the goals.

pub(crate) mod calls;
pub(crate) mod hold;
pub(crate) mod idle;
pub(crate) mod isolation;
pub(crate) mod open;
pub(crate) mod start;

use std::{future::Future, time::Duration};

use anyhow::Context;

/// The time limit for a measure, so that the program exits even if a server loses an answer.
const DEADLINE: Duration = Duration::from_secs(300);

pub(crate) async fn within_deadline<T>(
    measure: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::time::timeout(DEADLINE, measure)
        .await
        .with_context(|| format!("not finished within {DEADLINE:?}; an answer may be lost"))?
}
