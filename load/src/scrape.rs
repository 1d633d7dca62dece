//! What a server tells of itself at `/metrics`.

use anyhow::{Context, ensure};

use crate::{
    client::{Wire, source},
    server::Target,
};

/// The value of a metric without labels, in the text of a scrape.
pub(crate) fn value(scrape: &str, name: &str) -> anyhow::Result<f64> {
    let mut lines = scrape.lines().filter_map(|line| line.strip_prefix(name));
    let value = lines.find_map(|rest| rest.strip_prefix(' '));
    let value = value.with_context(|| format!("/metrics does not tell `{name}`"))?;
    value
        .trim()
        .parse()
        .with_context(|| format!("`{name}` is no number: {value}"))
}

/// Fetches the text.
pub(crate) async fn fetch(target: &Target) -> anyhow::Result<String> {
    let address = target.address;
    let mut wire = Wire::connect(address, source(0)).await?;
    let get = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    wire.send(get.as_bytes()).await?;
    let head = wire.head().await?;
    ensure!(head.status == 200, "/metrics answers {}", head.status);
    let text = wire.body(&head.body).await?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_found_by_its_whole_name() {
        let scrape = "# TYPE a_sessions gauge\na_sessions_opened 7\na_sessions 3\n";
        assert_eq!(value(scrape, "a_sessions").unwrap(), 3.0);
        assert!(value(scrape, "a_sess").is_err());
    }
}
