//! The smallest server: one tool over HTTP+SSE.
//!
//! Run it with `cargo run --example hello`, then call the tool:
//!
//! ```text
//! npx @modelcontextprotocol/inspector --cli http://127.0.0.1:8000/sse --transport sse \
//!     --method tools/call --tool-name hello --tool-arg name=Aare
//! ```

use rmcp::{handler::server::wrapper::Parameters, schemars, tool, tool_router};
use rmcp_transport::{SseServerConfig, SseService};

struct Hello;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Greeting {
    /// Whom to greet.
    name: String,
}

#[tool_router(server_handler)]
impl Hello {
    #[tool(description = "Greets somebody by name")]
    fn hello(&self, Parameters(greeting): Parameters<Greeting>) -> String {
        format!("Hello, {}!", greeting.name)
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let service = SseService::new(|| Ok(Hello), SseServerConfig::default());
    let app = axum::Router::new().fallback_service(service);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    axum::serve(listener, app).await
}
