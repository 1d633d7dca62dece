//! What the sessions of Streamable HTTP were told: a stream for each call, and one for what a
//! session hears at an instance beside its calls.

use std::time::Duration;

use redis::{AsyncCommands, RedisResult, streams::StreamRangeReply};

use super::{Progress, RedisSessions, RemoteEventSource, Unreachable, digest, millis};

/// More of a stream than that is forgotten, the oldest first.
const LONGEST_STREAM: usize = 256;
/// How long a call may take, beside the time in which its client comes back.
const RUNNING: Duration = Duration::from_secs(60);

impl RedisSessions {
    pub(super) async fn append(
        &self,
        source: RemoteEventSource<'_>,
        event: String,
        is_answer: bool,
    ) -> Result<String, Unreachable> {
        let key = match source {
            RemoteEventSource::Call(call) => self.events_of_call(call),
            RemoteEventSource::Session(session) => {
                self.events_of_session(session, self.instance.as_str())
            }
        };
        let (number,): (String,) = redis::pipe()
            .cmd("XADD")
            .arg(&key)
            .arg("MAXLEN")
            .arg("~")
            .arg(LONGEST_STREAM)
            .arg("*")
            .arg(if is_answer { "answer" } else { "event" })
            .arg(event)
            .cmd("PEXPIRE")
            .arg(&key)
            .arg(millis(self.grace))
            .ignore()
            .query_async(&mut self.redis.clone())
            .await
            .map_err(|_| Unreachable)?;
        Ok(number)
    }

    pub(super) async fn begin(
        &self,
        call: &str,
        session: &str,
        request: String,
    ) -> Result<(), Unreachable> {
        let fields = [
            ("session", digest(session)),
            ("instance", self.instance.as_str().to_owned()),
            ("request", request),
        ];
        self.write(call, &fields).await
    }

    pub(super) async fn progress(
        &self,
        call: &str,
        session: &str,
        after: &str,
    ) -> Result<Option<Progress>, Unreachable> {
        type Looked = (Vec<(String, String)>, Option<String>, Option<String>);
        let mut looking = self.look.key(self.call(call));
        let looked: Option<Looked> = looking
            .key(self.events_of_call(call))
            .arg(digest(session))
            .arg(after)
            .arg(self.instance.as_str())
            .arg(self.redis.key("sse:instance:"))
            .invoke_async(&mut self.redis.clone())
            .await
            .map_err(|_| Unreachable)?;
        Ok(looked.map(|(events, abandoned, continued_as)| Progress {
            events,
            abandoned,
            continued_as,
        }))
    }

    pub(super) async fn continued_as(&self, call: &str, next: &str) -> Result<(), Unreachable> {
        self.write(call, &[("next", next.to_owned())]).await
    }

    pub(super) async fn heard_at(
        &self,
        session: &str,
        instance: &str,
        after: &str,
    ) -> Result<Vec<(String, String)>, Unreachable> {
        let key = self.events_of_session(session, instance);
        let mut redis = self.redis.clone();
        let heard: RedisResult<StreamRangeReply> =
            redis.xrange(key, format!("({after}"), "+").await;
        let heard = heard.map_err(|_| Unreachable)?;
        let events = heard.ids.into_iter().filter_map(|event| {
            let text = event.get("event").or_else(|| event.get("answer"))?;
            Some((event.id, text))
        });
        Ok(events.collect())
    }

    /// From now on the call is known for as long as one that has begun.
    async fn write(&self, call: &str, fields: &[(&str, String)]) -> Result<(), Unreachable> {
        let key = self.call(call);
        redis::pipe()
            .hset_multiple(&key, fields)
            .ignore()
            .cmd("PEXPIRE")
            .arg(&key)
            .arg(millis(RUNNING + self.grace))
            .ignore()
            .query_async(&mut self.redis.clone())
            .await
            .map_err(|_| Unreachable)
    }

    fn call(&self, call: &str) -> String {
        self.redis.key(format_args!("mcp:call:{call}"))
    }

    fn events_of_call(&self, call: &str) -> String {
        self.redis.key(format_args!("mcp:events:{call}"))
    }

    fn events_of_session(&self, session: &str, instance: &str) -> String {
        let session = digest(session);
        self.redis
            .key(format_args!("mcp:events:{session}.{instance}"))
    }
}
