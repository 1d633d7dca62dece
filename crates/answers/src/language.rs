//! The languages of the pages and the apps.

/// A language of the pages and the apps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    German,
    French,
    Italian,
    English,
}

impl Language {
    /// All languages, in the order in which the pages list them.
    pub const ALL: [Self; 4] = [Self::German, Self::French, Self::Italian, Self::English];

    /// Returns the code used in HTML and in `?lang=`.
    pub fn code(self) -> &'static str {
        match self {
            Self::German => "de",
            Self::French => "fr",
            Self::Italian => "it",
            Self::English => "en",
        }
    }

    /// Returns the name of the language in the language itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::German => "Deutsch",
            Self::French => "Français",
            Self::Italian => "Italiano",
            Self::English => "English",
        }
    }

    /// Finds the language of a tag such as `de-CH`. Swiss German and Romansh map to German.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
        match primary.as_str() {
            "de" | "gsw" | "rm" => Some(Self::German),
            "fr" => Some(Self::French),
            "it" => Some(Self::Italian),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}
