//! The options of a run.

use std::{str::FromStr, time::Duration};

use anyhow::{Context, ensure};
use clap::Args;
use fastrand::Rng;
use jiff::SignedDuration;

use crate::load_target::LoadTarget;

#[derive(Debug, Clone, Args)]
pub(crate) struct Plan {
    /// The server, on a loopback address: http://…/sse, http://…/mcp, ws://…/ws.
    /// Sessions are distributed over several URLs in turn.
    #[arg(required = true, value_name = "URL")]
    pub(crate) targets: Vec<LoadTarget>,

    /// The number of sessions.
    #[arg(long, default_value_t = 32)]
    pub(crate) sessions: usize,

    /// The time over which the sessions are opened; measuring begins after it.
    #[arg(long, default_value = "1s", value_parser = duration, value_name = "TIME")]
    pub(crate) ramp: Duration,

    /// How long to measure.
    #[arg(long = "for", default_value = "30s", value_parser = duration, value_name = "TIME")]
    pub(crate) measure_for: Duration,

    /// Begin this many calls per second over all sessions, independently of the
    /// answers; latency then counts from when a call was due. [default: each
    /// session waits for its answer before the next call]
    #[arg(long, value_name = "CALLS_PER_SECOND", conflicts_with = "think")]
    pub(crate) rate: Option<f64>,

    /// The pause of a session between an answer and its next call, such as `2s`
    /// or `1s..3s`.
    #[arg(
        long,
        default_value = "0s",
        hide_default_value = true,
        value_name = "TIME"
    )]
    pub(crate) think: ThinkTime,

    /// How long an answer may take.
    #[arg(long, default_value = "10s", value_parser = duration, value_name = "TIME")]
    pub(crate) timeout: Duration,

    /// Close all connections at this interval, and let the sessions reconnect.
    #[arg(long, value_parser = duration, value_name = "TIME")]
    pub(crate) cut_every: Option<Duration>,

    /// The number of additional sessions that call but hardly read.
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    pub(crate) slow_readers: usize,
}

impl Plan {
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(self.sessions > 0, "--sessions must be at least 1");
        ensure!(!self.measure_for.is_zero(), "--for must be longer than 0");
        if let Some(rate) = self.rate {
            ensure!(
                rate > 0.0 && rate.is_finite(),
                "--rate must be a positive number, got {rate}"
            );
        }
        Ok(())
    }
}

/// The pause between an answer and the next call.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct ThinkTime {
    least: Duration,
    most: Duration,
}

impl ThinkTime {
    pub(super) fn draw(self, random: &mut Rng) -> Duration {
        self.least + (self.most - self.least).mul_f64(random.f64())
    }
}

impl FromStr for ThinkTime {
    type Err = anyhow::Error;

    /// Parses a duration such as `2s`, or a range such as `1s..3s`.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (least, most) = text.split_once("..").unwrap_or((text, text));
        let (least, most) = (duration(least)?, duration(most)?);
        ensure!(least <= most, "`{text}` is an empty range");
        Ok(Self { least, most })
    }
}

/// Parses a duration such as `500ms`, `30s` or `20m`.
pub(crate) fn duration(text: &str) -> anyhow::Result<Duration> {
    let duration = text.parse::<SignedDuration>();
    let duration =
        duration.with_context(|| format!("`{text}` is not a duration such as 500ms or 20m"))?;
    Duration::try_from(duration).with_context(|| format!("`{text}` is negative"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn think_time_is_fixed_or_between_two() {
        let think = "1s..3s".parse::<ThinkTime>().unwrap();
        let mut random = Rng::with_seed(0);
        for _ in 0..100 {
            let time = think.draw(&mut random);
            assert!(time >= Duration::from_secs(1) && time <= Duration::from_secs(3));
        }
        let think = "250ms".parse::<ThinkTime>().unwrap();
        assert_eq!(think.draw(&mut random), Duration::from_millis(250));
        assert_eq!(ThinkTime::default().draw(&mut random), Duration::ZERO);
        for text in ["3s..1s", "soon", "-1s"] {
            assert!(text.parse::<ThinkTime>().is_err(), "{text}");
        }
    }
}
