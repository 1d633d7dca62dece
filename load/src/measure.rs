//! The measures, one per file. Each takes a running server and returns numbers; `bench` judges
//! them.

pub(crate) mod calls;
pub(crate) mod hold;
pub(crate) mod idle;
pub(crate) mod isolation;
pub(crate) mod open;
pub(crate) mod start;

use std::{future::Future, time::Duration};

use anyhow::Context;

/// No measure takes longer, so that the program ends even if a server loses an answer.
const DEADLINE: Duration = Duration::from_secs(300);

/// Runs a measure within the deadline.
pub(crate) async fn within_deadline<T>(
    measure: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::time::timeout(DEADLINE, measure)
        .await
        .with_context(|| format!("not done within {DEADLINE:?}; an answer may have been lost"))?
}
