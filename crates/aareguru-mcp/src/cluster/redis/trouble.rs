//! What an error at the start means: whether something in the settings, or in Redis's, has to be
//! changed, or whether waiting may help.

use redis::{ErrorKind, RedisError};

/// Redis is there, and these settings will never reach it. Completes a sentence that begins with
/// its address.
pub(super) fn mistake(error: &RedisError) -> Option<&'static str> {
    let is_refused = |code| ["NOAUTH", "WRONGPASS", "NOPERM"].contains(&code);
    if error.code().is_some_and(is_refused) || error.kind() == ErrorKind::AuthenticationFailed {
        return Some("does not let us in");
    }
    if error.kind() == ErrorKind::InvalidClientConfig {
        return Some("cannot be used");
    }
    if error.kind() == ErrorKind::MasterNameNotFoundBySentinel {
        return Some("is not known to them: its name comes after the hosts");
    }
    // The redis crate keeps what rustls says as text alone.
    let text = error.to_string();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["invalid peer certificate"]) {
        // A new certificate may be there before the next try.
        return if says(&["Expired", "NotValidYet", "expired", "not valid yet"]) {
            None
        } else if says(&["NotValidForName", "not valid for name"]) {
            Some("has a certificate of another host: name it in REDIS_URL as the certificate does")
        } else {
            Some(
                "has a certificate that nobody trusted here has signed: name the certificate of \
                 its CA in REDIS_CA_FILE",
            )
        };
    }
    if says(&["InvalidContentType"]) {
        return Some("speaks no TLS: it is redis:// there");
    }
    if says(&["CertificateRequired", "certificate required"]) {
        return Some("asks for a certificate of ours: set REDIS_CERT_FILE and REDIS_KEY_FILE");
    }
    None
}

/// What else it may be that Redis cannot be reached, to be tried beside starting it.
pub(super) fn guess(error: &RedisError, is_tls: bool) -> &'static str {
    if is_tls && error.is_timeout() {
        // A Redis without TLS waits for more.
        " (if it speaks no TLS there, it is redis://)"
    } else if !is_tls && error.is_connection_dropped() {
        " (if it speaks TLS there, it is rediss://)"
    } else {
        ""
    }
}
