//! Stores sessions in Redis: for each session a hash, a stream of events, and a key that maps the
//! token in its event ids to the session.

use std::collections::HashMap;

use bytes::Bytes;
use redis::RedisError;
use rmcp_transport::{
    Commit, DeliveryId, PendingDelivery, SessionId, SessionRecord, SessionRef, SessionStore,
    Snapshot, StoreError, StoreFuture, TakeoverRequest,
};

use super::backend::{SessionBackend, decode_principal, encode_principal};
use crate::connection::ConnectionState;

/// The maximum number of keys whose lifetime one pipeline renews.
const MAX_KEYS_PER_PIPELINE: usize = 500;

impl SessionStore for SessionBackend {
    fn commit(&self, commit: Commit) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            // A command without a connection would be counted as an error of Redis.
            if !self.redis.is_connected() {
                return Err(StoreError::Unavailable);
            }
            let mut call = self.commit.key(self.keys.session(commit.session));
            call.key(self.keys.events(commit.session))
                .key(self.keys.token(&commit.token))
                .arg(commit.epoch)
                .arg(self.instance.as_str())
                .arg(self.lifetime_ms())
                .arg(commit.number)
                .arg(commit.first_event)
                .arg(&self.keys.outcomes);
            let mut arguments = Vec::new();
            for record in commit.records {
                encode_record(record, commit.session, &mut arguments);
            }
            for argument in &arguments {
                call.arg(&argument[..]);
            }
            let mut redis = self.redis.clone();
            let status: String = call
                .invoke_async(&mut redis)
                .await
                .map_err(|error| unavailable(&error))?;
            match status.as_str() {
                "ok" => Ok(()),
                "fenced" => {
                    self.metrics.fenced.increment(1);
                    Err(StoreError::Fenced)
                }
                "missing" => Err(StoreError::Missing),
                _ => Err(StoreError::Unavailable),
            }
        })
    }

    fn take<'a>(&'a self, request: TakeoverRequest<'a>) -> StoreFuture<'a, Option<Snapshot>> {
        Box::pin(async move {
            let keys = &self.keys;
            let mut call = self.take_over.key(keys.token(request.token));
            call.arg(self.instance.as_str())
                .arg(encode_principal(request.principal))
                .arg(request.seen)
                .arg(self.lifetime_ms())
                .arg(&keys.sessions)
                .arg(&keys.events)
                .arg(&keys.instances)
                .arg(&keys.inboxes);
            let mut redis = self.redis.clone();
            let reply: Option<TakeoverReply> = call
                .invoke_async(&mut redis)
                .await
                .map_err(|error| unavailable(&error))?;
            if reply.is_none() && self.is_recovering() {
                return Err(StoreError::Unavailable);
            }
            Ok(reply.and_then(decode_snapshot))
        })
    }

    fn generation(&self) -> Option<u64> {
        match self.redis.state() {
            ConnectionState::Connected(generation) => Some(generation),
            _ => None,
        }
    }

    fn keep(&self, sessions: Vec<SessionRef>) {
        let mut redis = self.redis.clone();
        let lifetime = self.lifetime_ms() as i64;
        let keys: Vec<_> = sessions
            .iter()
            .flat_map(|session| {
                [
                    self.keys.session(session.session),
                    self.keys.events(session.session),
                    self.keys.token(&session.token),
                ]
            })
            .collect();
        tokio::spawn(async move {
            for keys in keys.chunks(MAX_KEYS_PER_PIPELINE) {
                let mut pipeline = redis::pipe();
                for key in keys {
                    pipeline.pexpire(key, lifetime).ignore();
                }
                if let Err(error) = pipeline.query_async::<()>(&mut redis).await {
                    tracing::debug!(%error, "cannot renew sessions in Redis");
                    return;
                }
            }
        });
    }
}

fn unavailable(error: &RedisError) -> StoreError {
    tracing::debug!(%error, "cannot store a session in Redis");
    StoreError::Unavailable
}

