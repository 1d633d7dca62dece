//! Sends the recorded requests to one of our servers.

use std::{net::SocketAddr, time::Duration};

use rmcp_transport::{RebindingProtection, SseServerConfig};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    time::{Instant, timeout_at},
};
use uuid::Uuid;

use super::recording::{Case, Exchange, field};
use testkit::{SseSession, get, post_json, send, with_header};

use crate::server::TestServer;

/// A server set up for one conversation, and its progress.
pub(super) struct Replay {
    server: TestServer,
    address: SocketAddr,
    /// Where to post, without the id of a session.
    inbox: String,
    principal: Option<&'static str>,
    /// The conversation's session, while its stream is open.
    session: Option<SseSession>,
    /// The id of that session as recorded, and here.
    ids: Option<(Uuid, Uuid)>,
    /// The ids of the unanswered requests of that session.
    running: Vec<Value>,
}

impl Replay {
    pub(super) async fn start(settings: &[&'static str]) -> Self {
        let mut config = SseServerConfig::default();
        let (mut mount, mut initialized) = ("", false);
        let (mut recorded, mut principal) = (None, None);
        for setting in settings {
            match setting.rsplit_once(' ').unwrap_or((setting, "")) {
                ("server as it", "is") => {}
                ("init-timeout 60", "s") => config.init_timeout = Duration::from_secs(60),
                ("path-prefix", prefix) => prefix.clone_into(&mut config.path_prefix),
                ("mounted at", prefix) => {
                    prefix.clone_into(&mut config.path_prefix);
                    mount = prefix;
                }
                ("protection", "off") => {
                    config.rebinding_protection = RebindingProtection::disabled();
                }
                ("principal", name) => principal = Some(name),
                ("session", id) => recorded = Some(Uuid::try_parse(id).unwrap()),
                ("initialized", "") => initialized = true,
                _ => panic!("{setting}"),
            }
        }
        let server = TestServer::with(config).await;
        let address = match mount {
            "" => server.address,
            _ => mounted(&server, mount).await,
        };
        let mut replay = Self {
            server,
            address,
            inbox: format!("{mount}/messages"),
            principal,
            session: None,
            ids: None,
            running: Vec::new(),
        };
        if let Some(recorded) = recorded {
            let request = replay.signed(&get("/sse"));
            let mut session = SseSession::open_with(address, request).await;
            if initialized {
                session.initialize("2024-11-05").await;
            }
            replay.ids = Some((recorded, id_of(&session)));
            replay.session = Some(session);
        }
        replay
    }

    /// Returns the request as the conversation's principal sends it.
    fn signed(&self, request: &str) -> String {
        match self.principal {
            Some(principal) => with_header(request, &format!("X-Principal: {principal}")),
            None => request.to_owned(),
        }
    }

    /// Returns the recorded request, adapted to this server: the session id in the same spelling,
    /// the tool, and the authentication. The length of the body does not change.
    fn request(&self, case: &Case) -> String {
        let request = case.request();
        let request = request.replace(r#""name":"slow""#, r#""name":"gate""#);
        let mut request = request.replace("Authorization: Bearer ", "X-Principal: ");
        if let Some((recorded, here)) = self.ids {
            for spelling in [
                |id: Uuid| id.simple().to_string(),
                |id: Uuid| id.hyphenated().to_string(),
                |id: Uuid| id.simple().to_string().to_uppercase(),
            ] {
                request = request.replace(&spelling(recorded), &spelling(here));
            }
        }
        request
    }

    /// Sends a request, and reads the resulting events from the stream that it opened, or from that
    /// of the session.
    pub(super) async fn replay(&mut self, case: &Case) -> Exchange {
        if case.side_event == Some("the client closes its stream") {
            self.session = None;
        }
        let request = self.request(case);
        let answer = send(self.address, &request).await;
        let mut events = Vec::new();
        if request.starts_with("GET") && answer.status == 200 {
            // Again, because `send` has dropped the stream.
            let mut opened = SseSession::open_with(self.address, request).await;
            events.push(format!("event: endpoint\r\ndata: {}", opened.target));
            if case.side_event == Some("the stream is read for 33 s") {
                read_for(Duration::from_secs(33), &mut opened, &mut events).await;
            }
            self.read(&mut opened, false, &mut events).await;
        } else if let Some(mut session) = self.session.take() {
            if answer.status == 202 {
                self.running.extend(request_id(&case.body()));
            }
            let is_answered = !case.reference().events.is_empty();
            self.read(&mut session, is_answered, &mut events).await;
            self.session = Some(session);
        }
        Exchange {
            head: answer.head,
            body: answer.body,
            events,
        }
    }

    /// Reads up to the response to a ping that is sent now and, if the reference has responded, to
    /// all running requests, too.
    async fn read(
        &mut self,
        session: &mut SseSession,
        is_answered: bool,
        events: &mut Vec<String>,
    ) {
        let id = id_of(session).simple();
        let ping = r#"{"jsonrpc":"2.0","id":"last","method":"ping"}"#;
        let request = post_json(&format!("{}?session_id={id}", self.inbox), ping);
        let answer = send(self.address, self.signed(&request)).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        if is_answered {
            // Where the reference's tool returned, ours returns.
            self.server.gate.add_permits(1);
        }
        let mut is_last = false;
        while !is_last || (is_answered && !self.running.is_empty()) {
            let event = session.event().await.expect("the stream ended");
            let event = event.trim_end().to_owned();
            let message = field(&event, "data").map_or(Value::Null, |data| {
                serde_json::from_str(data).unwrap_or_default()
            });
            if message["id"] == "last" {
                is_last = true;
            } else {
                self.running.retain(|id| *id != message["id"]);
                // `gate` and `slow` return different texts.
                events.push(event.replace("let through", "done"));
            }
        }
    }
}

/// Serves the service below a prefix that a router strips.
async fn mounted(server: &TestServer, prefix: &str) -> SocketAddr {
    let app = axum::Router::new().nest_service(prefix, server.service.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

fn id_of(session: &SseSession) -> Uuid {
    let (_, id) = session.target.split_once("session_id=").unwrap();
    Uuid::try_parse(id).unwrap()
}

/// Returns the id of a message, if it is a request.
fn request_id(message: &str) -> Option<Value> {
    let message: Value = serde_json::from_str(message).ok()?;
    message.get("method").and(message.get("id")).cloned()
}

/// Reads a stream for some time on a paused clock, without waiting.
async fn read_for(time: Duration, session: &mut SseSession, events: &mut Vec<String>) {
    tokio::time::pause();
    let end = Instant::now() + time;
    while let Ok(event) = timeout_at(end, session.event()).await {
        events.push(event.expect("the stream ended").trim_end().to_owned());
    }
    tokio::time::resume();
}
