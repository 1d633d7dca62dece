//! The flood level as upstream reports it.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::FloodLevel;
use crate::excerpt::excerpt;

/// What upstream reports as the flood level (`flow_gefahrenstufe`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ReportedLevel {
    /// Nothing, or null.
    #[default]
    Missing,
    /// A level.
    Level(FloodLevel),
    /// An invalid level. Never treated as level 1.
    Unreadable(
        /// The value as upstream sent it, on one line and cut to 40 characters.
        String,
    ),
}

impl ReportedLevel {
    /// Returns the level, if it is valid.
    pub fn level(&self) -> Option<FloodLevel> {
        match self {
            Self::Level(level) => Some(*level),
            Self::Missing | Self::Unreadable(_) => None,
        }
    }
}

impl From<FloodLevel> for ReportedLevel {
    fn from(level: FloodLevel) -> Self {
        Self::Level(level)
    }
}

/// Reads an integer from 1 to 5, also as text or as `4.0`. Never fails: anything else that is
/// present is [`ReportedLevel::Unreadable`].
impl<'de> Deserialize<'de> for ReportedLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const MAX_CHARS: usize = 40;
        let value = Value::deserialize(deserializer)?;
        let number = match &value {
            Value::Null => return Ok(Self::Missing),
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_f64(),
        };
        let is_number = |level: &FloodLevel| number == Some(f64::from(level.number()));
        Ok(match FloodLevel::ALL.into_iter().find(is_number) {
            Some(level) => Self::Level(level),
            None => {
                let text = value.as_str().map(str::to_owned);
                let text = text.unwrap_or_else(|| value.to_string());
                Self::Unreadable(excerpt(&text, MAX_CHARS))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> ReportedLevel {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn integers_from_1_to_5_are_levels_also_as_text_or_with_a_point() {
        for level in FloodLevel::ALL {
            let number = level.number();
            for json in [
                format!("{number}"),
                format!("{number}.0"),
                format!("\"{number}\""),
                format!("\" {number}.0\""),
            ] {
                assert_eq!(read(&json), ReportedLevel::Level(level), "{json}");
            }
        }
    }

    #[test]
    fn null_is_missing_and_anything_else_is_unreadable() {
        assert_eq!(read("null"), ReportedLevel::Missing);
        for json in [
            "4.5",
            "-4",
            "0",
            "6",
            "255",
            "1e300",
            "\"high\"",
            "\"\"",
            "\"NaN\"",
            "true",
            "[]",
            "[4]",
            "{}",
            "{\"level\":4}",
        ] {
            let level = read(json);
            assert!(matches!(level, ReportedLevel::Unreadable(_)), "{json}");
            assert_eq!(level.level(), None);
        }
        let ReportedLevel::Unreadable(text) = read(r#""hoch\n\u001b[2J""#) else {
            panic!("a word is no level");
        };
        assert_eq!(text, "hoch \u{fffd}[2J");
    }
}
