//! An operation in a query string.

use async_graphql::Request as Operation;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// The operation, or `None` if there is no `query`. Parameters that are not
/// GraphQL's are not looked at.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn read(query: &str) -> Result<Option<Operation>, String> {
    let mut members = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decoded(name)?;
        if !matches!(
            name.as_str(),
            "query" | "operationName" | "variables" | "extensions"
        ) {
            continue;
        }
        let value = decoded(value)?;
        let value = match name.as_str() {
            "variables" | "extensions" if value.is_empty() => Value::Null,
            "variables" | "extensions" => serde_json::from_str(&value)
                .map_err(|error| format!("`{name}` is not JSON: {error}"))?,
            "operationName" if value.is_empty() => Value::Null,
            _ => Value::String(value),
        };
        if members.insert(name.clone(), value).is_some() {
            return Err(format!("`{name}` is there twice"));
        }
    }
    if !members.contains_key("query") {
        return Ok(None);
    }
    super::operation(members).map(Some)
}

fn decoded(text: &str) -> Result<String, String> {
    let text = text.replace('+', " ");
    let decoded = percent_decode_str(&text).decode_utf8();
    let decoded = decoded.map_err(|_| "the query string is not UTF-8".to_owned())?;
    Ok(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_read_from_its_parameters() {
        let query = "api_key=x&query=query+A%28%24a%3AString%21%29%7Bplace%28name%3A%24a%29%7Bid%7D%7D\
                     &operationName=A&variables=%7B%22a%22%3A%22B%C3%A4rn%22%7D";
        let operation = read(query).unwrap().unwrap();
        assert_eq!(operation.query, "query A($a:String!){place(name:$a){id}}");
        assert_eq!(operation.operation_name.as_deref(), Some("A"));
        let name = serde_json::to_value(&operation.variables).unwrap();
        assert_eq!(name["a"], "Bärn");
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(read("").unwrap().is_none());
        assert!(read("api_key=x").unwrap().is_none());
        for (query, named) in [
            ("query=", "`query`"),
            ("query={a}&query={b}", "`query` is there twice"),
            ("query={a}&variables={", "`variables` is not JSON"),
            ("query={a}&variables=1", "`variables` is not an object"),
            ("query=%ff", "UTF-8"),
        ] {
            let error = read(query).err().unwrap();
            assert!(error.contains(named), "{query}: {error}");
        }
    }
}
