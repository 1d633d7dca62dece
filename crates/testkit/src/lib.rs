//! What the integration tests of several crates use: the server process, clients at the level of
//! bytes, and the services around the server, such as the API, Redis and nginx.
//!
//! A failure panics, and so does a wait that exceeds [`DEADLINE`].

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]
#![warn(missing_docs)]

mod api_keys;
mod build_directory;
mod certificate_authority;
mod delay_proxy;
mod http_request;
mod http_response;
mod mock_upstream;
mod nginx;
mod raw_connection;
pub mod recordings;
mod redis_server;
mod report;
mod scrape;
mod server_cluster;
mod server_process;
mod sse_session;
pub mod streamable;
mod synthetic_river;
mod websocket_client;
mod well_behaved_client;

use std::time::Duration;

pub use api_keys::{ALICE, BOB, INITIALIZE, with_key};
pub use certificate_authority::CertificateAuthority;
pub use delay_proxy::DelayProxy;
pub use http_request::{get, post, post_json, with_header};
pub use http_response::{HttpResponse, exchange, send, try_send};
pub use mock_upstream::{MockResponse, MockUpstream};
pub use nginx::{Nginx, replaced};
pub use raw_connection::StreamCut;
pub use redis_server::RedisServer;
pub use report::{report, skip};
pub use scrape::{Scrape, ScrapedMetric, wait_for_counter};
pub use server_cluster::{ServerCluster, metric, try_resume, wait_until};
pub use server_process::{ServerProcess, program, signal};
pub use sse_session::{SseSession, tool_call};
pub use synthetic_river::SyntheticRiver;
pub use websocket_client::WebSocketClient;
pub use well_behaved_client::{WellBehavedClient, alongside_well_behaved_client};

/// Upper bound for every wait; a test that reaches it has failed.
pub const DEADLINE: Duration = Duration::from_secs(20);