/// Appends a record in the form that the script reads.
fn encode_record(record: SessionRecord, session: SessionId, arguments: &mut Vec<Bytes>) {
    let mut put =
        |words: &[&[u8]]| arguments.extend(words.iter().map(|word| Bytes::copy_from_slice(word)));
    match record {
        SessionRecord::Snapshot(snapshot) => {
            let Snapshot {
                principal,
                events,
                setup,
                pending,
                last_event,
                ..
            } = *snapshot;
            put(&[
                b"session",
                session.to_string().as_bytes(),
                encode_principal(principal.as_ref()).as_bytes(),
                last_event.to_string().as_bytes(),
            ]);
            let first = last_event + 1 - events.len() as u64;
            for (number, bytes) in (first..).zip(events) {
                encode_record(SessionRecord::Event { number, bytes }, session, arguments);
            }
            for (key, message) in setup {
                encode_record(
                    SessionRecord::Setup {
                        key,
                        message: Some(message),
                    },
                    session,
                    arguments,
                );
            }
            for pending in pending {
                encode_record(SessionRecord::Accepted(pending), session, arguments);
            }
        }
        SessionRecord::Accepted(pending) => {
            put(&[
                b"accepted",
                pending.id.to_string().as_bytes(),
                flag(pending.relayed),
                pending.request.as_deref().unwrap_or_default().as_bytes(),
            ]);
            arguments.push(pending.message);
        }
        SessionRecord::Event { number, bytes } => {
            put(&[b"event", number.to_string().as_bytes()]);
            arguments.push(bytes);
        }
        SessionRecord::Done { id, relayed } => {
            put(&[b"done", id.to_string().as_bytes(), flag(relayed)]);
        }
        SessionRecord::Setup { key, message } => {
            put(&[b"setup", key.as_bytes()]);
            arguments.push(message.unwrap_or_default());
        }
        SessionRecord::Released => put(&[b"released"]),
        SessionRecord::Ended => put(&[b"ended"]),
        _ => {}
    }
}

fn flag(is_set: bool) -> &'static [u8] {
    if is_set { b"1" } else { b"0" }
}

/// The result of the script: id, epoch, last event, the hash, the events.
type TakeoverReply = (String, u64, u64, HashMap<String, Vec<u8>>, Vec<StreamEntry>);

/// An entry of the stream: its id, and its fields.
type StreamEntry = (String, Vec<Vec<u8>>);

fn decode_snapshot((id, epoch, last_event, hash, events): TakeoverReply) -> Option<Snapshot> {
    let text = |field: &str| Some(std::str::from_utf8(hash.get(field)?).ok()?.to_owned());
    let mut snapshot = Snapshot::new(
        SessionId::parse(&id)?,
        epoch,
        decode_principal(&text("principal")?),
    );
    snapshot.last_event = last_event;
    snapshot.events = events
        .into_iter()
        .filter_map(|(_, fields)| fields.into_iter().nth(1).map(Bytes::from))
        .collect();
    let mut setup = Vec::new();
    let mut pending = Vec::new();
    for (field, value) in &hash {
        if let Some(key) = field.strip_prefix("s:") {
            let (sequence, message) = split_sequence(value)?;
            setup.push((sequence, (key.to_owned(), Bytes::copy_from_slice(message))));
        }
        if let Some(id) = field.strip_prefix("q:") {
            let (sequence, rest) = split_sequence(value)?;
            let (relayed, request) = std::str::from_utf8(rest).ok()?.split_once(' ')?;
            let request = Some(request.to_owned()).filter(|request| !request.is_empty());
            let message = hash.get(&format!("m:{id}"))?;
            let mut delivery =
                PendingDelivery::new(DeliveryId::parse(id)?, request, message.clone().into());
            delivery.relayed = relayed == "1";
            pending.push((sequence, delivery));
        }
    }
    setup.sort_by_key(|(sequence, _)| *sequence);
    pending.sort_by_key(|(sequence, _)| *sequence);
    snapshot.setup = setup.into_iter().map(|(_, setup)| setup).collect();
    snapshot.pending = pending.into_iter().map(|(_, pending)| pending).collect();
    Some(snapshot)
}

/// Splits a value into its sequence number and the rest, which follows a space.
fn split_sequence(value: &[u8]) -> Option<(u64, &[u8])> {
    let space = value.iter().position(|byte| *byte == b' ')?;
    let number = std::str::from_utf8(&value[..space]).ok()?.parse().ok()?;
    Some((number, &value[space + 1..]))
}
