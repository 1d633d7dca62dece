//! Redis over TLS, with certificates of a private CA.

use testkit::{CertificateAuthority, RedisServer, ServerProcess, SseSession};

use crate::cluster::redis_connection::{readiness, run_to_exit};

/// Starts a Redis that accepts only TLS, with a certificate for `content`.
async fn with_tls(
    authority: &CertificateAuthority,
    content: &str,
    more: &[&str],
) -> Option<RedisServer> {
    let (certificate, key) = authority.issue(content);
    let files = [
        "--port",
        "0",
        "--tls-port",
        "{port}",
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &authority.certificate(),
    ];
    RedisServer::start_with(&[&files[..], more].concat()).await
}

const ANYBODY: [&str; 2] = ["--tls-auth-clients", "no"];

fn rediss(redis: &RedisServer) -> String {
    redis.url().replace("redis://", "rediss://")
}

#[tokio::test]
async fn redis_user_with_password_is_authenticated_over_tls() {
    let Some(authority) = CertificateAuthority::new("user") else {
        return;
    };
    let user = "--user aare on >swordfish ~* &* +@all --user default off";
    let user: Vec<_> = user.split(' ').collect();
    let Some(redis) = with_tls(&authority, "localhost", &[&ANYBODY[..], &user].concat()).await
    else {
        return;
    };
    let environment = |url| {
        [
            ("REDIS_URL", url),
            ("REDIS_CA_FILE", authority.certificate()),
        ]
    };
    let url = rediss(&redis).replace("://", "://aare:swordfish@");
    let environment = environment(url);
    let environment = environment
        .each_ref()
        .map(|(name, value)| (*name, &**value));
    // Two servers, so that one must read what the other has written.
    let mut servers = Vec::new();
    for _ in 0..2 {
        servers.push(ServerProcess::start_with(&["serve", "--demo"], &environment).await);
    }
    for server in &servers {
        assert_eq!(readiness(server).await.1["status"], "ok");
    }
    let mut session = SseSession::initialized(servers[0].address).await;
    let answer = session.call_tool(1, "get_current_temperature", "{}").await;
    assert_eq!(answer["id"], 1);
    for server in servers {
        server.signal("TERM").await;
        let (_, logs) = server.wait_for_exit().await;
        assert!(logs.contains("(TLS)"), "{logs}");
        assert!(!logs.contains("swordfish"), "{logs}");
    }
    let ca = [
        "serve",
        "--demo",
        "--redis-ca-file",
        &authority.certificate(),
    ];
    let url = rediss(&redis).replace("://", "://aare:hunter2@");
    let (code, errors) = run_to_exit(&ca, &url).await;
    assert_eq!(code, Some(78), "{errors}");
    assert!(errors.contains("rejects the user or password"), "{errors}");
    assert!(!errors.contains("hunter2"), "{errors}");
}

#[tokio::test]
async fn redis_client_certificate_is_sent_when_required() {
    let Some(authority) = CertificateAuthority::new("mutual") else {
        return;
    };
    let Some(redis) = with_tls(&authority, "localhost", &[]).await else {
        return;
    };
    let ca = [
        "serve",
        "--demo",
        "--redis-ca-file",
        &authority.certificate(),
    ];
    let (code, errors) = run_to_exit(&ca, &rediss(&redis)).await;
    assert_eq!(code, Some(78), "{errors}");
    assert!(errors.contains("REDIS_CERT_FILE"), "{errors}");

    let (certificate, key) = authority.issue("localhost");
    let ours = ["--redis-cert-file", &certificate, "--redis-key-file", &key];
    let arguments = [&ca[..], &ours].concat();
    let server = ServerProcess::start_with(&arguments, &[("REDIS_URL", &rediss(&redis))]).await;
    assert_eq!(readiness(&server).await.1["status"], "ok");
}

#[tokio::test]
async fn redis_tls_errors_name_the_setting_to_change() {
    let (Some(authority), Some(other)) = (
        CertificateAuthority::new("ours"),
        CertificateAuthority::new("other"),
    ) else {
        return;
    };
    let (Some(tls), Some(elsewhere), Some(plain)) = (
        with_tls(&authority, "localhost", &ANYBODY).await,
        with_tls(&authority, "elsewhere", &ANYBODY).await,
        RedisServer::start().await,
    ) else {
        return;
    };
    let (ours, other) = (authority.certificate(), other.certificate());
    let key = authority.issue("localhost").1;
    for (url, arguments, way_out) in [
        // No CA, another CA, and a certificate of another host.
        (rediss(&tls), vec![], "REDIS_CA_FILE"),
        (
            rediss(&tls),
            vec!["--redis-ca-file", &other],
            "REDIS_CA_FILE",
        ),
        (
            rediss(&elsewhere),
            vec!["--redis-ca-file", &ours],
            "another host",
        ),
        // One side uses TLS, and the other does not.
        (tls.url(), vec![], "rediss://"),
        (
            rediss(&plain),
            vec!["--redis-ca-file", &ours],
            "use redis://",
        ),
        // Unusable files.
        (plain.url(), vec!["--redis-ca-file", &ours], "rediss"),
        (
            rediss(&tls),
            vec!["--redis-ca-file", "/no/such"],
            "`/no/such`",
        ),
        (
            rediss(&tls),
            vec!["--redis-ca-file", &key],
            "BEGIN CERTIFICATE",
        ),
        (
            rediss(&tls),
            vec!["--redis-cert-file", &ours],
            "REDIS_KEY_FILE",
        ),
    ] {
        let arguments = [&["serve", "--demo"], &arguments[..]].concat();
        let (code, errors) = run_to_exit(&arguments, &url).await;
        // An unexpected reply may be temporary.
        let may_heal = way_out.ends_with("://");
        assert!(code == Some(78) || may_heal && code == Some(1), "{errors}");
        assert!(errors.contains(way_out), "{arguments:?} {errors}");
        assert!(errors.contains("REDIS_"), "{arguments:?} {errors}");
    }
}
