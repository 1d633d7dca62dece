//! Each upstream failure yields a distinct error.

use std::time::Duration;

use aareguru::{Client, Config, Error, Place};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use testkit::{MockResponse, MockUpstream, recordings::CURRENT_BERN};

async fn current(client: &Client, id: &str) -> Result<(), Error> {
    client.current(Place::find(id).unwrap()).await.map(drop)
}

/// Returns the error for a response with this status and body.
async fn error_of(status: u16, body: impl Into<Vec<u8>>) -> Error {
    let server = MockUpstream::start(MockResponse::Body(status, body.into())).await;
    current(&server.client(), "bern").await.unwrap_err()
}

/// Reads a request and sends the beginning of a response.
async fn begin_answer(listener: &TcpListener) -> TcpStream {
    let (mut connection, _) = listener.accept().await.unwrap();
    let _ = connection.read(&mut [0; 4096]).await.unwrap();
    connection
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
        .await
        .unwrap();
    connection
}

#[tokio::test]
async fn refused_connection_yields_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = Client::new(&Config {
        base_url,
        retries: 0,
        ..Config::default()
    })
    .unwrap();

    let error = current(&client, "bern").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "cannot reach the Aareguru API at `/v2018/current`"
    );
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn broken_connection_yields_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { drop(begin_answer(&listener).await) });
    let client = Client::new(&Config {
        base_url,
        retries: 0,
        ..Config::default()
    })
    .unwrap();

    let error = current(&client, "bern").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn missing_response_yields_timeout() {
    let server = MockUpstream::start(MockResponse::Never).await;
    let config = Config {
        timeout: Duration::from_millis(50),
        ..server.config()
    };
    let error = current(&Client::new(&config).unwrap(), "bern")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the Aareguru API did not answer `/v2018/current` in time"
    );
}

#[tokio::test]
async fn incomplete_response_yields_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let held_open = tokio::spawn(async move { begin_answer(&listener).await });
    let config = Config {
        base_url,
        timeout: Duration::from_millis(50),
        retries: 0,
        ..Config::default()
    };

    let error = current(&Client::new(&config).unwrap(), "bern")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    drop(held_open.await);
}

#[tokio::test]
async fn error_status_yields_status() {
    for status in [301, 400, 404, 429, 500, 503] {
        for body in [
            "",
            "<html>Server Error</html>",
            r#"{"message": "Server Error"}"#,
        ] {
            let error = error_of(status, body).await;
            assert!(
                matches!(error, Error::Status { status: s, .. } if s == status),
                "{error:?}"
            );
        }
    }
}

#[tokio::test]
async fn bot_protection_with_any_status_yields_blocked() {
    let body = r#"{"message":"Access denied by Imunify360 bot-protection. IPs used for automation should be whitelisted"}"#;
    for status in [200, 403, 415, 503] {
        let error = error_of(status, body).await;
        assert!(
            matches!(&error, Error::Blocked { message, .. } if message.contains("Imunify360")),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn web_page_yields_page() {
    let error = error_of(200, "<!DOCTYPE html>\n<title>One moment</title>").await;
    assert!(matches!(error, Error::Page { .. }), "{error:?}");
    assert!(!error.to_string().contains('\n'), "{error}");
}

#[tokio::test]
async fn error_object_yields_refused() {
    for body in [
        r#"{"error": "unknown city"}"#,
        r#"{"status": "error", "message": "unknown city"}"#,
    ] {
        let error = error_of(200, body).await;
        assert_eq!(
            error.to_string(),
            "the Aareguru API refused `/v2018/current`: “unknown city”"
        );
    }
}

#[tokio::test]
async fn truncated_body_yields_malformed() {
    let error = error_of(200, &CURRENT_BERN[..1_000]).await;
    assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn oversized_body_yields_malformed() {
    let error = error_of(200, vec![b' '; 2 * 1024 * 1024 + 1]).await;
    assert!(
        matches!(&error, Error::Malformed { reason, .. } if reason.contains("2097152 bytes")),
        "{error:?}"
    );
}

#[tokio::test]
async fn invalid_encoding_yields_malformed() {
    let server = MockUpstream::start(MockResponse::Encoding("gzip")).await;
    let error = current(&server.client(), "bern").await.unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
}

#[tokio::test]
async fn data_of_bern_for_another_place_yields_wrong_place() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let client = server.stateless_client();
    for place in Place::all().iter().filter(|place| place.id() != "bern") {
        let error = current(&client, place.id()).await.unwrap_err();
        assert!(
            matches!(&error, Error::WrongPlace { asked, got, .. } if asked == place.id() && got == "Bärn"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn error_is_not_cached() {
    let server = MockUpstream::start(MockResponse::Body(500, Vec::new())).await;
    let client = server.client();
    current(&client, "bern").await.unwrap_err();
    server.reply(MockResponse::Recordings);
    current(&client, "bern").await.unwrap();
    assert_eq!(server.requests().len(), 2);
}
