//! A message on its way to the instance that has its session, or, if there is none now, to the next
//! one that will.

use std::time::Duration;

use redis::RedisError;
use rmcp_transport::{Delivery, Refusal, Relay, RelayFuture};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

use super::{Reply, Shared, metrics::RelayOutcome, written};
use crate::connection::ConnectionState;

/// How long the owner has to take a message, before it is taken back.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long it has to say so once it has taken it.
const LAST: Duration = Duration::from_secs(10);

/// How often it is looked whether the owner is still the owner.
const GLANCE: Duration = Duration::from_millis(250);

/// The pause before a session is looked for again that is just being moved.
const MOVING: Duration = Duration::from_millis(20);

impl Relay for Shared {
    fn deliver(&self, delivery: Delivery) -> RelayFuture<'_> {
        Box::pin(async move {
            let begun = Instant::now();
            let (outcome, result) = self.relay(delivery).await;
            self.metrics.relayed(outcome, begun.elapsed());
            result
        })
    }
}

/// What the script says.
enum Found {
    Taken,
    Queued,
    Sent(String),
    Asked,
    Refused(Refusal),
}

/// What came of taking a message back.
enum Withdrawn {
    /// Nobody has it, and nobody will.
    Back,
    /// An owner has it, and has said in Redis that it keeps it.
    Taken,
    /// An owner has it and has not said so yet, or it was never sent.
    Away,
}

/// Takes the place of a waiting delivery, and gives it back.
struct Waiting<'a> {
    shared: &'a Shared,
    id: rmcp_transport::DeliveryId,
    replies: mpsc::UnboundedReceiver<Reply>,
}

impl Shared {
    /// What is refused here is not run: whoever could still take it is kept from it first, and if
    /// that cannot be made sure of, it is said.
    async fn relay(&self, delivery: Delivery) -> (RelayOutcome, Result<(), Refusal>) {
        const TAKEN: (RelayOutcome, Result<(), Refusal>) = (RelayOutcome::Taken, Ok(()));
        let unreachable = (RelayOutcome::Unreachable, Err(Refusal::Unreachable));
        let undecided = (RelayOutcome::Undecided, Err(Refusal::Undecided));
        if !self.redis.is_connected() {
            return unreachable;
        }
        let begun = Instant::now();
        let mut waiting = Waiting::new(self, delivery.id);
        let mut asked = String::new();
        let mut attempt = 0;
        let mut is_away = false;
        loop {
            match self.look(&delivery, &asked, attempt + 1).await {
                Ok(Found::Taken) => return TAKEN,
                Ok(Found::Queued) => return (RelayOutcome::Queued, Ok(())),
                Ok(Found::Refused(Refusal::UnknownSession)) if self.is_told_again() => {
                    return unreachable;
                }
                Ok(Found::Refused(refusal)) => return (RelayOutcome::Refused, Err(refusal)),
                Ok(Found::Sent(owner)) => {
                    asked = owner;
                    attempt += 1;
                    is_away = false;
                }
                Ok(Found::Asked) => {}
                // Redis has said no, so that nothing was sent.
                Err(error) if error.code().is_some() && attempt == 0 => return unreachable,
                Err(_) => {
                    let copies = [attempt, attempt + 1];
                    self.reconnected().await;
                    return match self.withdraw(&delivery, &copies).await {
                        Ok(Withdrawn::Taken) => TAKEN,
                        Ok(Withdrawn::Back) => unreachable,
                        Ok(Withdrawn::Away) | Err(_) => undecided,
                    };
                }
            }
            match timeout(GLANCE, waiting.reply_to(attempt)).await {
                Ok(Ok(())) => return TAKEN,
                // It has gone from there, or is not yet there.
                Ok(Err(Refusal::UnknownSession)) => {
                    if begun.elapsed() > PATIENCE {
                        return unreachable;
                    }
                    asked.clear();
                    sleep(MOVING).await;
                }
                Ok(Err(refusal)) => return (RelayOutcome::Refused, Err(refusal)),
                Err(_) if begun.elapsed() < PATIENCE => {}
                Err(_) if begun.elapsed() > LAST => return undecided,
                Err(_) if is_away => {}
                Err(_) => match self.withdraw(&delivery, &[attempt]).await {
                    Ok(Withdrawn::Taken) => return TAKEN,
                    Ok(Withdrawn::Back) => return unreachable,
                    Ok(Withdrawn::Away) => is_away = true,
                    Err(_) => return undecided,
                },
            }
        }
    }

