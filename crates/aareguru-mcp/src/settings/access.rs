//! What the settings mean for who may pass.

use std::net::IpAddr;

use anyhow::{Context, bail};
use rmcp_transport::RebindingProtection;

use super::Settings;

impl Settings {
    /// Which `Host` and `Origin` headers are accepted: this machine's own
    /// names, those from the settings, and these origins.
    ///
    /// # Errors
    ///
    /// A host or origin that is none, or an address that others reach without
    /// a host by which they may.
    pub fn rebinding_protection(&self, origins: &[String]) -> anyhow::Result<RebindingProtection> {
        let own = ["localhost:*", "127.0.0.1:*", "[::1]:*"];
        let hosts = own.into_iter().chain(filled(&self.allowed_hosts));
        let protection = RebindingProtection::new(hosts, origins)?;
        if self.listens_to_others() && protection.allows_only_loopback() {
            bail!(
                "HTTP_HOST is {}, but no client from elsewhere would be let in: name the hosts \
                 by which they reach this server in ALLOWED_HOSTS, such as \
                 ALLOWED_HOSTS=aare.example.org",
                self.http_host
            );
        }
        Ok(protection)
    }

    /// The origins whose pages may use this server. Any may (`*`) only if a
    /// page needs a key for it.
    ///
    /// # Errors
    ///
    /// An origin that is none.
    pub fn origins(&self, needs_key: bool) -> anyhow::Result<Vec<String>> {
        let own = ["localhost:*", "127.0.0.1:*", "[::1]:*"];
        let own = own.map(|host| [format!("http://{host}"), format!("https://{host}")]);
        let cors: Vec<_> = self.cors_origins().collect();
        RebindingProtection::new(["*"], &cors).context("CORS_ORIGINS")?;
        let cors = cors
            .into_iter()
            .filter(|origin| *origin != "*" || needs_key);
        let given = filled(&self.allowed_origins).chain(cors);
        Ok(own
            .into_iter()
            .flatten()
            .chain(given.map(str::to_owned))
            .collect())
    }

    /// The origins whose pages may read answers.
    pub fn cors_origins(&self) -> impl Iterator<Item = &str> {
        filled(&self.cors_origins)
    }

    /// Whether other machines can reach this server.
    pub fn listens_to_others(&self) -> bool {
        if self.http_socket.is_some() {
            return false;
        }
        match self.http_host.trim_matches(['[', ']']).parse() {
            Ok(address) => !IpAddr::is_loopback(&address),
            Err(_) => self.http_host != "localhost",
        }
    }
}

/// The parts of a list without the empty ones.
fn filled(list: &[String]) -> impl Iterator<Item = &str> {
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
    fn an_address_that_others_reach_needs_a_host_by_which_they_may() {
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
    fn a_host_that_is_none_is_named() {
        let error = protection(&["--allowed-hosts", "https://a.example"]).unwrap_err();
        assert!(error.to_string().contains("https://a.example"), "{error}");
    }

    #[test]
    fn an_origin_that_is_none_is_named_with_its_setting() {
        let error = protection(&["--cors-origins", "app.example"]).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.starts_with("CORS_ORIGINS: \"app.example\""), "{text}");
    }

    #[test]
    fn any_origin_is_accepted_only_with_a_key() {
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
    fn keys_are_not_shown_by_debugging() {
        let settings = settings(&["--api-keys", "alice:secret,bob:secret"]);
        assert!(!format!("{settings:?}").contains("secret"));
    }

    #[test]
    fn whether_a_key_is_required_may_be_said_in_many_ways() {
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
