//! A message on its way to the instance that has its session, or, if there is
//! none now, to the next one that will.

use std::time::Duration;

use redis::RedisError;
use rmcp_sse::{Delivered, Delivery, Refusal, Relay};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep, timeout},
};

use super::{Reply, Shared, metrics::Outcome, written};

/// How long the owner has to take a message, before it is taken back.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long it has to say so once it has taken it.
const LAST: Duration = Duration::from_secs(10);

/// How often it is looked whether the owner is still the owner.
const GLANCE: Duration = Duration::from_millis(250);

/// The pause before a session is looked for again that is just being moved.
const MOVING: Duration = Duration::from_millis(20);

impl Relay for Shared {
    fn deliver(&self, delivery: Delivery) -> Delivered<'_> {
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

/// Takes the place of a waiting delivery, and gives it back.
struct Waiting<'a> {
    shared: &'a Shared,
    id: rmcp_sse::DeliveryId,
    reply: oneshot::Receiver<Reply>,
}

impl Shared {
    async fn relay(&self, delivery: Delivery) -> (Outcome, Result<(), Refusal>) {
        let unreachable = (Outcome::Unreachable, Err(Refusal::Unreachable));
        if !self.redis.is_connected() {
            return unreachable;
        }
        let begun = Instant::now();
        let mut waiting = Waiting::new(self, delivery.id);
        let mut asked = String::new();
        let mut is_taken = false;
        loop {
            let Ok(found) = self.look(&delivery, &asked).await else {
                return unreachable;
            };
            match found {
                Found::Taken => return (Outcome::Taken, Ok(())),
                Found::Queued => return (Outcome::Queued, Ok(())),
                Found::Refused(Refusal::UnknownSession) if self.is_told_again() => {
                    return unreachable;
                }
                Found::Refused(refusal) => return (Outcome::Refused, Err(refusal)),
                Found::Sent(owner) => asked = owner,
                Found::Asked => {}
            }
            match timeout(GLANCE, &mut waiting.reply).await {
                Ok(Ok(Ok(()))) => return (Outcome::Taken, Ok(())),
                // It has gone from there, or is not yet there.
                Ok(Ok(Err(Refusal::UnknownSession))) => {
                    if begun.elapsed() > PATIENCE {
                        return unreachable;
                    }
                    asked.clear();
                    waiting.again();
                    sleep(MOVING).await;
                }
                Ok(Ok(Err(refusal))) => return (Outcome::Refused, Err(refusal)),
                Ok(Err(_)) => return unreachable,
                Err(_) if begun.elapsed() < PATIENCE => {}
                Err(_) if begun.elapsed() > LAST => return unreachable,
                Err(_) if is_taken => {}
                Err(_) => match self.take_back(&delivery).await {
                    Ok(true) | Err(_) => return unreachable,
                    Ok(false) => is_taken = true,
                },
            }
        }
    }

    async fn look(&self, delivery: &Delivery, asked: &str) -> Result<Found, RedisError> {
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

    /// Whether nobody has taken the message, so that nobody will.
    async fn take_back(&self, delivery: &Delivery) -> Result<bool, RedisError> {
        let mut redis = self.redis.clone();
        let mut taken_back = redis::cmd("DEL");
        taken_back.arg(self.keys.relay(delivery.id));
        taken_back.query_async(&mut redis).await
    }
}

impl<'a> Waiting<'a> {
    fn new(shared: &'a Shared, id: rmcp_sse::DeliveryId) -> Self {
        let (sender, reply) = oneshot::channel();
        shared.waiting().insert(id, sender);
        Self { shared, id, reply }
    }

    /// Waits for another reply.
    fn again(&mut self) {
        let (sender, reply) = oneshot::channel();
        self.shared.waiting().insert(self.id, sender);
        self.reply = reply;
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.shared.waiting().remove(&self.id);
    }
}
