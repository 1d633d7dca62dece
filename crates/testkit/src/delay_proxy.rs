//! A TCP proxy that simulates the latency of a network.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// Forwards connections to a server, each chunk after a delay, in both directions.
///
/// It ends with the runtime of the test.
#[derive(Debug)]
pub struct DelayProxy {
    address: SocketAddr,
    delay_ms: Arc<AtomicU64>,
}

impl DelayProxy {
    /// Starts a proxy to this server.
    pub async fn start(server: SocketAddr, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let proxy = Self {
            address,
            delay_ms: Arc::default(),
        };
        proxy.set_delay(delay);
        let delay_ms = proxy.delay_ms.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(server).await.unwrap();
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(forward(from_client, to_server, delay_ms.clone()));
                tokio::spawn(forward(from_server, to_client, delay_ms.clone()));
            }
        });
        proxy
    }

    /// Returns the address that the proxy listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets the delay of each direction for the chunks that arrive from now on.
    pub fn set_delay(&self, delay: Duration) {
        let milliseconds = delay.as_millis() as u64;
        self.delay_ms.store(milliseconds, Ordering::Relaxed);
    }
}

/// Reads without a delay, so that chunks in quick succession are not delayed by each other.
async fn forward(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin + Send + 'static,
    delay_ms: Arc<AtomicU64>,
) {
    let (sender, mut chunks) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        while let Some((due, chunk)) = chunks.recv().await {
            sleep_until(due).await;
            if to.write_all(&chunk).await.is_err() {
                return;
            }
        }
    });
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let delay = Duration::from_millis(delay_ms.load(Ordering::Relaxed));
        let chunk = (Instant::now() + delay, buffer[..length].to_vec());
        if sender.send(chunk).is_err() {
            return;
        }
    }
}
