//! Checks arbitrary bytes as `Host` and `Origin`: the check must not panic, and the default must
//! accept only names of this machine.
#![no_main]

use http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use rmcp_transport::RebindingProtection;

fuzz_target!(|headers: (&[u8], Option<&[u8]>)| {
    let (host, origin) = headers;
    let Ok(host) = HeaderValue::from_bytes(host) else { return };
    let mut request = Request::get("/sse").header("host", &host).body(()).unwrap();
    if let Some(origin) = origin {
        let Ok(origin) = HeaderValue::from_bytes(origin) else { return };
        request.headers_mut().insert("origin", origin);
    }
    if RebindingProtection::loopback().check(&request).is_ok() {
        let host = host.to_str().unwrap().to_ascii_lowercase();
        let names = ["localhost", "127.0.0.1", "["];
        assert!(names.iter().any(|name| host.starts_with(name)), "{host}");
    }
});
