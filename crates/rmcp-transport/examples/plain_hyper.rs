//! Serves the transport with hyper, without a framework.
//!
//! ```text
//! cargo run --example plain_hyper
//! curl -N http://127.0.0.1:8000/sse
//! ```

use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use rmcp::{ServerHandler, model::ServerConfig};
use rmcp_transport::{SseServerConfig, SseService};

struct River;

impl ServerHandler for River {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::default()
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let service = SseService::new(|| Ok(River), SseServerConfig::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(10))
                .serve_connection(TokioIo::new(stream), service),
        );
    }
}
