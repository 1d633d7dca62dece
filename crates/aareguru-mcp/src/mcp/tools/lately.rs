//! What was told last, question by question, for all who ask in the same second.
//!
//! Ages are told in whole seconds, so what a tool says of a place depends on
//! the API's answer and on the second, and on nothing else. As long as both are
//! the same, it is told again, and not made again.

use std::sync::Arc;

use aareguru::api::{Answer, Current};
use jiff::Timestamp;
use parking_lot::Mutex;

use super::{Refusal, Told, at_place::Question};

/// What was told last.
#[derive(Debug, Default)]
pub(crate) struct Lately(Mutex<Vec<Kept>>);

#[derive(Debug)]
struct Kept {
    question: Question,
    answer: Answer<Current>,
    second: Timestamp,
    told: Arc<Told>,
}

impl Lately {
    /// What `tell` tells of an answer at the second of `now`, or what it told
    /// before.
    pub(super) fn told(
        &self,
        question: Question,
        answer: Answer<Current>,
        now: Timestamp,
        tell: impl FnOnce(&Answer<Current>, Timestamp) -> Result<Told, Refusal>,
    ) -> Result<Arc<Told>, Refusal> {
        let second = Timestamp::from_second(now.as_second()).expect("it is one already");
        if let Some(told) = self.find(question, &answer, second) {
            return Ok(told);
        }
        // Not under the lock: whoever comes meanwhile tells it too.
        let told = Arc::new(tell(&answer, second)?);
        let kept = Kept {
            question,
            answer,
            second,
            told: Arc::clone(&told),
        };
        let mut all = self.0.lock();
        match all.iter_mut().find(|other| other.question == question) {
            Some(other) => *other = kept,
            None => all.push(kept),
        }
        Ok(told)
    }

    fn find(
        &self,
        question: Question,
        answer: &Answer<Current>,
        second: Timestamp,
    ) -> Option<Arc<Told>> {
        let all = self.0.lock();
        let kept = all.iter().find(|kept| kept.question == question)?;
        let is_same = kept.second == second && kept.answer.is_same_as(answer);
        is_same.then(|| Arc::clone(&kept.told))
    }
}
