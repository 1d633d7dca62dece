//! Parses the TOML file. `http_port = 8000` may also be written as `port = 8000` in `[http]`.

use std::{cmp::Reverse, ffi::OsString, mem, path::Path};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Origin, field::Field, layers::LayerValue, problem::Problem};

/// Parses the settings in the file, or reports every problem in it.
pub(super) fn parse(
    fields: &[Field],
    path: &Path,
    text: &str,
) -> Result<Vec<LayerValue>, Vec<Problem>> {
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        vec![Problem::Line {
            path: path.to_owned(),
            line: line(text, at),
            reason: error.message().to_owned(),
        }]
    })?;
    let mut reader = Reader {
        fields,
        path,
        text,
        parsed: Vec::new(),
        problems: Vec::new(),
    };
    reader.read_table("", table.get_ref());
    reader.finish()
}

struct Reader<'a> {
    fields: &'a [Field],
    path: &'a Path,
    text: &'a str,
    /// Line, name and values of each setting.
    parsed: Vec<(usize, String, Vec<OsString>)>,
    /// Each with its line.
    problems: Vec<(usize, Problem)>,
}

impl<'a> Reader<'a> {
    fn read_table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = format!("{prefix}{}", key.get_ref());
            let line = line(self.text, key.span().start);
            match (self.field(&name), value.get_ref()) {
                (Some(field), value) => self.read_value(line, field, value),
                (None, DeValue::Table(table)) => self.read_table(&format!("{name}_"), table),
                (None, _) => self.reject_key(line, &name),
            }
        }
    }

    fn field(&self, key: &str) -> Option<&'a Field> {
        let mut fields = self.fields.iter();
        fields.find(|field| field.names().any(|name| name == key))
    }

    fn read_value(&mut self, line: usize, field: &Field, value: &DeValue<'_>) {
        let values = match value {
            DeValue::Array(array) if field.is_list() => {
                array.iter().map(Spanned::get_ref).map(scalar).collect()
            }
            value => scalar(value).map(|value| vec![value]),
        };
        let Some(values) = values else {
            let expected = if field.is_list() {
                "a list of strings, such as [\"a\", \"b\"]"
            } else {
                "one value"
            };
            let reason = format!(
                "{} must be {expected}, not of type {}",
                field.name(),
                value.type_str()
            );
            return self.reject_line(line, reason);
        };
        self.parsed.push((line, field.name().to_owned(), values));
    }

    /// Returns the values in the order of the file; the parser sorts tables by key.
    fn finish(mut self) -> Result<Vec<LayerValue>, Vec<Problem>> {
        let mut parsed = mem::take(&mut self.parsed);
        parsed.sort();
        let mut layer: Vec<LayerValue> = Vec::new();
        for (line, name, values) in parsed {
            if let Some(before) = layer.iter().find(|value| value.name == name) {
                let reason = format!("{name} is set twice, also in {}", before.origin);
                self.reject_line(line, reason);
                continue;
            }
            let path = self.path.to_owned();
            let origin = Origin::File { path, line };
            layer.push(LayerValue {
                name,
                values,
                origin,
            });
        }
        if self.problems.is_empty() {
            return Ok(layer);
        }
        self.problems.sort_by_key(|&(line, _)| line);
        let problems = self.problems.into_iter().map(|(_, problem)| problem);
        Err(problems.collect())
    }

    fn reject_key(&mut self, line: usize, key: &str) {
        let visible = self.fields.iter().filter(|field| !field.is_hidden());
        let mut names: Vec<_> = visible.map(Field::name).collect();
        names.sort_by_key(|name| {
            // The similarity is a float between 0 and 1, which has no total order.
            Reverse((strsim::jaro_winkler(name, key) * 1e6) as u32)
        });
        let problem = Problem::UnknownKey {
            path: self.path.to_owned(),
            line,
            key: key.to_owned(),
            allowed: names.join(", "),
        };
        self.problems.push((line, problem));
    }

    fn reject_line(&mut self, line: usize, reason: String) {
        let problem = Problem::Line {
            path: self.path.to_owned(),
            line,
            reason,
        };
        self.problems.push((line, problem));
    }
}

