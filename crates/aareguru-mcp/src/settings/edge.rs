//! Derives the configuration of the crate `edge` from the settings.

use std::net::IpAddr;

use edge::ApiKeyConfig;

use super::Settings;

impl Settings {
    /// Returns the configuration of the checks that precede every route.
    pub fn edge(&self) -> edge::Config {
        let is_public = self.is_reachable_from_other_machines();
        edge::Config {
            public_host: is_public.then(|| self.http_host.clone()),
            allowed_hosts: non_empty(&self.allowed_hosts),
            allowed_origins: non_empty(&self.allowed_origins),
            cors_origins: non_empty(&self.cors_origins),
            trusted_proxies: self.trusted_proxies.clone(),
            client_ip_header: self.client_ip_header.clone(),
            api_keys: ApiKeyConfig {
                entries: self.api_keys.clone(),
                file: self.api_keys_file.clone(),
                required: self.api_key_required,
                in_query: self.api_key_in_query,
            },
            rate_limit_per_minute: self.rate_limit_per_minute,
            rate_limit_networks: self.rate_limit_networks.clone(),
            rate_limit_max_clients: self.rate_limit_max_clients,
        }
    }

    /// Returns whether other machines can reach this server.
    fn is_reachable_from_other_machines(&self) -> bool {
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
fn non_empty(list: &[String]) -> Vec<String> {
    let parts = list.iter().map(|part| part.trim());
    let parts = parts.filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use edge::Guard;

    use super::super::tests::settings;

    /// Builds the checks from the settings.
    fn guard(arguments: &[&str]) -> anyhow::Result<Guard> {
        Guard::new(&settings(arguments).edge())
    }

    #[test]
    fn public_address_without_allowed_hosts_is_an_error() {
        for host in ["0.0.0.0", "::", "192.0.2.1", "example.org"] {
            let error = guard(&["--http-host", host]).unwrap_err();
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
            guard(&hosts).unwrap();
        }
        for host in ["127.0.0.1", "127.0.0.2", "::1", "[::1]", "localhost"] {
            guard(&["--http-host", host]).unwrap();
        }
    }

    #[test]
    fn invalid_host_error_contains_the_host() {
        let error = guard(&["--allowed-hosts", "https://a.example"]).unwrap_err();
        assert!(error.to_string().contains("https://a.example"), "{error}");
    }

    #[test]
    fn invalid_origin_error_contains_the_origin_and_its_setting() {
        let error = guard(&["--cors-origins", "app.example"]).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.starts_with("CORS_ORIGINS: \"app.example\""), "{text}");
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
