//! What tools, resources and prompts answer, and what they answer when the API fails.

mod compare;
mod completion;
mod conditions;
mod danger;
pub(crate) mod forbidden_claims;
mod forecast;
mod golden;
mod history;
mod history_sources;
mod implausible;
pub(crate) mod in_process_server;
mod logging_notifications;
mod prompts;
mod questions;
mod resources;
mod response_cache;
mod subscriptions;
mod upstream_down;
mod upstream_failures;
