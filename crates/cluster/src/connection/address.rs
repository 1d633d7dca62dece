//! Parses `REDIS_URL` and connects to the server that it names.
//!
//! In addition to the URLs of the `redis` crate, it supports Sentinel. Errors never contain the URL,
//! which may contain a password.

mod sentinel;

use std::{fmt, time::Duration};

use anyhow::{bail, ensure};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo,
    ProtocolVersion, RedisResult, TlsCertificates, aio::MultiplexedConnection,
    sentinel::SentinelClient,
};
use tokio::{sync::Mutex, time::timeout};

pub(super) struct Address {
    server: RedisServer,
    database: i64,
    is_tls: bool,
    /// The displayed form, without user and password.
    shown: String,
}

enum RedisServer {
    Single(Box<Client>),
    /// The current master, which the Sentinels name.
    Master(Box<Mutex<SentinelClient>>),
}

impl Address {
    /// Parses `url`. `certificates` are for TLS.
    pub(super) fn parse(url: &str, certificates: Option<&TlsCertificates>) -> anyhow::Result<Self> {
        let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
        ensure!(
            !scheme.contains("cluster"),
            "Redis Cluster is not supported: use the URL of a single server, or of a master with \
             Sentinels, redis+sentinel://HOST:26379,HOST:26379/SERVICE"
        );
        let address = match url.split_once("+sentinel://") {
            Some((scheme, rest)) => Self::from_sentinel_url(scheme, rest, certificates)?,
            None => Self::single(info(url)?, certificates)?,
        };
        ensure!(
            address.is_tls || certificates.is_none(),
            "certificates are set, but the URL does not use TLS: it must begin with rediss"
        );
        Ok(address)
    }

    fn single(
        info: ConnectionInfo,
        certificates: Option<&TlsCertificates>,
    ) -> anyhow::Result<Self> {
        let is_tls = is_tls(info.addr());
        let (database, shown) = (info.redis_settings().db(), shown(info.addr()));
        let client = match certificates.filter(|_| is_tls) {
            Some(certificates) => Client::build_with_tls(info, certificates.clone()),
            None => Client::open(info),
        };
        Ok(Self {
            server: RedisServer::Single(Box::new(client.map_err(|error| invalid(&error))?)),
            database,
            is_tls,
            shown: format!("{shown}, database {database}"),
        })
    }

    /// Connects. `step_timeout` limits the discovery of the master and the connection separately.
    pub(super) async fn open(
        &self,
        config: &AsyncConnectionConfig,
        step_timeout: Duration,
    ) -> RedisResult<MultiplexedConnection> {
        let config = config.clone().set_connection_timeout(Some(step_timeout));
        let client = match &self.server {
            RedisServer::Single(client) => Client::clone(client),
            RedisServer::Master(sentinels) => {
                let discovery = async { sentinels.lock().await.async_get_client().await };
                timeout(step_timeout, discovery).await.map_err(|_| {
                    let text = "no Sentinel named a master in time";
                    redis::RedisError::from((ErrorKind::Io, text))
                })??
            }
        };
        client
            .get_multiplexed_async_connection_with_config(&config)
            .await
    }

    pub(super) fn database(&self) -> i64 {
        self.database
    }

    pub(super) fn is_tls(&self) -> bool {
        self.is_tls
    }
}

fn info(url: &str) -> anyhow::Result<ConnectionInfo> {
    let info = url.into_connection_info();
    let info = match info {
        Ok(info) => info,
        Err(error) => bail!(
            "{}; expected a URL such as redis://HOST:6379, \
             redis://USER:PASSWORD@HOST:6379/DATABASE, rediss:// for TLS, unix:///PATH, or \
             redis+sentinel://HOST:26379,HOST:26379/SERVICE",
            // The detail of the error may contain a part of the URL.
            error.category()
        ),
    };
    let login = info.redis_settings().clone();
    let login = login
        .set_protocol(ProtocolVersion::RESP3)
        .set_lib_name(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    Ok(info.set_redis_settings(login))
}

/// Omits the detail of an error, which may contain a part of the URL.
fn invalid(error: &redis::RedisError) -> anyhow::Error {
    anyhow::anyhow!("{}", error.category())
}

fn shown(address: &ConnectionAddr) -> String {
    if is_tls(address) {
        format!("{address} (TLS)")
    } else {
        address.to_string()
    }
}

fn is_tls(address: &ConnectionAddr) -> bool {
    matches!(address, ConnectionAddr::TcpTls { .. })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        match Address::parse(url, None) {
            Ok(address) => address.to_string(),
            Err(error) => panic!("{error:#}"),
        }
    }

    #[test]
    fn address_does_not_show_user_and_password() {
        for (url, expected) in [
            ("redis://127.0.0.1", "127.0.0.1:6379, database 0"),
            (
                "redis://user:hunter2@redis.example:7000/3",
                "redis.example:7000, database 3",
            ),
            (
                "rediss://:hunter2@redis.example",
                "redis.example:6379 (TLS), database 0",
            ),
            (
                "unix:///run/redis.sock?db=2&pass=hunter2",
                "/run/redis.sock, database 2",
            ),
            ("valkey://[::1]:1", "::1:1, database 0"),
        ] {
            assert_eq!(shown(url), expected);
        }
    }

    #[test]
    fn sentinel_url_contains_hosts_and_a_service() {
        let url = "redis+sentinel://u:hunter2@one:1,two,[::1]/aare/4";
        assert_eq!(
            shown(url),
            "aare, database 4, through the Sentinels one:1, two:26379, ::1:26379"
        );
        assert!(Address::parse("redis+sentinel://one:1", None).is_err());
    }

    #[test]
    fn invalid_url_error_does_not_contain_the_url() {
        for url in [
            "hunter2",
            "http://u:hunter2@redis.example",
            "redis://u:hunter2@redis.example/hunter2",
            "redis://u:hunter2@redis.example?protocol=hunter2",
            "redis+sentinel://u:hunter2@one:hunter2/aare",
            "redis://u:hunter2@0.0.0.0",
            "redis-cluster://u:hunter2@one:1",
            "rediss+cluster://u:hunter2@one:1,two:2",
        ] {
            let Err(error) = Address::parse(url, None) else {
                panic!("{url} is accepted")
            };
            assert!(!format!("{error:#}").contains("hunter2"), "{error:#}");
        }
    }
}
