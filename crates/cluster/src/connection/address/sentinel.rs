//! Discovers a master through Sentinels:
//! `redis+sentinel://[USER:PASSWORD@]HOST[:PORT],…/SERVICE[/DATABASE]`.
//!
//! Each connection repeats the discovery, so that a connection after a failover uses the new master.
//! User, password and database are for the master, not for the Sentinels.

use anyhow::{Context, ensure};
use redis::{
    ProtocolVersion, TlsCertificates, TlsMode,
    sentinel::{SentinelClientBuilder, SentinelServerType},
};
use tokio::sync::Mutex;

use super::{Address, RedisServer, info, invalid, is_tls};

/// The default port of a Sentinel.
const SENTINEL_PORT: u16 = 26379;

impl Address {
    /// Parses `rest`, the part of the URL after `redis+sentinel://`.
    pub(super) fn from_sentinel_url(
        scheme: &str,
        rest: &str,
        certificates: Option<&TlsCertificates>,
    ) -> anyhow::Result<Self> {
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (format!("{user}@"), hosts),
            None => (String::new(), authority),
        };
        let (service, database) = path.split_once('/').unwrap_or((path, ""));
        ensure!(
            !service.is_empty(),
            "the name of the service is missing: expected \
             redis+sentinel://HOST:26379,HOST:26379/SERVICE"
        );
        let mut addresses = Vec::new();
        let mut login = None;
        for host in hosts.split(',') {
            // A colon before a closing bracket is part of an IPv6 address.
            let has_port = host
                .rsplit_once(':')
                .is_some_and(|(_, port)| !port.contains(']'));
            let port = if has_port {
                String::new()
            } else {
                format!(":{SENTINEL_PORT}")
            };
            let info = info(&format!("{scheme}://{user}{host}{port}/{database}"))?;
            addresses.push(info.addr().clone());
            login = Some(info.redis_settings().clone());
        }
        let login = login.context("the URL has no host")?;
        let hosts: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        let master = SentinelServerType::Master;
        let is_tls = is_tls(&addresses[0]);
        let mut client = SentinelClientBuilder::new(addresses, service, master)
            .map_err(|error| invalid(&error))?
            .set_client_to_redis_protocol(ProtocolVersion::RESP3)
            .set_client_to_redis_db(login.db());
        if let Some(username) = login.username() {
            client = client.set_client_to_redis_username(username);
        }
        if let Some(password) = login.password() {
            client = client.set_client_to_redis_password(password);
        }
        if is_tls {
            client = client.set_client_to_redis_tls_mode(TlsMode::Secure);
            if let Some(certificates) = certificates {
                client = client
                    .set_client_to_redis_certificates(certificates.clone())
                    .set_client_to_sentinel_certificates(certificates.clone());
            }
        }
        Ok(Self {
            server: RedisServer::Master(Box::new(Mutex::new(
                client.build().map_err(|error| invalid(&error))?,
            ))),
            database: login.db(),
            is_tls,
            shown: format!(
                "{service}, database {}, through the Sentinels {}",
                login.db(),
                hosts.join(", ")
            ),
        })
    }
}
