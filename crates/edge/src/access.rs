//! The access classes of routes.

/// Who may call a route, and what its requests count towards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone, without a key, a rate limit or a limit on connections: probes and scrapers.
    Open,
    /// A file of the pages. `GET` needs no key, but counts against the rate limit.
    Asset,
    /// A page. It needs a key if any are required; a browser without one gets the login page.
    Page,
    /// Needs a key if any are required.
    Keyed,
}
