//! The rows of the table: the quantity, its unit, and the goal.

use crate::server_kind::ServerKind;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Row {
    CallCpu { sessions: usize },
    CallRate { sessions: usize },
    P50 { sessions: usize },
    P99 { sessions: usize },
    Tail { sessions: usize },
    OpenRate,
    IdleMemory,
    MemoryClosed,
    MemoryKept,
    Held,
    Start,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Goal {
    Most(f64),
    Least(f64),
    /// Relative to the ceiling.
    MostTimes(f64),
    /// Relative to the ceiling.
    LeastTimes(f64),
}

impl Row {
    pub(super) fn label(self) -> String {
        match self {
            Self::CallCpu { sessions } => format!("server CPU per call, {sessions} sessions (µs)"),
            Self::CallRate { sessions } => format!("calls per second, {sessions} sessions"),
            Self::P50 { sessions } => format!("p50, {sessions} sessions (ms)"),
            Self::P99 { sessions } => format!("p99, {sessions} sessions (ms)"),
            Self::Tail { sessions } => format!("p99 ÷ p50, {sessions} sessions"),
            Self::OpenRate => "sessions opened and initialized per CPU second".to_owned(),
            Self::IdleMemory => "memory per idle session (KiB)".to_owned(),
            Self::MemoryClosed => "memory after all sessions were closed (MiB)".to_owned(),
            Self::MemoryKept => "memory after the last round ÷ after the first".to_owned(),
            Self::Held => "sessions held and answering".to_owned(),
            Self::Start => "start to first initialized session (ms)".to_owned(),
        }
    }

    pub(super) fn decimals(self) -> usize {
        match self {
            Self::CallRate { .. } | Self::OpenRate | Self::Held => 0,
            Self::CallCpu { .. } | Self::IdleMemory | Self::MemoryClosed | Self::Start => 1,
            _ => 2,
        }
    }

    /// Returns the goal of this server; `None` if it is measured for comparison only.
    pub(super) fn goal(self, kind: ServerKind) -> Option<Goal> {
        let product = match kind {
            ServerKind::RmcpTransport => false,
            ServerKind::AareguruMcp => true,
            _ => return None,
        };
        match self {
            Self::CallCpu { .. } if product => Some(Goal::MostTimes(1.6)),
            Self::CallCpu { .. } => Some(Goal::MostTimes(1.25)),
            Self::Tail { sessions: 32 } => Some(Goal::Most(3.0)),
            Self::OpenRate => Some(Goal::LeastTimes(0.7)),
            Self::IdleMemory => Some(Goal::MostTimes(1.1)),
            Self::MemoryKept => Some(Goal::Most(1.1)),
            Self::Held => Some(Goal::Least(20_000.0)),
            Self::Start => Some(Goal::Most(20.0)),
            _ => None,
        }
    }
}

impl Goal {
    /// Returns whether a value meets the goal; `ratio` is relative to the ceiling.
    pub(super) fn is_met(self, value: f64, ratio: Option<f64>) -> bool {
        match self {
            Self::Most(most) => value <= most,
            Self::Least(least) => value >= least,
            Self::MostTimes(most) => ratio.is_some_and(|ratio| ratio <= most),
            Self::LeastTimes(least) => ratio.is_some_and(|ratio| ratio >= least),
        }
    }

    pub(super) fn text(self) -> String {
        match self {
            Self::Most(most) => format!("≤ {most}"),
            Self::Least(least) => format!("≥ {least}"),
            Self::MostTimes(most) => format!("≤ {most} ×"),
            Self::LeastTimes(least) => format!("≥ {least} ×"),
        }
    }
}
