//! Caches rendered tool output for one second.
//!
//! Ages are reported in whole seconds, so the output for a place is a function of the API's
//! response and the current second.

use std::sync::Arc;

use aareguru::{
    Place,
    api::{Answer, Current},
};
use jiff::Timestamp;
use parking_lot::Mutex;

use super::output::{ToolOutput, ToolResult};

/// The latest output for each key.
#[derive(Debug, Default)]
pub(crate) struct ResponseCache(Mutex<Vec<CachedOutput>>);

/// The parameters of the output, except the response and the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CacheKey {
    pub(super) tool: &'static str,
    pub(super) place: &'static Place,
    pub(super) shows_app: bool,
}

#[derive(Debug)]
struct CachedOutput {
    key: CacheKey,
    response: Answer<Current>,
    second: Timestamp,
    output: Arc<ToolOutput>,
}

impl ResponseCache {
    /// Returns the cached output for `key`, or renders and stores it.
    pub(super) fn get_or_render(
        &self,
        key: CacheKey,
        response: Answer<Current>,
        now: Timestamp,
        render: impl FnOnce(&Answer<Current>, Timestamp) -> ToolResult,
    ) -> ToolResult {
        let second = Timestamp::from_second(now.as_second())
            .expect("the second of a valid timestamp is valid");
        let cached = self.0.lock().iter().find_map(|it| {
            let is_current = it.key == key && it.second == second;
            let is_current = is_current && it.response.is_same_as(&response);
            is_current.then(|| Arc::clone(&it.output))
        });
        if let Some(output) = cached {
            return Ok(output);
        }
        // Rendered outside the lock: a concurrent caller may render the same output, which is
        // harmless.
        let output = render(&response, second)?;
        let mut outputs = self.0.lock();
        outputs.retain(|it| it.key != key);
        outputs.push(CachedOutput {
            key,
            response,
            second,
            output: Arc::clone(&output),
        });
        Ok(output)
    }
}
