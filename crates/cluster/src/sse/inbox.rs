//! Receives messages from other instances through a stream in Redis.
//!
//! The reader remembers the last entry that it has read, so that it loses none when the connection
//! breaks.

use std::{sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, AsyncTypedCommands, RedisResult,
    aio::MultiplexedConnection,
    streams::{StreamId, StreamReadOptions, StreamReadReply},
};
use rmcp::ServerHandler;
use rmcp_transport::{Delivery, DeliveryId, Refusal, SessionId, SseService};
use tokio::time::sleep;

use super::backend::{RelayReply, SessionBackend};

/// The time for which one command waits for entries.
const BLOCK_TIMEOUT: Duration = Duration::from_secs(1);

/// The maximum number of entries per command.
const MAX_ENTRIES: usize = 100;

const RECONNECT_DELAY: Duration = Duration::from_millis(100);

/// Receives messages until the process exits.
pub(super) async fn run<S: ServerHandler>(backend: Arc<SessionBackend>, service: SseService<S>) {
    let inbox = backend.keys.inbox(backend.instance.as_str());
    let mut last = "0".to_owned();
    loop {
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(Some(BLOCK_TIMEOUT + backend.redis.timeout()));
        let Ok(mut connection) = backend.redis.open(config).await else {
            sleep(RECONNECT_DELAY).await;
            continue;
        };
        while let Ok(entries) = read_entries(&mut connection, &inbox, &last).await {
            let Some(newest) = entries.last() else {
                continue;
            };
            last.clone_from(&newest.id);
            let trimmed: RedisResult<()> = redis::cmd("XTRIM")
                .arg(&inbox)
                .arg("MINID")
                .arg(&last)
                .query_async(&mut connection)
                .await;
            drop(trimmed);
            for entry in &entries {
                handle(&backend, &service, entry);
            }
        }
        sleep(RECONNECT_DELAY).await;
    }
}

async fn read_entries(
    connection: &mut MultiplexedConnection,
    inbox: &str,
    last: &str,
) -> RedisResult<Vec<StreamId>> {
    let options = StreamReadOptions::default()
        .block(BLOCK_TIMEOUT.as_millis() as usize)
        .count(MAX_ENTRIES);
    let reply: Option<StreamReadReply> = connection
        .xread_options(&[inbox], &[last], &options)
        .await?;
    let streams = reply.into_iter().flat_map(|reply| reply.keys);
    Ok(streams.flat_map(|stream| stream.ids).collect())
}

fn handle<S: ServerHandler>(
    backend: &Arc<SessionBackend>,
    service: &SseService<S>,
    entry: &StreamId,
) {
    let field = |name: &str| entry.get::<String>(name);
    let session = || SessionId::parse(&field("session")?);
    let attempt = || field("attempt")?.parse().ok();
    if let Some(delivery) = field("relay").and_then(|id| DeliveryId::parse(&id)) {
        if let (Some(session), Some(attempt), Some(from)) = (session(), attempt(), field("from")) {
            tokio::spawn(deliver(
                backend.clone(),
                service.clone(),
                (delivery, attempt, session),
                from,
            ));
        }
    } else if let Some(delivery) = field("reply").and_then(|id| DeliveryId::parse(&id)) {
        if let (Some(receiver), Some(attempt), Some(result)) = (
            backend.pending_replies.lock().get(&delivery),
            attempt(),
            field("result"),
        ) {
            let result = decode_result(&result);
            let _ = receiver.send(RelayReply { attempt, result });
        }
    } else if let Some(id) = field("lost").and_then(|id| SessionId::parse(&id)) {
        let epoch = field("epoch").and_then(|epoch| epoch.parse().ok());
        backend.metrics.handed_over.increment(1);
        service.relinquish(id, epoch.unwrap_or(u64::MAX));
    }
}

/// Delivers a message that another instance has relayed, and replies with the result.
async fn deliver<S: ServerHandler>(
    backend: Arc<SessionBackend>,
    service: SseService<S>,
    (id, attempt, session): (DeliveryId, u32, SessionId),
    from: String,
) {
    let mut redis = backend.redis.clone();
    // The sender withdraws a message by deleting it, so it is either accepted or withdrawn.
    let message = redis.get_del(backend.keys.relay(id, attempt)).await;
    let Ok(Some(message)) = message else {
        return;
    };
    let delivery = Delivery::from_bytes(session, message.as_bytes());
    let result = match delivery {
        Some(delivery) => service.deliver(delivery).await,
        None => Err(Refusal::InvalidMessage),
    };
    let result = result.map_or_else(Refusal::label, |()| ACCEPTED);
    let inbox = backend.keys.inbox(&from);
    let replied: RedisResult<()> = redis::pipe()
        .cmd("XADD")
        .arg(&inbox)
        .arg(&["MAXLEN", "~", "10000", "*"])
        .arg(&["reply", &id.to_string(), "attempt", &attempt.to_string()])
        .arg(&["result", result])
        .ignore()
        .pexpire(&inbox, 60_000)
        .ignore()
        .query_async(&mut redis)
        .await;
    if let Err(error) = replied {
        tracing::debug!(%error, "cannot reply to a relayed message");
    }
}

/// The result of a message that was accepted.
const ACCEPTED: &str = "taken";

fn decode_result(label: &str) -> Result<(), Refusal> {
    if label == ACCEPTED {
        return Ok(());
    }
    let refusal = Refusal::all().find(|refusal| refusal.label() == label);
    Err(refusal.unwrap_or(Refusal::Unreachable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relay_result_round_trips() {
        assert_eq!(decode_result(ACCEPTED), Ok(()));
        for refusal in Refusal::all() {
            assert_eq!(decode_result(refusal.label()), Err(refusal));
        }
        assert_eq!(decode_result("unknown label"), Err(Refusal::Unreachable));
    }
}
