//! Relays a message to the instance that owns its session, or stores it for the next owner.

use std::time::Duration;

use redis::RedisError;
use rmcp_transport::{Delivery, DeliveryId, Refusal, Relay, RelayFuture};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

use super::{
    backend::{RelayReply, SessionBackend, encode_principal},
    metrics::RelayOutcome,
};
use crate::connection::ConnectionState;

/// The time that the owner has to fetch a message before it is withdrawn.
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);

/// The time that the owner has to reply, including the time to fetch the message.
const REPLY_TIMEOUT: Duration = Duration::from_secs(10);

/// The interval at which the script checks whether the session still has the same owner.
const OWNER_CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// The delay before a retry while another instance takes over the session.
const TAKEOVER_RETRY_DELAY: Duration = Duration::from_millis(20);

impl Relay for SessionBackend {
    fn deliver(&self, delivery: Delivery) -> RelayFuture<'_> {
        Box::pin(async move {
            let start = Instant::now();
            let (outcome, result) = self.relay(delivery).await;
            self.metrics.record_relay(outcome, start.elapsed());
            result
        })
    }
}

/// The result of the script `relay.lua`.
enum RelayStatus {
    /// The owner has accepted the message.
    Accepted,
    /// There is no owner; the message is stored for the next one.
    Queued,
    /// The message was sent to this owner.
    Sent(String),
    /// The owner has not changed since the last attempt; nothing was sent.
    Unchanged,
    Refused(Refusal),
}

/// The result of withdrawing a message.
enum Withdrawal {
    /// No instance has the message or can still accept it.
    Withdrawn,
    /// The owner has accepted the message and recorded that in Redis.
    Accepted,
    /// The owner has fetched the message and not yet recorded the outcome, or the message was never
    /// sent.
    Unknown,
}

/// Receives the replies to one delivery. Dropping it discards further replies.
struct ReplyReceiver<'a> {
    backend: &'a SessionBackend,
    id: DeliveryId,
    replies: mpsc::UnboundedReceiver<RelayReply>,
}

impl SessionBackend {
    /// Relays a message.
    ///
    /// A refused message is withdrawn first, so that no instance can accept it. If that fails, the
    /// result is [`Refusal::Undecided`].
    async fn relay(&self, delivery: Delivery) -> (RelayOutcome, Result<(), Refusal>) {
        const ACCEPTED: (RelayOutcome, Result<(), Refusal>) = (RelayOutcome::Accepted, Ok(()));
        let unreachable = (RelayOutcome::Unreachable, Err(Refusal::Unreachable));
        let undecided = (RelayOutcome::Undecided, Err(Refusal::Undecided));
        if !self.redis.is_connected() {
            return unreachable;
        }
        let start = Instant::now();
        let mut receiver = ReplyReceiver::new(self, delivery.id);
        let mut last_owner = String::new();
        let mut attempt = 0;
        let mut is_fetched = false;
        loop {
            match self.send(&delivery, &last_owner, attempt + 1).await {
                Ok(RelayStatus::Accepted) => return ACCEPTED,
                Ok(RelayStatus::Queued) => return (RelayOutcome::Queued, Ok(())),
                Ok(RelayStatus::Refused(Refusal::UnknownSession)) if self.is_recovering() => {
                    return unreachable;
                }
                Ok(RelayStatus::Refused(refusal)) => {
                    return (RelayOutcome::Refused, Err(refusal));
                }
                Ok(RelayStatus::Sent(owner)) => {
                    last_owner = owner;
                    attempt += 1;
                    is_fetched = false;
                }
                Ok(RelayStatus::Unchanged) => {}
                // Redis rejected the first command, so nothing was sent.
                Err(error) if error.code().is_some() && attempt == 0 => return unreachable,
                Err(_) => {
                    let attempts = [attempt, attempt + 1];
                    self.wait_for_connection().await;
                    return match self.withdraw(&delivery, &attempts).await {
                        Ok(Withdrawal::Accepted) => ACCEPTED,
                        Ok(Withdrawal::Withdrawn) => unreachable,
                        Ok(Withdrawal::Unknown) | Err(_) => undecided,
                    };
                }
            }
            match timeout(OWNER_CHECK_INTERVAL, receiver.reply_to(attempt)).await {
                Ok(Ok(())) => return ACCEPTED,
                // Another instance has taken over the session, or is about to.
                Ok(Err(Refusal::UnknownSession)) => {
                    if start.elapsed() > FETCH_TIMEOUT {
                        return unreachable;
                    }
                    last_owner.clear();
                    sleep(TAKEOVER_RETRY_DELAY).await;
                }
                Ok(Err(refusal)) => return (RelayOutcome::Refused, Err(refusal)),
                Err(_) if start.elapsed() < FETCH_TIMEOUT => {}
                Err(_) if start.elapsed() > REPLY_TIMEOUT => return undecided,
                Err(_) if is_fetched => {}
                Err(_) => match self.withdraw(&delivery, &[attempt]).await {
                    Ok(Withdrawal::Accepted) => return ACCEPTED,
                    Ok(Withdrawal::Withdrawn) => return unreachable,
                    Ok(Withdrawal::Unknown) => is_fetched = true,
                    Err(_) => return undecided,
                },
            }
        }
    }

