//! A store that fails: sessions continue without it, and are stored once it has recovered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use rmcp_transport::{
    Commit, SessionStore, Snapshot, SseServerConfig, StoreError, StoreFuture, TakeoverRequest,
};

use testkit::{SseSession, get, post_json, send, tool_call, with_header};

use crate::{
    memory_store::MemoryStore,
    server::TestServer,
    takeover::{text, with_store},
};

/// A store that can fail and lose its data.
#[derive(Default)]
struct FlakyStore {
    memory: tokio::sync::RwLock<MemoryStore>,
    is_down: AtomicBool,
    /// Whether it hangs instead of returning an error.
    is_silent: AtomicBool,
    generation: AtomicU64,
    /// Number of calls during the failure.
    failed_calls: AtomicU64,
}

impl FlakyStore {
    fn fail(&self, silently: bool) {
        self.is_silent.store(silently, Ordering::Relaxed);
        self.is_down.store(true, Ordering::Relaxed);
    }

    async fn recover_empty(&self) {
        *self.memory.write().await = MemoryStore::default();
        self.generation.fetch_add(1, Ordering::Relaxed);
        self.is_down.store(false, Ordering::Relaxed);
    }

    async fn sessions(&self) -> usize {
        self.memory.read().await.len()
    }

    async fn check_available(&self) -> Result<(), StoreError> {
        if !self.is_down.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.failed_calls.fetch_add(1, Ordering::Relaxed);
        if self.is_silent.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        Err(StoreError::Unavailable)
    }
}

impl SessionStore for FlakyStore {
    fn commit(&self, commit: Commit) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            self.check_available().await?;
            self.memory.read().await.commit(commit).await
        })
    }

    fn take<'a>(&'a self, wanted: TakeoverRequest<'a>) -> StoreFuture<'a, Option<Snapshot>> {
        Box::pin(async move {
            self.check_available().await?;
            self.memory.read().await.take(wanted).await
        })
    }

    fn generation(&self) -> Option<u64> {
        let is_down = self.is_down.load(Ordering::Relaxed);
        (!is_down).then(|| self.generation.load(Ordering::Relaxed))
    }
}

async fn wait_until_stored(store: &FlakyStore) {
    while store.sessions().await == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn session_survives_a_store_outage_and_can_be_taken_over_after() {
    for silently in [false, true] {
        let store = Arc::new(FlakyStore::default());
        let config = SseServerConfig::default()
            .with_store(Some(store.clone()))
            .with_store_timeout(Duration::from_millis(50));
        let first = TestServer::with(config).await;
        let second = with_store(&store).await;
        let mut session = SseSession::initialized(first.address).await;
        store.fail(silently);
        for id in 1..4 {
            let answer = session.call_tool(id, "echo", r#"{"text":"alone"}"#).await;
            assert_eq!(text(&answer), "alone");
        }
        session.send(&tool_call(7, "gate", "{}")).await;

        store.recover_empty().await;
        wait_until_stored(&store).await;
        let last = session.last_event_id.clone().unwrap();
        let mut moved = SseSession::resume(second.address, &last).await;
        assert_eq!(moved.target, session.target);
        second.gate.add_permits(1);
        assert_eq!(moved.message().await["id"], 7);
        let known = moved.call_tool(8, "known", "{}").await;
        assert_eq!(text(&known), "raw 2025-11-25 None");
    }
}

#[tokio::test]
async fn session_is_stored_again_after_the_store_loses_its_data() {
    let store = Arc::new(FlakyStore::default());
    let first = with_store(&store).await;
    let mut session = SseSession::initialized(first.address).await;
    // The store does not report the loss.
    *store.memory.write().await = MemoryStore::default();
    session.call_tool(1, "echo", "{}").await;
    assert_eq!(store.sessions().await, 1);
    let second = with_store(&store).await;
    let last = session.last_event_id.clone().unwrap();
    let moved = SseSession::resume(second.address, &last).await;
    assert_eq!(moved.target, session.target);
}

#[tokio::test]
async fn session_opened_during_a_store_outage_is_stored_later() {
    let store = Arc::new(FlakyStore::default());
    store.fail(false);
    let server = with_store(&store).await;
    let mut session = SseSession::initialized(server.address).await;
    assert_eq!(session.call_tool(1, "echo", "{}").await["id"], 1);
    store.recover_empty().await;
    wait_until_stored(&store).await;
}

#[tokio::test]
async fn unknown_session_during_a_store_outage_returns_503() {
    let store = Arc::new(FlakyStore::default());
    store.fail(false);
    let server = with_store(&store).await;
    let last = "Last-Event-ID: 3db2eaa67e9849b6bf973c6bb5c88bc5.4";
    let answer = send(server.address, with_header(&get("/sse"), last)).await;
    assert_eq!(answer.status, 503);
    assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
}

#[tokio::test]
async fn brief_store_outage_delays_the_response() {
    let store = Arc::new(FlakyStore::default());
    let config = SseServerConfig::default()
        .with_store(Some(store.clone()))
        .with_store_timeout(Duration::from_secs(60));
    let first = TestServer::with(config).await;
    let second = with_store(&store).await;
    let mut session = SseSession::initialized(first.address).await;
    let last = session.last_event_id.clone().unwrap();
    store.fail(false);
    let posts = [
        tool_call(7, "gate", "{}"),
        tool_call(8, "echo", r#"{"text":"late"}"#),
    ];
    let posts = posts.map(|call| {
        let request = post_json(&session.target, &call);
        tokio::spawn(send(first.address, request))
    });
    while store.failed_calls.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    assert!(posts.iter().all(|post| !post.is_finished()));
    store.recover_empty().await;
    for post in posts {
        assert_eq!(post.await.unwrap().status, 202);
    }
    assert_eq!(text(&session.message().await), "late");
    // Accepted messages are in the store.
    let mut moved = SseSession::resume(second.address, &last).await;
    assert_eq!(moved.target, session.target);
    assert_eq!(text(&moved.message().await), "late");
    second.gate.add_permits(1);
    assert_eq!(moved.message().await["id"], 7);
}
