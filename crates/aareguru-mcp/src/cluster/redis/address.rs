//! Where Redis is: `REDIS_URL`, and how to connect there.
//!
//! Besides the forms of the `redis` crate there is one for Sentinel,
//! `redis+sentinel://[USER:PASSWORD@]HOST[:PORT],…/SERVICE[/DATABASE]`. Errors
//! never repeat the URL, which may hold a password.

use std::{fmt, time::Duration};

use anyhow::{Context, bail, ensure};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo,
    ProtocolVersion, RedisResult,
    aio::MultiplexedConnection,
    sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType},
};
use tokio::{sync::Mutex, time::timeout};

/// The port of a Sentinel that the URL does not name.
const SENTINEL_PORT: u16 = 26379;

pub(super) struct Address {
    server: Server,
    database: i64,
    /// What may be shown.
    shown: String,
}

enum Server {
    One(Box<Client>),
    /// Whichever is the master now, as the Sentinels say.
    Master(Box<Mutex<SentinelClient>>),
}

impl Address {
    pub(super) fn parse(url: &str) -> anyhow::Result<Self> {
        if let Some((scheme, rest)) = url.split_once("+sentinel://") {
            return Self::sentinel(scheme, rest);
        }
        let info = info(url)?;
        let client = Client::open(info.clone()).map_err(|error| unusable(&error))?;
        let (database, shown) = (info.redis_settings().db(), shown(info.addr()));
        Ok(Self {
            server: Server::One(Box::new(client)),
            database,
            shown: format!("{shown}, database {database}"),
        })
    }

    fn sentinel(scheme: &str, rest: &str) -> anyhow::Result<Self> {
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (format!("{user}@"), hosts),
            None => (String::new(), authority),
        };
        let (service, database) = path.split_once('/').unwrap_or((path, ""));
        ensure!(
            !service.is_empty(),
            "the name of the service is missing after the Sentinels: \
             redis+sentinel://HOST:26379,HOST:26379/SERVICE"
        );
        let mut addresses = Vec::new();
        let mut login = None;
        for host in hosts.split(',') {
            // An IPv6 address stands in brackets.
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
        let login = login.context("there is no host in it")?;
        let hosts: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        let master = SentinelServerType::Master;
        let is_tls = matches!(addresses[0], ConnectionAddr::TcpTls { .. });
        let mut client = SentinelClientBuilder::new(addresses, service, master)
            .map_err(|error| unusable(&error))?
            .set_client_to_redis_protocol(ProtocolVersion::RESP3)
            .set_client_to_redis_db(login.db());
        if let Some(username) = login.username() {
            client = client.set_client_to_redis_username(username);
        }
        if let Some(password) = login.password() {
            client = client.set_client_to_redis_password(password);
        }
        if is_tls {
            client = client.set_client_to_redis_tls_mode(redis::TlsMode::Secure);
        }
        Ok(Self {
            server: Server::Master(Box::new(Mutex::new(
                client.build().map_err(|error| unusable(&error))?,
            ))),
            database: login.db(),
            shown: format!(
                "{service}, database {}, by the Sentinels {}",
                login.db(),
                hosts.join(", ")
            ),
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
    match address {
        ConnectionAddr::TcpTls { .. } => format!("{address} (TLS)"),
        _ => address.to_string(),
    }
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
        match Address::parse(url) {
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
        assert!(Address::parse("redis+sentinel://one:1").is_err());
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
        ] {
            let Err(error) = Address::parse(url) else {
                panic!("{url} is taken")
            };
            assert!(!format!("{error:#}").contains("hunter2"), "{error:#}");
        }
    }
}
