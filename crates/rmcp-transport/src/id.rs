//! The two secrets of a session: its id, which names it in a POST, and its
//! resume token, which is in the ids of its events.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
};

use uuid::Uuid;

/// Names a session: 122 random bits from the operating system, written as 32
/// hexadecimal digits.
///
/// Whoever knows an id may try to use it, so it never belongs into a log; its
/// `Debug` form is empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(Uuid);

impl SessionId {
    pub(crate) fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Reads an id in any spelling of a UUID.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }

    /// What stands for the session in logs: it tells sessions apart and leads
    /// nobody to the id, because it depends on a secret of this process.
    pub fn tag(self) -> SessionTag {
        static SECRET: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        let hash = SECRET.hash_one(self);
        SessionTag((hash >> 32) as u32)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(..)")
    }
}

/// A session in a log line: eight hexadecimal digits.
///
/// A response of [`SseService`](crate::SseService) that concerns a session has
/// it in its extensions, so that a layer in front can log it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTag(u32);

impl fmt::Display for SessionTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// The first half of the event ids of one session: as random as the session's
/// id and independent of it, because a `Last-Event-ID` header may end up where
/// a session id must not.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ResumeToken(Uuid);

impl ResumeToken {
    pub(crate) fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// The id of one event: the token of its session, and its number there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventId {
    pub(crate) token: ResumeToken,
    pub(crate) number: u64,
}

impl EventId {
    /// Reads what [`Display`](fmt::Display) writes, and nothing else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (token, number) = text.split_once('.')?;
        let id = Self {
            token: ResumeToken(Uuid::try_parse(token).ok()?),
            number: number.parse().ok()?,
        };
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.token, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "09623d2fc3d9493d82ce184a85eff572";

    #[test]
    fn session_ids_parse_dashed_and_in_upper_case() {
        let id = SessionId::parse(HEX).unwrap();
        let dashed = "09623d2f-c3d9-493d-82ce-184a85eff572";
        for spelling in [dashed, &HEX.to_uppercase()] {
            assert_eq!(SessionId::parse(spelling), Some(id));
        }
        assert_eq!(id.to_string(), HEX);
    }

    #[test]
    fn what_is_no_uuid_is_no_session_id() {
        for text in ["", "not-a-uuid", &HEX[1..], "💧"] {
            assert_eq!(SessionId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn session_ids_are_random_and_never_come_back() {
        const IDS: u32 = 10_000;
        let ids: Vec<u128> = (0..IDS)
            .map(|_| SessionId::random())
            .map(|id| u128::from_str_radix(&id.to_string().replace('-', ""), 16).unwrap())
            .collect();
        let unique: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len());
        // But for the version and the variant, every bit is set in about half.
        let is_random = |bit: &u32| {
            let set = ids.iter().filter(|id| *id >> bit & 1 == 1).count();
            (4_500..=5_500).contains(&set)
        };
        assert_eq!((0..u128::BITS).filter(is_random).count(), 122);
    }

    #[test]
    fn neither_debug_form_nor_tag_shows_the_id() {
        let id = SessionId::random();
        assert_eq!(format!("{id:?}"), "SessionId(..)");
        assert!(!id.to_string().contains(&id.tag().to_string()));
        assert_eq!(id.tag().to_string(), id.tag().to_string());
    }

    #[test]
    fn event_ids_have_one_spelling() {
        let id = EventId {
            token: ResumeToken::random(),
            number: 17,
        };
        assert!(EventId::parse(&id.to_string()) == Some(id));
        let upper = format!("{}.17", HEX.to_uppercase());
        let dashed = "09623d2f-c3d9-493d-82ce-184a85eff572.17";
        for text in [
            "",
            ".",
            HEX,
            &format!("{HEX}.+1"),
            &format!("{HEX}.01"),
            &upper,
            dashed,
        ] {
            assert!(EventId::parse(text).is_none(), "{text}");
        }
    }
}
