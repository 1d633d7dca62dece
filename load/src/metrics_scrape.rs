//! A server's own metrics, from `/metrics`.

use anyhow::Context;

use crate::{client::HttpClient, load_target::LoadTarget};

/// Returns the value of a metric without labels from the text of a scrape.
pub(crate) fn value(scrape: &str, name: &str) -> anyhow::Result<f64> {
    let mut lines = scrape.lines().filter_map(|line| line.strip_prefix(name));
    let value = lines.find_map(|rest| rest.strip_prefix(' '));
    let value = value.with_context(|| format!("/metrics has no `{name}`"))?;
    value
        .trim()
        .parse()
        .with_context(|| format!("`{name}` is not a number: {value}"))
}

pub(crate) async fn fetch(target: &LoadTarget) -> anyhow::Result<String> {
    Ok(HttpClient::new(target, 0).get_text("/metrics").await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metric_is_found_by_its_whole_name() {
        let scrape = "# TYPE a_sessions gauge\na_sessions_opened 7\na_sessions 3\n";
        assert_eq!(value(scrape, "a_sessions").unwrap(), 3.0);
        assert!(value(scrape, "a_sess").is_err());
    }
}