    async fn look(
        &self,
        delivery: &Delivery,
        asked: &str,
        attempt: u32,
    ) -> Result<Found, RedisError> {
        let (request, message) = match delivery.request_id() {
            Ok(request) => (request.unwrap_or_default(), delivery.to_bytes()),
            Err(_) => Default::default(),
        };
        let keys = &self.keys;
        let mut call = self.relay.key(keys.session(delivery.session));
        call.arg(delivery.session.to_string())
            .arg(written(delivery.principal()))
            .arg(delivery.id.to_string())
            .arg(request)
            .arg(message)
            .arg(self.instance.as_str())
            .arg(asked)
            .arg(attempt)
            .arg(self.max_in_flight)
            .arg(self.lifetime_ms())
            .arg(&keys.instances)
            .arg(&keys.inboxes)
            .arg(&keys.relays)
            .arg(&keys.taken);
        let mut redis = self.redis.clone();
        let found: Vec<String> = call.invoke_async(&mut redis).await?;
        let mut found = found.into_iter();
        Ok(match found.next().as_deref() {
            Some("taken") => Found::Taken,
            Some("queued") => Found::Queued,
            Some("sent") => Found::Sent(found.next().unwrap_or_default()),
            Some("asked") => Found::Asked,
            Some("unknown") => Found::Refused(Refusal::UnknownSession),
            Some("invalid") => Found::Refused(Refusal::InvalidMessage),
            Some("duplicate") => Found::Refused(Refusal::DuplicateRequest),
            Some("full") => Found::Refused(Refusal::TooManyRequests),
            _ => Found::Refused(Refusal::Unreachable),
        })
    }

    /// Waits until Redis answers again, but not for long.
    async fn reconnected(&self) {
        let mut state = self.redis.watch();
        let connected = state.wait_for(|state| matches!(state, ConnectionState::Connected(_)));
        let _ = timeout(self.redis.timeout(), connected).await;
    }

    /// Takes the copies of a message back that were made for these attempts. If they are several,
    /// it is not known whether the last of them was made; from then on it is not made any more.
    async fn withdraw(
        &self,
        delivery: &Delivery,
        attempts: &[u32],
    ) -> Result<Withdrawn, RedisError> {
        let mut call = self.withdraw.key(self.keys.taken(delivery.id));
        for attempt in attempts {
            call.key(self.keys.relay(delivery.id, *attempt));
        }
        let mut redis = self.redis.clone();
        let became: String = call.invoke_async(&mut redis).await?;
        Ok(match became.as_str() {
            "taken" => Withdrawn::Taken,
            "withdrawn" => Withdrawn::Back,
            _ => Withdrawn::Away,
        })
    }
}

impl<'a> Waiting<'a> {
    fn new(shared: &'a Shared, id: rmcp_transport::DeliveryId) -> Self {
        let (sender, replies) = mpsc::unbounded_channel();
        shared.waiting.lock().insert(id, sender);
        Self {
            shared,
            id,
            replies,
        }
    }

    /// What was said to this attempt. What a former owner says to the one before it does not count:
    /// it can do nothing any more.
    async fn reply_to(&mut self, attempt: u32) -> Result<(), Refusal> {
        loop {
            let reply = self.replies.recv().await;
            // The sender is there for as long as this is.
            let reply = reply.expect("only this takes the sender away");
            if reply.attempt == attempt {
                return reply.result;
            }
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.shared.waiting.lock().remove(&self.id);
    }
}
