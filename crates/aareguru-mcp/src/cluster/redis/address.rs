//! Where Redis is: `REDIS_URL`, and how to connect there.
//!
//! Besides the forms of the `redis` crate there is one for Sentinel. Errors never repeat the URL,
//! which may hold a password.

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
    server: Server,
    database: i64,
    is_tls: bool,
    /// What may be shown.
    shown: String,
}

enum Server {
    One(Box<Client>),
    /// Whichever is the master now, as the Sentinels say.
    Master(Box<Mutex<SentinelClient>>),
}

impl Address {
    /// Where `url` says; `certificates` are for TLS.
    pub(super) fn parse(url: &str, certificates: Option<&TlsCertificates>) -> anyhow::Result<Self> {
        let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
        ensure!(
            !scheme.contains("cluster"),
            "Redis Cluster, which spreads its keys over several servers, is not supported: \
             name one server, or a master by its Sentinels with \
             redis+sentinel://HOST:26379,HOST:26379/SERVICE"
        );
        let address = match url.split_once("+sentinel://") {
            Some((scheme, rest)) => Self::by_sentinels(scheme, rest, certificates)?,
            None => Self::of_one(info(url)?, certificates)?,
        };
        ensure!(
            address.is_tls || certificates.is_none(),
            "there are certificates for TLS, and this URL is without: let it begin with rediss"
        );
        Ok(address)
    }

    fn of_one(
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
            server: Server::One(Box::new(client.map_err(|error| unusable(&error))?)),
            database,
            is_tls,
            shown: format!("{shown}, database {database}"),
        })
    }

    /// Connects, within `longest` for each step.
    pub(super) async fn open(
        &self,
        config: &AsyncConnectionConfig,
        longest: Duration,
    ) -> RedisResult<MultiplexedConnection> {
        let config = config.clone().set_connection_timeout(Some(longest));
        let client = match &self.server {
            Server::One(client) => Client::clone(client),
            Server::Master(sentinels) => {
                let asked = async { sentinels.lock().await.async_get_client().await };
                timeout(longest, asked).await.map_err(|_| {
                    let text = "no Sentinel names a master in time";
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
            "{}; it looks like redis://HOST:6379, redis://USER:PASSWORD@HOST:6379/DATABASE, \
             rediss:// for TLS, unix:///PATH, or redis+sentinel://HOST:26379,HOST:26379/SERVICE",
            // Its detail could be a part of the URL.
            error.category()
        ),
    };
    let login = info.redis_settings().clone();
    let login = login
        .set_protocol(ProtocolVersion::RESP3)
        .set_lib_name(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    Ok(info.set_redis_settings(login))
}

fn unusable(error: &redis::RedisError) -> anyhow::Error {
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
    fn user_and_password_are_not_shown() {
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
    fn sentinels_are_asked_for_a_service() {
        let url = "redis+sentinel://u:hunter2@one:1,two,[::1]/aare/4";
        assert_eq!(
            shown(url),
            "aare, database 4, by the Sentinels one:1, two:26379, ::1:26379"
        );
        assert!(Address::parse("redis+sentinel://one:1", None).is_err());
    }

    #[test]
    fn a_url_that_is_none_is_not_repeated() {
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
                panic!("{url} is taken")
            };
            assert!(!format!("{error:#}").contains("hunter2"), "{error:#}");
        }
    }
}
