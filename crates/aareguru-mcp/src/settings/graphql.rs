//! Derives the configuration of GraphQL from the settings.

use std::time::Duration;

use graphql::EditorPage;
use tokio_util::sync::CancellationToken;

use super::Settings;

impl Settings {
    /// Returns the configuration of GraphQL, whose streams and sockets end when `shutdown` is
    /// cancelled. Their limits are those of the other transports, counted separately.
    pub fn graphql(&self, shutdown: CancellationToken) -> graphql::Config {
        let base_path = self.base_path();
        graphql::Config {
            max_complexity: self.graphql_max_complexity,
            timeout: Duration::from_secs(self.graphql_timeout_seconds),
            allows_introspection: self.graphql_introspection,
            transport: self.sse().with_cancellation_token(shutdown),
            editor: EditorPage::new(move |request| web::graphql_page(&base_path, request)),
        }
    }
}
