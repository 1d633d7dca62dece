//! The documents that are made from the settings, and the tests that they are
//! up to date. `make docs` writes them.

use std::{env, fmt::Write, fs, path::Path};

use super::{
    Settings,
    field::{Field, fields},
};

const INTRODUCTION: &str = "\
# Configuration

This file is made from `crates/aareguru-mcp/src/settings.rs` by `make docs`.

A setting has one name in three spellings: the flag `--http-port 9000`, the environment variable `HTTP_PORT=9000`, and the key `http_port = 9000` in a TOML file.
What stands first in this list wins, for each setting by itself:

1. the flag
2. the environment variable
3. the `.env` file: the one in the working directory if there is one, or the one that `--env-file` or `ENV_FILE` names
4. the TOML file that `--config` or `CONFIG_FILE` names; none is read unless named
5. the default

`aareguru-mcp check-config` shows what is in effect and where each value comes from (`--json` for programs), and checks all that `serve` checks before it listens; the exit code is 0 if nothing is wrong.
Secrets are never shown, neither there nor in messages and logs.

- In the environment and in `.env`, an empty value is as good as none, and a list is separated by commas.
  A truth value is `true`, `yes`, `on` or `1`, or `false`, `no`, `off` or `0`.
- In `.env`, a line is `NAME=value`, as in a shell: `export`, `#` comments, and single or double quotes are understood; `$` is an ordinary character.
  Names that are no setting are left to other programs.
  `--env-file /dev/null` reads none.
- In the TOML file, a table's name may stand for the beginning of its keys' names: `http_port = 9000` is the same as `port = 9000` below `[http]`.
  Lists are arrays of strings.
  A key that is no setting is an error.

[`.env.example`](../.env.example) and [`config.example.toml`](../config.example.toml) hold every setting with its default.
";

/// `docs/CONFIGURATION.md`.
fn configuration() -> String {
    let mut text = INTRODUCTION.to_owned();
    for (at, field) in fields::<Settings>().iter().enumerate() {
        if begins_group(at) {
            let _ = write!(text, "\n## {}\n\n", field.heading());
            text.push_str("| setting | default | meaning |\n|---|---|---|\n");
        }
        let default = default(field);
        let default = match default.as_str() {
            "" => "none".to_owned(),
            default => format!("`{default}`"),
        };
        let names: Vec<_> = field.names().map(|n| n.to_ascii_uppercase()).collect();
        let secret = if field.is_secret() { " Secret." } else { "" };
        let _ = writeln!(
            text,
            "| `{}` | {default} | {}{secret} |",
            names.join("`, `"),
            help(field).replace("\n\n", "<br>").replace('\n', " "),
        );
    }
    text
}

/// `.env.example`.
fn dotenv() -> String {
    let mut text = "\
# Every setting with its default. Copy this file to `.env`, and take the `#` away from the lines
# that you change. Made by `make docs`; docs/CONFIGURATION.md tells more.
"
    .to_owned();
    example(&mut text, |field| {
        let default = default(field);
        let quote = if default.contains([' ', '#']) {
            "\""
        } else {
            ""
        };
        format!("{}={quote}{default}{quote}", field.variable())
    });
    text
}

/// `config.example.toml`.
fn toml() -> String {
    let mut text = "\
# Every setting with its default. Copy this file, take the `#` away from the lines that you change,
# and name it: `aareguru-mcp serve --config config.toml`. Made by `make docs`;
# docs/CONFIGURATION.md tells more.
"
    .to_owned();
    example(&mut text, |field| {
        let default = default(field);
        let quoted = |value: &str| format!("{value:?}");
        let value = if field.is_list() {
            let values: Vec<_> = default.split(',').filter(|v| !v.is_empty()).collect();
            let values: Vec<_> = values.into_iter().map(quoted).collect();
            format!("[{}]", values.join(", "))
        } else if default.parse::<i64>().is_ok() || default.parse::<bool>().is_ok() {
            default
        } else {
            quoted(&default)
        };
        format!("{} = {value}", field.name())
    });
    text
}

/// Writes each setting as a comment and a line that is commented out.
fn example(text: &mut String, line: impl Fn(&Field) -> String) {
    for (at, field) in fields::<Settings>().iter().enumerate() {
        if field.is_hidden() {
            continue;
        }
        if begins_group(at) {
            let rule = "-".repeat(96 - field.heading().len());
            let _ = write!(text, "\n# {} {rule}\n", field.heading());
        }
        text.push('\n');
        for line in help(field).lines() {
            comment(text, line);
        }
        let _ = writeln!(text, "#{}", line(field));
    }
}

/// Writes a paragraph as comments of at most 100 characters a line.
fn comment(text: &mut String, paragraph: &str) {
    let mut line = "#".to_owned();
    for word in paragraph.split_whitespace() {
        if line.len() + 1 + word.len() > 100 {
            let _ = writeln!(text, "{line}");
            line = "#".to_owned();
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}

/// Whether the setting has another heading than the one before.
fn begins_group(at: usize) -> bool {
    let fields = fields::<Settings>();
    at == 0 || fields[at - 1].heading() != fields[at].heading()
}

fn default(field: &Field) -> String {
    let values = field.default();
    let values: Vec<_> = values.iter().map(|v| v.to_str().unwrap()).collect();
    values.join(",")
}

/// What it means, with the choices it has.
fn help(field: &Field) -> String {
    let arg = field.arg();
    let help = arg.get_long_help().or(arg.get_help()).unwrap().to_string();
    let sentence = if help.ends_with('.') { "" } else { "." };
    format!("{help}{sentence}")
}

#[track_caller]
pub(crate) fn is_up_to_date(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(file);
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == text, "{file} is out of date: run `make docs`");
}

#[test]
fn the_page_of_settings_is_up_to_date() {
    is_up_to_date("docs/CONFIGURATION.md", &configuration());
}

#[test]
fn the_example_of_a_dotenv_file_is_up_to_date() {
    is_up_to_date(".env.example", &dotenv());
}

#[test]
fn the_example_of_a_toml_file_is_up_to_date() {
    is_up_to_date("config.example.toml", &toml());
}

/// The example with every setting switched on.
fn switched_on(example: &str) -> String {
    let lines = example.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') => setting,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_examples_say_the_defaults_when_switched_on() {
    use super::{Effective, Origin, dotenv as parser, file, layers};

    let fields = fields::<Settings>();
    let path = Path::new("example");
    let defaults = layers::resolve::<Settings>(&[]).unwrap();

    let given = file::parse(&fields, path, &switched_on(&toml())).unwrap();
    let visible = fields.iter().filter(|field| !field.is_hidden()).count();
    assert_eq!(given.len(), visible);
    let given = given.into_iter().filter(|given| {
        let unset = given.values.iter().all(|value| value.is_empty());
        !unset
    });
    let by_file = layers::resolve::<Settings>(&[given.collect()]).unwrap();

    let assignments = parser::parse(path, &switched_on(&dotenv())).unwrap();
    assert_eq!(assignments.len(), visible);
    let given = layers::variables(&fields, |variable| {
        let found = assignments.iter().find(|a| a.variable == variable)?;
        Some(((&found.value).into(), Origin::Flag))
    });
    let by_dotenv = layers::resolve::<Settings>(&[given]).unwrap();

    let values = |effective: &Effective| {
        let values = effective.values.iter();
        let pairs = values.map(|v| (v.variable.clone(), v.shown.clone()));
        pairs.collect::<Vec<_>>()
    };
    assert_eq!(values(&by_file), values(&defaults));
    assert_eq!(values(&by_dotenv), values(&defaults));
}
