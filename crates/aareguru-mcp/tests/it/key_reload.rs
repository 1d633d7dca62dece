//! Keys that change while the server runs.

use std::{fs, path::PathBuf};

use crate::{
    binary::Server,
    client::{Session, get, send},
    keys::{ALICE, BOB, Neighbour, open_streamable, ping_streamable, with_key},
};

/// A file of keys, and a server that reads it.
struct Keys {
    file: PathBuf,
    server: Server,
}

impl Keys {
    async fn new(name: &str, text: &str) -> Self {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&file, text).unwrap();
        let setting = format!("@{}", file.display());
        let server = Server::start_with(&["serve", "--demo"], &[("API_KEYS", &setting)]).await;
        Self { file, server }
    }

    async fn replace(&mut self, text: &str, logged: &str) {
        fs::write(&self.file, text).unwrap();
        self.server.signal("HUP").await;
        self.server.logged(logged).await;
    }

    async fn status(&self, key: &str) -> u16 {
        send(self.server.address, with_key(&get("/sse"), key))
            .await
            .status
    }
}

#[tokio::test]
async fn a_key_that_is_removed_ends_its_streams_at_once_and_nobody_elses() {
    let both = format!("# of the house\nalice:{ALICE}\n\n bob:{BOB} \n");
    let mut keys = Keys::new("removed", &both).await;
    let mut alice = Neighbour::of(&keys.server, ALICE).await;
    let mut bob = Neighbour::of(&keys.server, BOB).await;
    alice.is_served().await;

    keys.replace(
        &format!("bob:{BOB}"),
        "API keys read again revoked=[\"alice\"]",
    )
    .await;
    alice.is_ended().await;
    bob.is_served().await;
    assert_eq!(keys.status(ALICE).await, 401);

    keys.replace(&both, "API keys read again revoked=[]").await;
    assert_eq!(keys.status(ALICE).await, 200);
    bob.is_served().await;
}

#[tokio::test]
async fn a_key_that_is_replaced_under_its_name_ends_the_sessions_of_the_old_one() {
    let mut keys = Keys::new("replaced", &format!("team:{ALICE}")).await;
    let mut old = Neighbour::of(&keys.server, ALICE).await;
    let streamable = open_streamable(&keys.server, ALICE).await;
    // While clients are given the new one, both are good.
    keys.replace(&format!("team:{ALICE}\nteam:{BOB}"), "revoked=[]")
        .await;
    old.is_served().await;
    assert_eq!(keys.status(BOB).await, 200);
    assert_eq!(ping_streamable(&keys.server, &streamable, BOB).await, 200);
    keys.replace(
        &format!("team:{BOB}"),
        "revoked=[\"team\"] sessions_ended=2",
    )
    .await;
    old.is_ended().await;
    assert_eq!(ping_streamable(&keys.server, &streamable, BOB).await, 404);
    let mut new = Neighbour::of(&keys.server, BOB).await;
    new.is_served().await;
}

#[tokio::test]
async fn keys_that_cannot_be_read_again_stay_as_they_were() {
    let mut keys = Keys::new("broken", &format!("alice:{ALICE}")).await;
    let mut alice = Neighbour::of(&keys.server, ALICE).await;
    let stay = "API keys not read again, the old ones stay in force: ";
    let place = format!("line 2 of {} (entry 1 of API_KEYS): ", keys.file.display());
    keys.replace(&format!("bob:{BOB}\nbroken key"), &format!("{stay}{place}"))
        .await;
    alice.is_served().await;
    assert_eq!(keys.status(BOB).await, 401);

    keys.replace(
        "# a file that is being written\n",
        &format!("{stay}there is no key any more"),
    )
    .await;
    alice.is_served().await;

    fs::remove_file(&keys.file).unwrap();
    keys.server.signal("HUP").await;
    keys.server
        .logged(&format!("{stay}cannot read keys from"))
        .await;
    alice.is_served().await;

    let both = format!("alice:{ALICE}\nbob:{BOB}");
    keys.replace(&both, "API keys read again").await;
    alice.is_served().await;
    assert_eq!(keys.status(BOB).await, 200);
}

#[tokio::test]
async fn a_hangup_ends_nothing_when_there_are_no_keys() {
    let mut server = Server::demo().await;
    let mut session = Session::initialized(server.address).await;
    server.signal("HUP").await;
    server.logged("API keys read again").await;
    session.call_tool(1, "list_cities", "{}").await;
}
