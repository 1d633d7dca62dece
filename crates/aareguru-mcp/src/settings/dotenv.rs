//! Parses a `.env` file: shell assignments, one per line.
//!
//! The established crates lose the line numbers, which errors need, and expand `$`, which is an
//! ordinary character here because a key may contain it.

use std::path::Path;

use super::problem::Problem;

/// One assignment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    /// In upper case.
    pub(super) variable: String,
    pub(super) value: String,
    /// Counted from 1.
    pub(super) line: usize,
}

/// Parses the assignments of a file, in order.
pub(super) fn parse(path: &Path, text: &str) -> Result<Vec<Assignment>, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut assignments = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while !rest.is_empty() {
        let (taken, assignment) = next(rest).map_err(|reason| Problem::Line {
            path: path.to_owned(),
            line,
            reason: reason.to_owned(),
        })?;
        if let Some((variable, value)) = assignment {
            assignments.push(Assignment {
                variable: variable.to_ascii_uppercase(),
                value,
                line,
            });
        }
        line += rest[..taken].matches('\n').count();
        rest = &rest[taken..];
    }
    Ok(assignments)
}

type Pair<'a> = (&'a str, String);

/// Parses the next assignment, which spans several lines if its value is quoted, and returns it
/// with the number of bytes consumed.
fn next(text: &str) -> Result<(usize, Option<Pair<'_>>), &'static str> {
    let end = text.find('\n').map_or(text.len(), |at| at + 1);
    let line = text[..end].trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok((end, None));
    }
    let line = line.strip_prefix("export ").unwrap_or(line);
    let Some((variable, _)) = line.split_once('=') else {
        let is_name = line.chars().all(is_name_character);
        return if is_name {
            Ok((end, None))
        } else {
            Err("expected `NAME=value`")
        };
    };
    let variable = variable.trim();
    if variable.is_empty() || !variable.chars().all(is_name_character) {
        return Err("expected `NAME=value`; a name has letters, digits and `_`");
    }
    let begin = text.find('=').expect("the line has one") + 1;
    let value = text[begin..].trim_start_matches([' ', '\t']);
    let begin = text.len() - value.len();
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let (value, length) = quoted(&value[1..], quote)?;
            let after = begin + 1 + length;
            let end = text[after..]
                .find('\n')
                .map_or(text.len(), |at| after + at + 1);
            let remainder = text[after..end].trim();
            if !remainder.is_empty() && !remainder.starts_with('#') {
                return Err("something follows the closing quote");
            }
            Ok((end, Some((variable, value))))
        }
        _ => Ok((end, Some((variable, unquoted(&text[begin.min(end)..end]))))),
    }
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-')
}

/// Returns the value up to the end of the line or to a comment, which follows a space.
fn unquoted(value: &str) -> String {
    let comment = value
        .char_indices()
        .find(|&(at, c)| c == '#' && value[..at].chars().last().is_none_or(char::is_whitespace));
    let end = comment.map_or(value.len(), |(at, _)| at);
    value[..end].trim().to_owned()
}

/// Returns the value up to the closing quote, and the number of bytes consumed including the quote.
/// Escapes are recognized in double quotes only.
fn quoted(text: &str, quote: char) -> Result<(String, usize), &'static str> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            c if c == quote => return Ok((value, at + 1)),
            '\\' if quote == '"' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, 't')) => value.push('\t'),
                Some((_, c @ ('"' | '\\' | '$'))) => value.push(c),
                Some((_, c)) => value.extend(['\\', c]),
                None => break,
            },
            c => value.push(c),
        }
    }
    Err("the closing quote is missing")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(text: &str) -> Vec<(String, String, usize)> {
        parse(Path::new(".env"), text)
            .unwrap()
            .into_iter()
            .map(|a| (a.variable, a.value, a.line))
            .collect()
    }

    #[track_caller]
    fn value(text: &str, expected: &str) {
        assert_eq!(pairs(text), [("A".to_owned(), expected.to_owned(), 1)]);
    }

    #[test]
    fn values_are_parsed_as_by_a_shell() {
        value("A=b", "b");
        value("A=", "");
        value("A=\n", "");
        value("A = b c \r\n", "b c");
        value("export A=b", "b");
        value("a=b", "b");
        value("A=b # why", "b");
        value("A=b#c", "b#c");
        value("A=# nothing", "");
        value("A='b # c' # why", "b # c");
        value("A='b\\n'", "b\\n");
        value(r#"A="b\n\"c\" \\ \$d \e""#, "b\n\"c\" \\ $d \\e");
        value("A=$HOME/${x}", "$HOME/${x}");
        value("A=b=c", "b=c");
        value("\u{feff}A=b", "b");
    }

    #[test]
    fn line_numbers_count_comments_and_multiline_values() {
        let text = "# one\n\nA='x\ny'\nB=1\nC\nD=2";
        let lines: Vec<_> = pairs(text).into_iter().map(|(n, _, l)| (n, l)).collect();
        let expected = [("A", 3), ("B", 5), ("D", 7)];
        assert_eq!(lines, expected.map(|(n, l)| (n.to_owned(), l)));
    }

    #[test]
    fn invalid_lines_are_reported_with_their_number() {
        for (text, line, reason) in [
            ("A=1\nwhat is this", 2, "expected `NAME=value`"),
            ("A=1\n\nB='x", 3, "the closing quote is missing"),
            ("A='x' y", 1, "something follows the closing quote"),
            ("=x", 1, "expected `NAME=value`; a name"),
        ] {
            let error = parse(Path::new("a/.env"), text).unwrap_err().to_string();
            let start = format!("a/.env line {line}: {reason}");
            assert!(error.starts_with(&start), "{error}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_does_not_panic(text in "[A-C='\"\\\\# \n\r\tä$-]{0,40}") {
            let _ = parse(Path::new(".env"), &text);
        }

        #[test]
        fn quoted_value_round_trips(value in "[^\\\\\"$]*") {
            let text = format!("A=\"{value}\"");
            prop_assert_eq!(&pairs(&text)[0].1, &value);
        }
    }
}
