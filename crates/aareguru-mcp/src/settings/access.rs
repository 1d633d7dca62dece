//! Derives the allowed hosts and origins from the settings.

use std::net::IpAddr;

use anyhow::{Context, bail};
use rmcp_transport::RebindingProtection;

use super::Settings;

impl Settings {
    /// Builds the check of `Host` and `Origin`: it accepts the names of this machine, those from
    /// the settings, and `origins`.
    ///
    /// # Errors
    ///
    /// A host or origin is invalid, or `HTTP_HOST` is reachable from other machines and
    /// `ALLOWED_HOSTS` is empty.
    pub fn rebinding_protection(&self, origins: &[String]) -> anyhow::Result<RebindingProtection> {
        let own = ["localhost:*", "127.0.0.1:*", "[::1]:*"];
        let hosts = own.into_iter().chain(non_empty(&self.allowed_hosts));
        let protection = RebindingProtection::new(hosts, origins)?;
        if self.is_reachable_from_other_machines() && protection.allows_only_loopback() {
            bail!(
                "HTTP_HOST is {}, but ALLOWED_HOSTS is empty, so every request from another \
                 machine would be refused: list the host names that clients use, such as \
                 ALLOWED_HOSTS=aare.example.org",
                self.http_host
            );
        }
        Ok(protection)
    }

    /// Returns the origins whose pages may use this server. `*` is included only with `needs_key`.
    ///
    /// # Errors
    ///
    /// An origin is invalid.
    pub fn origins(&self, needs_key: bool) -> anyhow::Result<Vec<String>> {
        let own = ["localhost:*", "127.0.0.1:*", "[::1]:*"];
        let own = own.map(|host| [format!("http://{host}"), format!("https://{host}")]);
        let cors: Vec<_> = self.cors_origins().collect();
        RebindingProtection::new(["*"], &cors).context("CORS_ORIGINS")?;
        let cors = cors
            .into_iter()
            .filter(|origin| *origin != "*" || needs_key);
        let given = non_empty(&self.allowed_origins).chain(cors);
        Ok(own
            .into_iter()
            .flatten()
            .chain(given.map(str::to_owned))
            .collect())
    }

    /// Returns the origins whose pages may read responses.
    pub fn cors_origins(&self) -> impl Iterator<Item = &str> {
        non_empty(&self.cors_origins)
    }

    /// Returns whether other machines can reach this server.
    pub fn is_reachable_from_other_machines(&self) -> bool {
        if self.http_socket.is_some() {
            return false;
        }
        match self.http_host.trim_matches(['[', ']']).parse() {
            Ok(address) => !IpAddr::is_loopback(&address),
            Err(_) => self.http_host != "localhost",
        }
    }
}

/// Trims the elements of a list, and drops empty ones.
fn non_empty(list: &[String]) -> impl Iterator<Item = &str> {
    let parts = list.iter().map(|part| part.trim());
    parts.filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    fn protection(arguments: &[&str]) -> anyhow::Result<RebindingProtection> {
        let settings = settings(arguments);
        settings.rebinding_protection(&settings.origins(false)?)
    }

    #[test]
    fn public_address_without_allowed_hosts_is_an_error() {
        for host in ["0.0.0.0", "::", "192.0.2.1", "example.org"] {
            let error = protection(&["--http-host", host]).unwrap_err();
            assert!(
                error.to_string().contains("ALLOWED_HOSTS=aare.example.org"),
                "{error}"
            );
            let hosts = [
                "--http-host",
                host,
                "--allowed-hosts",
                "a.example,b.example:*",
            ];
            protection(&hosts).unwrap();
        }
        for host in ["127.0.0.1", "127.0.0.2", "::1", "[::1]", "localhost"] {
            protection(&["--http-host", host]).unwrap();
        }
    }

    #[test]
    fn invalid_host_error_contains_the_host() {
        let error = protection(&["--allowed-hosts", "https://a.example"]).unwrap_err();
        assert!(error.to_string().contains("https://a.example"), "{error}");
    }

    #[test]
    fn invalid_origin_error_contains_the_origin_and_its_setting() {
        let error = protection(&["--cors-origins", "app.example"]).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.starts_with("CORS_ORIGINS: \"app.example\""), "{text}");
    }

    #[test]
    fn wildcard_origin_is_accepted_only_with_a_key() {
        let settings = settings(&["--cors-origins", "https://a.example,*"]);
        let has = |needs_key, origin: &str| {
            let origins = settings.origins(needs_key).unwrap();
            origins.iter().any(|allowed| allowed == origin)
        };
        assert!(has(false, "https://a.example"));
        assert!(!has(false, "*"));
        assert!(has(true, "*"));
    }

    #[test]
    fn api_keys_are_not_in_debug_output() {
        let settings = settings(&["--api-keys", "alice:secret,bob:secret"]);
        assert!(!format!("{settings:?}").contains("secret"));
    }

    #[test]
    fn api_key_required_accepts_boolean_spellings() {
        for (arguments, required) in [
            (&[][..], None),
            (&["--api-key-required"], Some(true)),
            (&["--api-key-required=no"], Some(false)),
            (&["--api-key-required=True"], Some(true)),
        ] {
            assert_eq!(settings(arguments).api_key_required, required);
        }
    }
}