/// Returns the value as written in the environment, or `None` if it is not a string, number or
/// boolean.
fn scalar(value: &DeValue<'_>) -> Option<OsString> {
    let text = match value {
        DeValue::String(text) => text.clone().into_owned(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
        DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix())
            .ok()?
            .to_string(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => return None,
    };
    Some(text.into())
}

/// Returns the line of a byte, counted from 1.
fn line(text: &str, at: usize) -> usize {
    let before = text.as_bytes().iter().take(at);
    1 + before.filter(|&&byte| byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Settings, field::fields};

    fn parse(text: &str) -> Result<Vec<(String, String, usize)>, String> {
        let path = Path::new("aare.toml");
        let layer = super::parse(&fields::<Settings>(), path, text).map_err(|problems| {
            let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
            problems.join("\n")
        })?;
        let simple = layer.into_iter().map(|value| {
            let Origin::File { line, .. } = value.origin else {
                panic!("{:?}", value.origin)
            };
            let values: Vec<_> = value.values.iter().map(|v| v.to_str().unwrap()).collect();
            (value.name, values.join("|"), line)
        });
        Ok(simple.collect())
    }

    #[track_caller]
    fn sets(text: &str, name: &str, value: &str, line: usize) {
        let expected = [(name.to_owned(), value.to_owned(), line)];
        assert_eq!(parse(text).unwrap(), expected, "{text}");
    }

    #[test]
    fn key_may_be_written_in_a_table() {
        sets("http_port = 9000", "http_port", "9000", 1);
        sets("# the port\n[http]\nport = 9000", "http_port", "9000", 3);
        sets("http.port = 9000", "http_port", "9000", 1);
        sets("[http.client]\ntimeout = 3", "http_client_timeout", "3", 2);
        sets("port = 9000", "http_port", "9000", 1);
        assert_eq!(parse("[http]\n").unwrap(), []);
    }

    #[test]
    fn scalars_and_lists_are_accepted() {
        sets("http_port = '9000'", "http_port", "9000", 1);
        sets("http_port = 0x2328", "http_port", "9000", 1);
        sets("sse_max_sessions = 1_000", "sse_max_sessions", "1000", 1);
        sets("use_full_sse = true", "use_full_sse", "true", 1);
        sets("allowed_hosts = ['a', 'b:*']", "allowed_hosts", "a|b:*", 1);
        sets("allowed_hosts = 'a,b:*'", "allowed_hosts", "a,b:*", 1);
    }

    #[track_caller]
    fn fails(text: &str, message: &str) {
        let error = parse(text).unwrap_err();
        assert!(error.starts_with(message), "{error}");
    }

    #[test]
    fn invalid_lines_are_reported_with_their_number() {
        fails(
            "\n[http]\nprot = 1",
            "aare.toml line 3: unknown setting `http_prot`; the settings are, nearest first: \
             http_port, ",
        );
        fails("http_port =", "aare.toml line 1: ");
        fails(
            "http_port = [1, 2]",
            "aare.toml line 1: http_port must be one value, not of type array",
        );
        fails(
            "http_port = 1\n[http]\nport = 2",
            "aare.toml line 3: http_port is set twice, also in aare.toml line 1",
        );
        fails(
            "\nallowed_hosts = [['a']]",
            "aare.toml line 2: allowed_hosts must be a list of strings",
        );
        fails(
            "http_port = 2020-01-01",
            "aare.toml line 1: http_port must be one value",
        );
    }

    #[test]
    fn problems_are_reported_in_file_order() {
        let error = parse("zzz = 1\naaa = 2").unwrap_err();
        let lines: Vec<_> = error.lines().map(|l| l.split('`').nth(1)).collect();
        assert_eq!(lines, [Some("zzz"), Some("aaa")]);
    }
}
