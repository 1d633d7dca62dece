//! The calls of a run, with their weights.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use fastrand::Rng;

use crate::client::RequestTemplate;

/// Calls with their weights.
#[derive(Debug, Clone)]
pub(crate) struct Mix {
    parts: Vec<Part>,
    total: u64,
}

#[derive(Debug, Clone)]
struct Part {
    name: String,
    weight: u64,
    call: RequestTemplate,
}

impl Mix {
    /// Parses `parts` such as `get_forecast=2`, a tool, or a method such as `ping` or
    /// `resources/read`, with a weight (default 1), and `arguments` such as
    /// `get_forecast={"city":"bern"}`.
    pub(crate) fn parse(parts: &[String], arguments: &[String]) -> anyhow::Result<Self> {
        let mut given = BTreeMap::new();
        for argument in arguments {
            let (name, json) = argument.split_once('=').with_context(|| {
                format!("`{argument}` is not NAME=JSON such as get_forecast={{\"city\":\"bern\"}}")
            })?;
            ensure!(
                serde_json::from_str::<serde_json::Map<_, _>>(json).is_ok(),
                "the arguments of `{name}` are not a JSON object: {json}"
            );
            given.insert(name, json);
        }
        let parts = parts
            .iter()
            .map(|part| Part::parse(part, &given))
            .collect::<anyhow::Result<Vec<_>>>()?;
        given.retain(|name, _| parts.iter().all(|part| part.name != *name));
        if let Some(name) = given.keys().next() {
            bail!("arguments are given for `{name}`, which is not in the mix");
        }
        let total = parts.iter().map(|part| part.weight).sum();
        ensure!(total > 0, "--mix contains no call with a weight above 0");
        Ok(Self { parts, total })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.parts.iter().map(|part| part.name.clone()).collect()
    }

    /// Returns a random call and its index.
    pub(super) fn draw(&self, random: &mut Rng) -> (usize, &RequestTemplate) {
        let mut left = random.u64(..self.total);
        for (index, part) in self.parts.iter().enumerate() {
            if left < part.weight {
                return (index, &part.call);
            }
            left -= part.weight;
        }
        unreachable!("the number is less than the sum of all weights")
    }
}

impl Part {
    fn parse(part: &str, given: &BTreeMap<&str, &str>) -> anyhow::Result<Self> {
        let (name, weight) = part.split_once('=').unwrap_or((part, "1"));
        let weight = weight.parse().with_context(|| {
            format!("`{weight}` is not a weight for `{name}`: expected a whole number")
        })?;
        ensure!(!name.is_empty(), "`{part}` has no tool name");
        let arguments = given.get(name).copied().unwrap_or("{}");
        let is_method = name == "ping" || name.contains('/');
        let call = if is_method {
            RequestTemplate::method(name, arguments)
        } else {
            RequestTemplate::new(name, arguments)
        };
        Ok(Self {
            name: name.to_owned(),
            weight,
            call,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mix(parts: &[&str], arguments: &[&str]) -> anyhow::Result<Mix> {
        let owned = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        Mix::parse(&owned(parts), &owned(arguments))
    }

    #[test]
    fn calls_are_drawn_by_weight() {
        let mix = mix(&["a=3", "ping"], &[r#"a={"x":1}"#]).unwrap();
        let mut random = Rng::with_seed(1);
        let drawn = (0..4_000).filter(|_| mix.draw(&mut random).0 == 0).count();
        assert!((2_850..3_150).contains(&drawn), "{drawn}");
        let request = mix.parts[0].call.request(5);
        assert_eq!(
            request,
            r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"a","arguments":{"x":1}}}"#
        );
        assert!(mix.parts[1].call.request(5).contains(r#""method":"ping""#));
    }

    #[test]
    fn invalid_mix_is_an_error() {
        for (parts, arguments, says) in [
            (&["a=x"][..], &[][..], "`x` is not a weight for `a`"),
            (&["a=0"], &[], "no call with a weight above 0"),
            (
                &["a"],
                &["a=[]"],
                "the arguments of `a` are not a JSON object: []",
            ),
            (&["a"], &["b={}"], "`b`, which is not in the mix"),
        ] {
            let error = mix(parts, arguments).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
