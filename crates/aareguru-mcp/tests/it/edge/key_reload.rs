//! Keys that change while the server runs.

use std::{fs, path::PathBuf};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use testkit::{
    ALICE, BOB, INITIALIZE, ServerProcess, SseSession, WebSocketClient, WellBehavedClient,
    alongside_well_behaved_client, get, send, tool_call, wait_for_counter, with_key,
};

use crate::edge::keys::{open_streamable, ping_streamable, streamable};

/// A file of keys, and a server that reads it.
struct Keys {
    file: PathBuf,
    server: ServerProcess,
}

impl Keys {
    async fn new(name: &str, text: &str) -> Self {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&file, text).unwrap();
        let setting = format!("@{}", file.display());
        let server =
            ServerProcess::start_with(&["serve", "--demo"], &[("API_KEYS", &setting)]).await;
        Self { file, server }
    }

    async fn replace(&mut self, text: &str, logged: &str) {
        fs::write(&self.file, text).unwrap();
        self.server.signal("HUP").await;
        self.server.wait_for_log(logged).await;
    }

    async fn status(&self, key: &str) -> u16 {
        send(self.server.address, with_key(&get("/sse"), key))
            .await
            .status
    }
}

#[tokio::test]
async fn removed_key_ends_only_its_sse_streams() {
    let both = format!("# shared keys\nalice:{ALICE}\n\n bob:{BOB} \n");
    let mut keys = Keys::new("removed", &both).await;
    let mut alice = WellBehavedClient::connect(&keys.server, ALICE).await;
    let mut bob = WellBehavedClient::connect(&keys.server, BOB).await;
    alice.assert_served().await;

    keys.replace(
        &format!("bob:{BOB}"),
        "API keys reloaded revoked=[\"alice\"]",
    )
    .await;
    alice.assert_disconnected().await;
    bob.assert_served().await;
    assert_eq!(keys.status(ALICE).await, 401);

    keys.replace(&both, "API keys reloaded revoked=[]").await;
    assert_eq!(keys.status(ALICE).await, 200);
    bob.assert_served().await;
}

#[tokio::test]
async fn replaced_key_ends_the_sessions_of_the_old_key() {
    let mut keys = Keys::new("replaced", &format!("team:{ALICE}")).await;
    let mut old = WellBehavedClient::connect(&keys.server, ALICE).await;
    let streamable = open_streamable(&keys.server, ALICE).await;
    // During the transition both keys are valid.
    keys.replace(&format!("team:{ALICE}\nteam:{BOB}"), "revoked=[]")
        .await;
    old.assert_served().await;
    assert_eq!(keys.status(BOB).await, 200);
    assert_eq!(ping_streamable(&keys.server, &streamable, BOB).await, 200);
    keys.replace(
        &format!("team:{BOB}"),
        "revoked=[\"team\"] sessions_closed=2",
    )
    .await;
    old.assert_disconnected().await;
    assert_eq!(ping_streamable(&keys.server, &streamable, BOB).await, 404);
    let mut new = WellBehavedClient::connect(&keys.server, BOB).await;
    new.assert_served().await;
}

#[tokio::test]
async fn failed_key_reload_keeps_the_previous_keys() {
    let mut keys = Keys::new("broken", &format!("alice:{ALICE}")).await;
    let mut alice = WellBehavedClient::connect(&keys.server, ALICE).await;
    let stay = r#"cannot reload API keys; the previous keys stay valid error=""#;
    let place = format!("line 2 of {} (entry 1 of API_KEYS): ", keys.file.display());
    keys.replace(&format!("bob:{BOB}\nbroken key"), &format!("{stay}{place}"))
        .await;
    alice.assert_served().await;
    assert_eq!(keys.status(BOB).await, 401);

    keys.replace(
        "# a file that is being written\n",
        &format!("{stay}no API key is left"),
    )
    .await;
    alice.assert_served().await;

    fs::remove_file(&keys.file).unwrap();
    keys.server.signal("HUP").await;
    keys.server
        .wait_for_log(&format!("{stay}cannot read keys from"))
        .await;
    alice.assert_served().await;

    let both = format!("alice:{ALICE}\nbob:{BOB}");
    keys.replace(&both, "API keys reloaded").await;
    alice.assert_served().await;
    assert_eq!(keys.status(BOB).await, 200);
}

#[tokio::test]
async fn sighup_without_keys_ends_no_session() {
    let mut server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    server.signal("HUP").await;
    server.wait_for_log("API keys reloaded").await;
    session.call_tool(1, "list_cities", "{}").await;
}

#[tokio::test]
async fn removed_key_closes_only_its_websockets() {
    let both = format!("alice:{ALICE}\nbob:{BOB}");
    let mut keys = Keys::new("socket", &both).await;
    let address = keys.server.address;
    let open = async |key| {
        let headers = [("sec-websocket-protocol", "mcp"), ("x-api-key", key)];
        let mut socket = WebSocketClient::try_open(address, &headers).await.unwrap();
        socket.initialize("2025-11-25").await;
        socket
    };
    let (mut alice, mut bob) = (open(ALICE).await, open(BOB).await);
    let revoked = "revoked=[\"alice\"] sessions_closed=1";
    keys.replace(&format!("bob:{BOB}"), revoked).await;
    assert_eq!(alice.close_code().await, CloseCode::Policy);
    let closed = r#"aareguru_mcp_websocket_sessions_closed_total{reason="revoked"}"#;
    wait_for_counter(address, closed, 1).await;
    let again = WebSocketClient::try_open(address, &[("x-api-key", ALICE)]).await;
    assert_eq!(again.err().unwrap(), 401);
    let answer = bob.call(&tool_call(1, "list_cities", "{}")).await;
    assert_eq!(answer["id"], 1);
}

/// Sends all but the last byte of a request, and returns once its key has been accepted.
async fn admitted(keys: &Keys, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(keys.server.address).await.unwrap();
    let all_but_one = &request.as_bytes()[..request.len() - 1];
    stream.write_all(all_but_one).await.unwrap();
    let requests = r#"aareguru_mcp_api_key_requests_total{key="alice"}"#;
    wait_for_counter(keys.server.address, requests, 1).await;
    stream
}

#[tokio::test]
async fn key_removed_during_a_request_opens_no_session() {
    let mut keys = Keys::new("race", &format!("alice:{ALICE}\nbob:{BOB}")).await;
    let address = keys.server.address;
    let request = with_key(&streamable(INITIALIZE, ""), ALICE);
    let mut stream = admitted(&keys, &request).await;
    let revoked = "revoked=[\"alice\"] sessions_closed=0";
    keys.replace(&format!("bob:{BOB}"), revoked).await;
    alongside_well_behaved_client(&keys.server, BOB, async {
        stream
            .write_all(&request.as_bytes()[request.len() - 1..])
            .await
            .unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 401");
    })
    .await;
    let refused = r#"aareguru_mcp_auth_refused_total{reason="revoked"}"#;
    wait_for_counter(address, refused, 1).await;
    let closed = r#"aareguru_mcp_streamable_sessions_closed_total{reason="revoked"}"#;
    wait_for_counter(address, closed, 1).await;
    wait_for_counter(address, "aareguru_mcp_streamable_sessions", 0).await;
}
