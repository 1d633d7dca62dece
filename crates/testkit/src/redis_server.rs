//! A real redis-server for one test, on a free port.
//!
//! Without redis-server the tests that need it print a message and are skipped; with `CI=true` a
//! skip is a failure. `.ci/packages` installs it.

use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
};

use redis::{Client, aio::MultiplexedConnection};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
    time::timeout,
};

use crate::{DEADLINE, signal, skip};

/// A redis-server without persistence that is stopped when dropped.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    folder: PathBuf,
    arguments: Vec<String>,
    /// The log line that shows that it is ready.
    ready: &'static str,
    process: Option<Child>,
}

impl RedisServer {
    /// `None` if redis-server is not installed.
    pub async fn start() -> Option<Self> {
        Self::start_with(&[]).await
    }

    /// Starts it with further arguments, in which `{port}` is replaced by its port.
    pub async fn start_with(arguments: &[&str]) -> Option<Self> {
        let mut server = Self::on_a_free_port().await;
        server.arguments = ["--save", "", "--appendonly", "no"]
            .iter()
            .chain(arguments)
            .map(|argument| argument.replace("{port}", &server.port.to_string()))
            .collect();
        server.launch().await.then_some(server)
    }

    /// Starts a Sentinel that monitors a master under the name `aare`.
    pub async fn sentinel(master: u16) -> Option<Self> {
        let mut server = Self::on_a_free_port().await;
        // Sentinel rewrites its configuration file.
        let settings = server.folder.join("sentinel.conf");
        let text = format!(
            "sentinel monitor aare 127.0.0.1 {master} 1\n\
             sentinel down-after-milliseconds aare 500\n\
             sentinel failover-timeout aare 1000\n"
        );
        fs::write(&settings, text).unwrap();
        server.arguments = vec!["--sentinel".to_owned()];
        server.arguments.insert(0, settings.display().to_string());
        server.ready = "+monitor master aare";
        server.launch().await.then_some(server)
    }

    async fn on_a_free_port() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!(
            "aareguru-mcp-redis-{}-{number}",
            std::process::id()
        ));
        fs::create_dir_all(&folder).unwrap();
        // Free at this moment; redis-server cannot report a port that it has chosen itself, and
        // needs the same port after a restart.
        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap().port()
        };
        Self {
            port,
            folder,
            arguments: Vec::new(),
            ready: "Ready to accept connections",
            process: None,
        }
    }

    async fn launch(&mut self) -> bool {
        let started = Command::new("redis-server")
            // The configuration file must be the first argument.
            .args(self.arguments.iter().take_while(|a| !a.starts_with("--")))
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--daemonize", "no", "--dir"])
            .arg(&self.folder)
            .args(self.arguments.iter().skip_while(|a| !a.starts_with("--")))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut process = match started {
            Ok(process) => process,
            Err(error) => {
                skip(&format!("redis-server: {error}"));
                return false;
            }
        };
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut said = String::new();
        while !said.contains(self.ready) {
            let line = timeout(DEADLINE, lines.next_line()).await.unwrap().unwrap();
            said += &line.unwrap_or_else(|| panic!("redis-server ended: {said}"));
        }
        // Keep reading: a full pipe would block redis-server.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.process = Some(process);
        true
    }

    /// Returns its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Returns its URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Opens a connection for the test.
    pub async fn connection(&self) -> MultiplexedConnection {
        let client = Client::open(self.url()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// Returns all keys with their time to live in seconds; -1 means no expiry.
    pub async fn keys(&self) -> Vec<(String, i64)> {
        let mut connection = self.connection().await;
        let keys: Vec<String> = redis::cmd("KEYS")
            .arg("*")
            .query_async(&mut connection)
            .await
            .unwrap();
        let mut with_ttl = Vec::new();
        for key in keys {
            let mut ask = redis::cmd("TTL");
            let ttl = ask.arg(&key).query_async(&mut connection).await.unwrap();
            // Expired in between.
            if ttl != -2 {
                with_ttl.push((key, ttl));
            }
        }
        with_ttl.sort();
        with_ttl
    }

    /// Stops the process: connections stay open, but nothing is answered.
    pub async fn pause(&self) {
        signal(self.process.as_ref().unwrap(), "STOP").await;
    }

    /// Continues the process after [`pause`](Self::pause).
    pub async fn resume(&self) {
        signal(self.process.as_ref().unwrap(), "CONT").await;
    }

    /// Kills it, as a crash would.
    pub async fn stop(&mut self) {
        self.process.take().unwrap().kill().await.unwrap();
    }

    /// Starts it again on the same port, after [`stop`](Self::stop).
    pub async fn start_again(&mut self) {
        assert!(self.process.is_none());
        assert!(self.launch().await);
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
