//! The two secrets of a session: its id, which a POST names, and its resume token, which is part of
//! its event ids.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
};

use uuid::Uuid;

/// The id of a session: 122 random bits from the operating system, written as 32 hexadecimal
/// digits.
///
/// Anyone who knows an id can try to use it, so it must never be logged; its `Debug` form is empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(Uuid);

impl SessionId {
    pub(crate) fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Parses an id in any spelling of a UUID.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }

    /// Returns the tag that represents the session in logs. It distinguishes sessions and does not
    /// reveal the id, because it depends on a secret of this process.
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

/// The tag of a session in logs: eight hexadecimal digits.
///
/// Responses of [`SseService`](crate::SseService) that concern a session have it in their
/// extensions, so that a layer in front can log it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTag(u32);

impl fmt::Display for SessionTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// The first part of the event ids of one session. It is random and independent of the session id,
/// because a `Last-Event-ID` header may appear in places where a session id must not.
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

/// The id of one event: the token of its session, and its number in that session.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventId {
    pub(crate) token: ResumeToken,
    pub(crate) number: u64,
}

impl EventId {
    /// Parses the [`Display`](fmt::Display) form, and no other spelling.
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
    fn session_id_that_is_not_a_uuid_is_rejected() {
        for text in ["", "not-a-uuid", &HEX[1..], "💧"] {
            assert_eq!(SessionId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn session_ids_are_random_and_unique() {
        const IDS: u32 = 10_000;
        let ids: Vec<u128> = (0..IDS)
            .map(|_| SessionId::random())
            .map(|id| u128::from_str_radix(&id.to_string().replace('-', ""), 16).unwrap())
            .collect();
        let unique: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len());
        // Every bit is set in about half of the ids, except for version and variant.
        let is_random = |bit: &u32| {
            let set = ids.iter().filter(|id| *id >> bit & 1 == 1).count();
            (4_500..=5_500).contains(&set)
        };
        assert_eq!((0..u128::BITS).filter(is_random).count(), 122);
    }

    #[test]
    fn debug_form_and_tag_hide_the_session_id() {
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
