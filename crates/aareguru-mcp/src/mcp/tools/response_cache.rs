//! What was told last, question by question, for all who ask in the same second.
//!
//! Ages are told in whole seconds, so what a tool says of a place depends on
//! the API's answer and on the second, and on nothing else. As long as both are
//! the same, it is told again, and not made again.

use std::sync::Arc;

use aareguru::api::{Answer, Current};
use jiff::Timestamp;
use parking_lot::Mutex;

use super::{ToolError, ToolOutput, single_place::Question};

/// What was told last.
#[derive(Debug, Default)]
pub(crate) struct ResponseCache(Mutex<Vec<CachedOutput>>);

#[derive(Debug)]
struct CachedOutput {
    question: Question,
    answer: Answer<Current>,
    second: Timestamp,
    output: Arc<ToolOutput>,
}

impl ResponseCache {
    /// What `render` makes of an answer at the second of `now`, or what it told
    /// before.
    pub(super) fn get_or_render(
        &self,
        question: Question,
        answer: Answer<Current>,
        now: Timestamp,
        render: impl FnOnce(&Answer<Current>, Timestamp) -> Result<ToolOutput, ToolError>,
    ) -> Result<Arc<ToolOutput>, ToolError> {
        let second = Timestamp::from_second(now.as_second()).expect("it is one already");
        if let Some(output) = self.find(question, &answer, second) {
            return Ok(output);
        }
        // Not under the lock: whoever comes meanwhile tells it too.
        let output = Arc::new(render(&answer, second)?);
        let kept = CachedOutput {
            question,
            answer,
            second,
            output: Arc::clone(&output),
        };
        let mut all = self.0.lock();
        match all.iter_mut().find(|other| other.question == question) {
            Some(other) => *other = kept,
            None => all.push(kept),
        }
        Ok(output)
    }

    fn find(
        &self,
        question: Question,
        answer: &Answer<Current>,
        second: Timestamp,
    ) -> Option<Arc<ToolOutput>> {
        let all = self.0.lock();
        let kept = all.iter().find(|kept| kept.question == question)?;
        let is_same = kept.second == second && kept.answer.is_same_as(answer);
        is_same.then(|| Arc::clone(&kept.output))
    }
}
