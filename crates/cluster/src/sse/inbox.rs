//! What other instances have to say to this one: a stream in Redis, read in order. Word that was
//! read is not lost with the connection, because the reader knows how far it has come.

use std::{sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, AsyncTypedCommands, RedisResult,
    aio::MultiplexedConnection,
    streams::{StreamId, StreamReadOptions, StreamReadReply},
};
use rmcp::ServerHandler;
use rmcp_transport::{Delivery, DeliveryId, Refusal, SessionId, SseService};
use tokio::time::sleep;

use super::{Reply, Shared};

/// How long one command waits for word.
const WAIT: Duration = Duration::from_secs(1);

/// How much is read at once.
const COUNT: usize = 100;

/// The pause before the next try to connect.
const PAUSE: Duration = Duration::from_millis(100);

/// Runs until the process ends.
pub(super) async fn read<S: ServerHandler>(shared: Arc<Shared>, service: SseService<S>) {
    let inbox = shared.keys.inbox(shared.instance.as_str());
    let mut last = "0".to_owned();
    loop {
        let config =
            AsyncConnectionConfig::new().set_response_timeout(Some(WAIT + shared.redis.timeout()));
        let Ok(mut connection) = shared.redis.open(config).await else {
            sleep(PAUSE).await;
            continue;
        };
        while let Ok(words) = next(&mut connection, &inbox, &last).await {
            let Some(newest) = words.last() else {
                continue;
            };
            last.clone_from(&newest.id);
            // What is read is not read again.
            let trimmed: RedisResult<()> = redis::cmd("XTRIM")
                .arg(&inbox)
                .arg("MINID")
                .arg(&last)
                .query_async(&mut connection)
                .await;
            drop(trimmed);
            for word in &words {
                hear(&shared, &service, word);
            }
        }
        sleep(PAUSE).await;
    }
}

async fn next(
    connection: &mut MultiplexedConnection,
    inbox: &str,
    last: &str,
) -> RedisResult<Vec<StreamId>> {
    let options = StreamReadOptions::default()
        .block(WAIT.as_millis() as usize)
        .count(COUNT);
    let reply: Option<StreamReadReply> = connection
        .xread_options(&[inbox], &[last], &options)
        .await?;
    let streams = reply.into_iter().flat_map(|reply| reply.keys);
    Ok(streams.flat_map(|stream| stream.ids).collect())
}

fn hear<S: ServerHandler>(shared: &Arc<Shared>, service: &SseService<S>, word: &StreamId) {
    let field = |name: &str| word.get::<String>(name);
    let session = || SessionId::parse(&field("session")?);
    let attempt = || field("attempt")?.parse().ok();
    if let Some(delivery) = field("relay").and_then(|id| DeliveryId::parse(&id)) {
        if let (Some(session), Some(attempt), Some(from)) = (session(), attempt(), field("from")) {
            tokio::spawn(deliver(
                shared.clone(),
                service.clone(),
                (delivery, attempt, session),
                from,
            ));
        }
    } else if let Some(delivery) = field("reply").and_then(|id| DeliveryId::parse(&id)) {
        if let (Some(waiting), Some(attempt), Some(result)) = (
            shared.waiting.lock().get(&delivery),
            attempt(),
            field("result"),
        ) {
            let result = read_result(&result);
            let _ = waiting.send(Reply { attempt, result });
        }
    } else if let Some(id) = field("lost").and_then(|id| SessionId::parse(&id)) {
        let epoch = field("epoch").and_then(|epoch| epoch.parse().ok());
        shared.metrics.handed_over.increment(1);
        service.relinquish(id, epoch.unwrap_or(u64::MAX));
    }
}

/// Takes a message that another instance has sent, and says what became of it.
async fn deliver<S: ServerHandler>(
    shared: Arc<Shared>,
    service: SseService<S>,
    (id, attempt, session): (DeliveryId, u32, SessionId),
    from: String,
) {
    let mut redis = shared.redis.clone();
    // Whoever takes it away has it: the sender may want it back.
    let message = redis.get_del(shared.keys.relay(id, attempt)).await;
    let Ok(Some(message)) = message else {
        return;
    };
    let delivery = Delivery::from_bytes(session, message.as_bytes());
    let result = match delivery {
        Some(delivery) => service.deliver(delivery).await,
        None => Err(Refusal::InvalidMessage),
    };
    let result = result.map_or_else(Refusal::label, |()| TAKEN);
    let inbox = shared.keys.inbox(&from);
    let told: RedisResult<()> = redis::pipe()
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
    if let Err(error) = told {
        tracing::debug!(%error, "a relayed message cannot be answered");
    }
}

/// The result of a message that was taken.
const TAKEN: &str = "taken";

fn read_result(label: &str) -> Result<(), Refusal> {
    if label == TAKEN {
        return Ok(());
    }
    let refusal = Refusal::all().find(|refusal| refusal.label() == label);
    Err(refusal.unwrap_or(Refusal::Unreachable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_arrives_as_it_was_given() {
        assert_eq!(read_result(TAKEN), Ok(()));
        for refusal in Refusal::all() {
            assert_eq!(read_result(refusal.label()), Err(refusal));
        }
        assert_eq!(read_result("of a later version"), Err(Refusal::Unreachable));
    }
}