    /// Sends a message to the owner of its session, unless the owner is still `last_owner`.
    async fn send(
        &self,
        delivery: &Delivery,
        last_owner: &str,
        attempt: u32,
    ) -> Result<RelayStatus, RedisError> {
        let (request, message) = match delivery.request_id() {
            Ok(request) => (request.unwrap_or_default(), delivery.to_bytes()),
            Err(_) => Default::default(),
        };
        let keys = &self.keys;
        let mut call = self.relay.key(keys.session(delivery.session));
        call.arg(delivery.session.to_string())
            .arg(encode_principal(delivery.principal()))
            .arg(delivery.id.to_string())
            .arg(request)
            .arg(message)
            .arg(self.instance.as_str())
            .arg(last_owner)
            .arg(attempt)
            .arg(self.max_in_flight)
            .arg(self.lifetime_ms())
            .arg(&keys.instances)
            .arg(&keys.inboxes)
            .arg(&keys.relays)
            .arg(&keys.outcomes);
        let mut redis = self.redis.clone();
        let reply: Vec<String> = call.invoke_async(&mut redis).await?;
        let mut reply = reply.into_iter();
        Ok(match reply.next().as_deref() {
            Some("accepted") => RelayStatus::Accepted,
            Some("queued") => RelayStatus::Queued,
            Some("sent") => RelayStatus::Sent(reply.next().unwrap_or_default()),
            Some("unchanged") => RelayStatus::Unchanged,
            Some("unknown") => RelayStatus::Refused(Refusal::UnknownSession),
            Some("invalid") => RelayStatus::Refused(Refusal::InvalidMessage),
            Some("duplicate") => RelayStatus::Refused(Refusal::DuplicateRequest),
            Some("full") => RelayStatus::Refused(Refusal::TooManyRequests),
            _ => RelayStatus::Refused(Refusal::Unreachable),
        })
    }

    /// Waits for the connection to Redis, at most as long as for a command.
    async fn wait_for_connection(&self) {
        let mut state = self.redis.watch();
        let connected = state.wait_for(|state| matches!(state, ConnectionState::Connected(_)));
        let _ = timeout(self.redis.timeout(), connected).await;
    }

    /// Withdraws the messages of these attempts. If there are two, it is unknown whether the second
    /// one was sent, and the script prevents that it is sent later.
    async fn withdraw(
        &self,
        delivery: &Delivery,
        attempts: &[u32],
    ) -> Result<Withdrawal, RedisError> {
        let mut call = self.withdraw.key(self.keys.outcome(delivery.id));
        for attempt in attempts {
            call.key(self.keys.relay(delivery.id, *attempt));
        }
        let mut redis = self.redis.clone();
        let status: String = call.invoke_async(&mut redis).await?;
        Ok(match status.as_str() {
            "accepted" => Withdrawal::Accepted,
            "withdrawn" => Withdrawal::Withdrawn,
            _ => Withdrawal::Unknown,
        })
    }
}

impl<'a> ReplyReceiver<'a> {
    fn new(backend: &'a SessionBackend, id: DeliveryId) -> Self {
        let (sender, replies) = mpsc::unbounded_channel();
        backend.pending_replies.lock().insert(id, sender);
        Self {
            backend,
            id,
            replies,
        }
    }

    /// Waits for the reply to an attempt. Replies of former owners to earlier attempts are ignored.
    async fn reply_to(&mut self, attempt: u32) -> Result<(), Refusal> {
        loop {
            let reply = self.replies.recv().await;
            let reply = reply.expect("the sender is removed only when the receiver is dropped");
            if reply.attempt == attempt {
                return reply.result;
            }
        }
    }
}

impl Drop for ReplyReceiver<'_> {
    fn drop(&mut self) {
        self.backend.pending_replies.lock().remove(&self.id);
    }
}
