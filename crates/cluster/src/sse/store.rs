//! The sessions in Redis: a hash, a stream of events, and the way from the token in an event's id
//! to the session.

use std::collections::HashMap;

use bytes::Bytes;
use redis::RedisError;
use rmcp_transport::{
    Commit, DeliveryId, PendingDelivery, SessionId, SessionRecord, SessionRef, SessionStore,
    Snapshot, StoreError, StoreFuture, TakeoverRequest,
};

use super::{Shared, principal, written};
use crate::connection::ConnectionState;

/// How many keys are kept by one message to Redis.
const KEPT_AT_ONCE: usize = 500;

impl SessionStore for Shared {
    fn commit(&self, commit: Commit) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            // An error here would be counted as one of Redis.
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
                .arg(&self.keys.taken);
            let mut arguments = Vec::new();
            for record in commit.records {
                write(record, commit.session, &mut arguments);
            }
            for argument in &arguments {
                call.arg(&argument[..]);
            }
            let mut redis = self.redis.clone();
            let told: String = call
                .invoke_async(&mut redis)
                .await
                .map_err(|error| unavailable(&error))?;
            match told.as_str() {
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

    fn take<'a>(&'a self, wanted: TakeoverRequest<'a>) -> StoreFuture<'a, Option<Snapshot>> {
        Box::pin(async move {
            let keys = &self.keys;
            let mut call = self.take.key(keys.token(wanted.token));
            call.arg(self.instance.as_str())
                .arg(written(wanted.principal))
                .arg(wanted.seen)
                .arg(self.lifetime_ms())
                .arg(&keys.sessions)
                .arg(&keys.events)
                .arg(&keys.instances)
                .arg(&keys.inboxes);
            let mut redis = self.redis.clone();
            let taken: Option<Taken> = call
                .invoke_async(&mut redis)
                .await
                .map_err(|error| unavailable(&error))?;
            if taken.is_none() && self.is_told_again() {
                return Err(StoreError::Unavailable);
            }
            Ok(taken.and_then(read))
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
            .flat_map(|kept| {
                [
                    self.keys.session(kept.session),
                    self.keys.events(kept.session),
                    self.keys.token(&kept.token),
                ]
            })
            .collect();
        tokio::spawn(async move {
            for keys in keys.chunks(KEPT_AT_ONCE) {
                let mut pipeline = redis::pipe();
                for key in keys {
                    pipeline.pexpire(key, lifetime).ignore();
                }
                if let Err(error) = pipeline.query_async::<()>(&mut redis).await {
                    tracing::debug!(%error, "sessions are not kept in Redis");
                    return;
                }
            }
        });
    }
}

fn unavailable(error: &RedisError) -> StoreError {
    tracing::debug!(%error, "a session cannot be stored");
    StoreError::Unavailable
}

/// A record as the script reads it.
fn write(record: SessionRecord, session: SessionId, to: &mut Vec<Bytes>) {
    let mut put =
        |words: &[&[u8]]| to.extend(words.iter().map(|word| Bytes::copy_from_slice(word)));
    match record {
        SessionRecord::Snapshot(all) => {
            let Snapshot {
                events,
                setup,
                pending,
                last_event,
                ..
            } = *all;
            put(&[
                b"session",
                session.to_string().as_bytes(),
                written(all.principal.as_ref()).as_bytes(),
                last_event.to_string().as_bytes(),
            ]);
            let first = last_event + 1 - events.len() as u64;
            for (number, bytes) in (first..).zip(events) {
                write(SessionRecord::Event { number, bytes }, session, to);
            }
            for (key, message) in setup {
                write(
                    SessionRecord::Setup {
                        key,
                        message: Some(message),
                    },
                    session,
                    to,
                );
            }
            for pending in pending {
                write(SessionRecord::Accepted(pending), session, to);
            }
        }
        SessionRecord::Accepted(pending) => {
            put(&[
                b"accepted",
                pending.id.to_string().as_bytes(),
                flag(pending.relayed),
                pending.request.as_deref().unwrap_or_default().as_bytes(),
            ]);
            to.push(pending.message);
        }
        SessionRecord::Event { number, bytes } => {
            put(&[b"event", number.to_string().as_bytes()]);
            to.push(bytes);
        }
        SessionRecord::Done { id, relayed } => {
            put(&[b"done", id.to_string().as_bytes(), flag(relayed)]);
        }
        SessionRecord::Setup { key, message } => {
            put(&[b"setup", key.as_bytes()]);
            to.push(message.unwrap_or_default());
        }
        SessionRecord::Released => put(&[b"released"]),
        SessionRecord::Ended => put(&[b"ended"]),
        _ => {}
    }
}

fn flag(is_set: bool) -> &'static [u8] {
    if is_set { b"1" } else { b"0" }
}

/// What the script returns: id, epoch, last event, the hash, the events.
type Taken = (String, u64, u64, HashMap<String, Vec<u8>>, Vec<Entry>);

/// An entry of the stream: its id, and its fields.
type Entry = (String, Vec<Vec<u8>>);

fn read((id, epoch, last_event, hash, events): Taken) -> Option<Snapshot> {
    let text = |field: &str| Some(std::str::from_utf8(hash.get(field)?).ok()?.to_owned());
    let mut snapshot = Snapshot::new(
        SessionId::parse(&id)?,
        epoch,
        principal(&text("principal")?),
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
            let (sequence, message) = numbered(value)?;
            setup.push((sequence, (key.to_owned(), Bytes::copy_from_slice(message))));
        }
        if let Some(id) = field.strip_prefix("q:") {
            let (sequence, rest) = numbered(value)?;
            let (relayed, request) = std::str::from_utf8(rest).ok()?.split_once(' ')?;
            let request = Some(request.to_owned()).filter(|request| !request.is_empty());
            let message = hash.get(&format!("m:{id}"))?;
            let mut waits =
                PendingDelivery::new(DeliveryId::parse(id)?, request, message.clone().into());
            waits.relayed = relayed == "1";
            pending.push((sequence, waits));
        }
    }
    setup.sort_by_key(|(sequence, _)| *sequence);
    pending.sort_by_key(|(sequence, _)| *sequence);
    snapshot.setup = setup.into_iter().map(|(_, setup)| setup).collect();
    snapshot.pending = pending.into_iter().map(|(_, pending)| pending).collect();
    Some(snapshot)
}

/// A number, a space, and the rest.
fn numbered(value: &[u8]) -> Option<(u64, &[u8])> {
    let space = value.iter().position(|byte| *byte == b' ')?;
    let number = std::str::from_utf8(&value[..space]).ok()?.parse().ok()?;
    Some((number, &value[space + 1..]))
}
