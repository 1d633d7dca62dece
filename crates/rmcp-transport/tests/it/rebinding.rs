//! `Host` and `Origin` headers that the layer accepts, as bytes on the wire.

use std::{
    convert::Infallible,
    future::{self, Ready},
    net::SocketAddr,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use rmcp_transport::{RebindingLayer, RebindingProtection};
use tokio::net::TcpListener;
use tower_layer::Layer;
use tower_service::Service;

use testkit::send;

#[derive(Clone)]
struct Hello;

impl Service<Request<Incoming>> for Hello {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Incoming>) -> Self::Future {
        future::ready(Ok(Response::new(Full::from("hello"))))
    }
}

/// Serves behind the given protection, on a free port.
async fn serve(protection: RebindingProtection) -> SocketAddr {
    let service = RebindingLayer::new(protection).layer(Hello);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

/// Sends the same headers with every method, and once as HTTP/1.0.
async fn check(address: SocketAddr, target: &str, headers: &str, status: u16, body: &str) {
    for (method, version) in [
        ("GET", "1.1"),
        ("POST", "1.1"),
        ("DELETE", "1.1"),
        ("OPTIONS", "1.1"),
        ("GET", "1.0"),
    ] {
        let request = format!("{method} {target} HTTP/{version}\r\n{headers}\r\n");
        let answer = send(address, &request).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (status, body),
            "{request}"
        );
        if status != 200 {
            assert!(
                answer
                    .head
                    .lines()
                    .any(|line| line == "content-type: text/plain; charset=utf-8"),
                "{}",
                answer.head
            );
        }
    }
}

#[tokio::test]
async fn host_not_allowed_returns_421() {
    let address = serve(RebindingProtection::loopback()).await;
    for headers in [
        "",
        "Host:\r\n",
        "Host: evil.example\r\n",
        "Host: evil.example:80\r\n",
        "Host: localhost.evil.example\r\n",
        "Host: 127.0.0.1:1.evil.example\r\n",
        "Host: user@localhost\r\n",
        "Host: localhost/\r\n",
        "Host: local host\r\n",
        "Host: b\u{e4}rn.example\r\n",
        "Host: localhost:65536\r\n",
        "Host: localhost\r\nHost: localhost\r\n",
        "Host: localhost\r\nhost: evil.example\r\n",
        "X-Forwarded-Host: localhost\r\n",
        // The host is rejected before the origin.
        "Host: evil.example\r\nOrigin: https://evil.example\r\n",
    ] {
        check(address, "/", headers, 421, "Invalid Host header").await;
    }
}

#[tokio::test]
async fn origin_not_allowed_returns_403() {
    let address = serve(RebindingProtection::loopback()).await;
    for origins in [
        "Origin:\r\n",
        "Origin: null\r\n",
        "Origin: https://evil.example\r\n",
        "Origin: http://localhost.evil.example\r\n",
        "Origin: http://127.0.0.1:1.evil.example\r\n",
        "Origin: http://localhost/\r\n",
        "Origin: http://localhost http://localhost\r\n",
        "Origin: http://localhost\r\nOrigin: http://localhost\r\n",
    ] {
        let headers = format!("Host: localhost:8000\r\n{origins}");
        check(address, "/", &headers, 403, "Invalid Origin header").await;
    }
}

#[tokio::test]
async fn allowed_host_and_origin_pass() {
    let address = serve(RebindingProtection::loopback()).await;
    for headers in [
        "Host: localhost\r\n",
        "Host:  LocalHost:8000 \r\n",
        "Host: 127.0.0.1:8000\r\n",
        "Host: [::1]:8000\r\n",
        "Host: localhost:8000\r\nOrigin: http://localhost:3000\r\n",
        "Host: localhost:8000\r\nOrigin: https://[0:0::1]\r\n",
    ] {
        check(address, "/", headers, 200, "hello").await;
    }
}

#[tokio::test]
async fn host_in_the_request_target_is_checked() {
    let address = serve(RebindingProtection::loopback()).await;
    let refused = "Invalid Host header";
    for (target, headers, status, body) in [
        ("http://localhost/", "", 200, "hello"),
        (
            "http://localhost:8000/",
            "Host: localhost:8000\r\n",
            200,
            "hello",
        ),
        ("http://localhost/", "Host: evil.example\r\n", 421, refused),
        ("http://evil.example/", "Host: localhost\r\n", 421, refused),
        ("http://evil.example/", "", 421, refused),
    ] {
        check(address, target, headers, status, body).await;
    }
}

#[tokio::test]
async fn configured_proxy_host_is_allowed() {
    let protection = RebindingProtection::new(["aare.example"], ["https://app.example"]).unwrap();
    let address = serve(protection).await;
    for (headers, status, body) in [
        ("Host: aare.example\r\n", 200, "hello"),
        ("Host: aare.example:443\r\n", 200, "hello"),
        (
            "Host: aare.example\r\nOrigin: https://app.example\r\n",
            200,
            "hello",
        ),
        ("Host: localhost\r\n", 421, "Invalid Host header"),
        ("Host: aare.example:8443\r\n", 421, "Invalid Host header"),
        (
            "Host: aare.example\r\nOrigin: https://aare.example\r\n",
            403,
            "Invalid Origin header",
        ),
    ] {
        check(address, "/", headers, status, body).await;
    }
}
