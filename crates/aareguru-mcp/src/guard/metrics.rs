//! What the checks count. Every label has few values: reasons, and the names
//! of keys.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

/// Counters by the value of one label, made once.
#[derive(Clone)]
pub(super) struct ByReason<const N: usize>([(&'static str, Counter); N]);

impl<const N: usize> ByReason<N> {
    pub(super) fn increment(&self, reason: &str) {
        if let Some((_, counter)) = self.0.iter().find(|(label, _)| *label == reason) {
            counter.increment(1);
        }
    }
}

/// Requests that were refused for their `Host` or their `Origin`.
pub(super) fn rebinding_refused() -> ByReason<2> {
    let name = "aareguru_mcp_rebinding_refused_total";
    describe_counter!(name, "Requests refused for their Host or Origin, by header");
    ByReason(["host", "origin"].map(|header| (header, counter!(name, "header" => header))))
}

/// Requests that were refused for their key, or for want of one.
pub(super) fn auth_refused() -> ByReason<4> {
    let name = "aareguru_mcp_auth_refused_total";
    describe_counter!(
        name,
        "Requests refused for want of a valid API key, by reason"
    );
    let reasons = ["missing", "malformed", "wrong", "revoked"];
    ByReason(reasons.map(|reason| (reason, counter!(name, "reason" => reason))))
}

/// Requests that say whom they come from, and are not believed.
pub(super) fn forwarding_ignored() -> Counter {
    let name = "aareguru_mcp_forwarding_ignored_total";
    describe_counter!(
        name,
        "Requests whose X-Forwarded-For or Forwarded was not believed, because it does not come \
         from one of TRUSTED_PROXIES"
    );
    counter!(name)
}

/// Requests over the limit, by what they were counted for.
pub(super) fn rate_limited() -> ByReason<3> {
    let name = "aareguru_mcp_rate_limited_total";
    describe_counter!(
        name,
        "Requests over the rate limit, by what they were counted for: key, address, or newcomers \
         (all new addresses together, when there are too many to be told apart)"
    );
    let by = ["key", "address", "newcomers"];
    ByReason(by.map(|by| (by, counter!(name, "by" => by))))
}

/// How many clients the rate limit knows apart.
pub(super) fn rate_limit_clients() -> Gauge {
    let name = "aareguru_mcp_rate_limit_clients";
    describe_gauge!(name, "Clients that the rate limit tells apart now");
    gauge!(name)
}

/// How many keys let somebody in.
pub(super) fn keys() -> Gauge {
    let name = "aareguru_mcp_api_keys";
    describe_gauge!(name, "API keys in effect");
    gauge!(name)
}

/// Requests with a valid key, by its name.
pub(super) fn requests_of(key: &str) -> Counter {
    let name = "aareguru_mcp_api_key_requests_total";
    describe_counter!(name, "Requests with a valid API key, by the key's name");
    counter!(name, "key" => key.to_owned())
}

/// How often the keys were read again.
pub(super) fn reloads() -> ByReason<2> {
    let name = "aareguru_mcp_api_key_reloads_total";
    describe_counter!(name, "Times the API keys were read again, by outcome");
    ByReason(["ok", "failed"].map(|outcome| (outcome, counter!(name, "outcome" => outcome))))
}

impl<const N: usize> std::fmt::Debug for ByReason<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let labels = self.0.iter().map(|(label, _)| label);
        f.debug_set().entries(labels).finish()
    }
}
