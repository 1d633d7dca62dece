//! A real redis-server of a test's own, on a free port.
//!
//! Where redis-server is missing the tests that need it are skipped, and it is
//! said; with `CI=true` a skip is a failure. `.ci/packages` installs it.

use std::{
    fs,
    path::PathBuf,
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use redis::{Client, aio::MultiplexedConnection};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
    time::timeout,
};

use crate::binary::signal;

/// Far longer than anything here takes.
const DEADLINE: Duration = Duration::from_secs(20);

/// It keeps nothing on disk, and ends with the test.
pub(crate) struct RedisServer {
    port: u16,
    folder: PathBuf,
    arguments: Vec<String>,
    /// What it says when it can be asked.
    ready: &'static str,
    process: Option<Child>,
}

impl RedisServer {
    /// `None` if redis-server is not installed.
    pub(crate) async fn start() -> Option<Self> {
        Self::start_with(&[]).await
    }

    /// The same with further arguments, in which `{port}` is its port.
    pub(crate) async fn start_with(arguments: &[&str]) -> Option<Self> {
        let mut server = Self::on_a_free_port().await;
        server.arguments = ["--save", "", "--appendonly", "no"]
            .iter()
            .chain(arguments)
            .map(|argument| argument.replace("{port}", &server.port.to_string()))
            .collect();
        server.launch().await.then_some(server)
    }

    /// A Sentinel that watches over a master under the name `aare`.
    pub(crate) async fn sentinel(master: u16) -> Option<Self> {
        let mut server = Self::on_a_free_port().await;
        // It writes to its settings what it finds out.
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
        // Free for the moment; redis-server cannot tell which port it has
        // chosen, and has to have the same one when it is started again.
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
            // A file of settings comes before the rest.
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
                crate::deploy::skip(&format!("redis-server: {error}"));
                return false;
            }
        };
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut said = String::new();
        while !said.contains(self.ready) {
            let line = timeout(DEADLINE, lines.next_line()).await.unwrap().unwrap();
            said += &line.unwrap_or_else(|| panic!("redis-server ended: {said}"));
        }
        // Nobody reads on, and a full pipe would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.process = Some(process);
        true
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A connection of the test's own.
    pub(crate) async fn connection(&self) -> MultiplexedConnection {
        let client = Client::open(self.url()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// All keys with the seconds that they have left; -1 is for ever.
    pub(crate) async fn keys(&self) -> Vec<(String, i64)> {
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
            // Gone in between.
            if ttl != -2 {
                with_ttl.push((key, ttl));
            }
        }
        with_ttl.sort();
        with_ttl
    }

    /// It holds its connections and answers nothing.
    pub(crate) async fn pause(&self) {
        signal(self.process.as_ref().unwrap(), "STOP").await;
    }

    pub(crate) async fn resume(&self) {
        signal(self.process.as_ref().unwrap(), "CONT").await;
    }

    /// Ends it as a crash would.
    pub(crate) async fn stop(&mut self) {
        self.process.take().unwrap().kill().await.unwrap();
    }

    /// Starts it again on the same port, after [`stop`](Self::stop).
    pub(crate) async fn start_again(&mut self) {
        assert!(self.process.is_none());
        assert!(self.launch().await);
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
