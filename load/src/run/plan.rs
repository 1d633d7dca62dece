//! What is to be done.

use std::{str::FromStr, time::Duration};

use anyhow::{Context, ensure};
use jiff::SignedDuration;

use super::{Mix, dice::Dice};
use crate::server::Target;

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The sessions take turns among them.
    pub(crate) targets: Vec<Target>,
    pub(crate) sessions: usize,
    /// In which the sessions open, evenly; not measured.
    pub(crate) ramp: Duration,
    pub(crate) lasts: Duration,
    pub(crate) pace: Pace,
    pub(crate) mix: Mix,
    pub(crate) think: Think,
    /// How long an answer may take.
    pub(crate) patience: Duration,
    pub(crate) cut_every: Option<Duration>,
    /// Sessions beside the others that hardly read what they asked for.
    pub(crate) slow_readers: usize,
}

/// When a session calls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pace {
    /// When it has its answer, and has thought.
    Closed,
    /// So many calls a second, of all sessions together, however long answers
    /// take. A latency counts from when its call was due.
    Rate(f64),
}

/// What a user does between an answer and the next call.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Think {
    least: Duration,
    most: Duration,
}

impl Think {
    pub(super) fn draw(self, dice: &mut Dice) -> Duration {
        let range = u64::try_from((self.most - self.least).as_micros()).unwrap_or(u64::MAX);
        self.least + Duration::from_micros(dice.below(range.saturating_add(1).max(1)))
    }
}

impl FromStr for Think {
    type Err = anyhow::Error;

    /// As in `2s` or `1s..3s`.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (least, most) = text.split_once("..").unwrap_or((text, text));
        let (least, most) = (duration(least)?, duration(most)?);
        ensure!(least <= most, "`{text}` ends before it begins");
        Ok(Self { least, most })
    }
}

/// As in `500ms`, `30s` or `20m`.
pub(crate) fn duration(text: &str) -> anyhow::Result<Duration> {
    let duration = text.parse::<SignedDuration>();
    let duration = duration.with_context(|| format!("`{text}` is no time such as 500ms or 20m"))?;
    Duration::try_from(duration).with_context(|| format!("`{text}` is less than no time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_think_for_a_time_or_between_two() {
        let think = "1s..3s".parse::<Think>().unwrap();
        let mut dice = Dice::new(0);
        for _ in 0..100 {
            let time = think.draw(&mut dice);
            assert!(time >= Duration::from_secs(1) && time <= Duration::from_secs(3));
        }
        let think = "250ms".parse::<Think>().unwrap();
        assert_eq!(think.draw(&mut dice), Duration::from_millis(250));
        assert_eq!(Think::default().draw(&mut dice), Duration::ZERO);
        for text in ["3s..1s", "soon", "-1s"] {
            assert!(text.parse::<Think>().is_err(), "{text}");
        }
    }
}
