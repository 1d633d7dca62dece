//! The web pages: the river at a glance, each of its places, and a console for developers.
//!
//! The server renders them complete with all numbers. A small script draws the charts and reloads
//! the content when a measurement arrives. The pages load nothing from other servers.

mod client_setups;
mod console;
mod detail;
mod files;
mod fragments;
#[cfg(feature = "graphql")]
mod graphql_page;
mod language;
mod live;
mod login;
mod not_found;
mod overview;
mod overview_data;
mod pages;
mod request;
mod river;
mod series;
#[cfg(test)]
mod texts_tests;

#[cfg(feature = "graphql")]
pub use self::graphql_page::graphql_page;
pub use self::{
    client_setups::ClientSetup,
    console::console,
    files::files,
    live::live,
    not_found::not_found,
    pages::{Config, Pages},
    request::PageRequest,
    river::{place, river},
};
