//! Requests of HTTP/1.1, written by hand.

/// Returns a GET request without a body.
pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// Returns a POST request. Each of the `headers` ends with `\r\n`.
pub fn post(target: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {target} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

/// Returns a POST request with a JSON body.
pub fn post_json(target: &str, body: &str) -> String {
    post(target, "Content-Type: application/json\r\n", body)
}

/// Returns the request with one more header.
pub fn with_header(request: &str, header: &str) -> String {
    request.replacen("\r\n\r\n", &format!("\r\n{header}\r\n\r\n"), 1)
}
