//! The web pages.

mod browser;
mod page;
mod texts;
