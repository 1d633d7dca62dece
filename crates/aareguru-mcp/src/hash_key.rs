//! `hash-key`: makes a key, or takes one, and prints the entry that lets it in.
//! The key is never an argument, because others can read those.

use std::io::{self, IsTerminal, Write};

use anyhow::{Context, bail};

use crate::guard;

/// What a generated key begins with, so that whoever finds one knows what it
/// is.
const PREFIX: &str = "aare_";

/// The random bytes of a generated key: far more than can be guessed.
const RANDOM_BYTES: usize = 24;

/// Reads or makes a key and prints its entry.
///
/// # Errors
///
/// What is no key or no name, or a terminal that cannot be read.
pub fn run(name: Option<&str>, generate: bool) -> anyhow::Result<()> {
    let key = if generate {
        let key = generated()?;
        writeln!(
            io::stderr(),
            "the key, to be given to its user; it is not shown again:\n{key}"
        )?;
        key
    } else {
        read()?
    };
    let entry = match name {
        Some(name) => format!("{name}:{}", guard::hash(&key)),
        None => guard::hash(&key),
    };
    guard::check_entry(&entry)?;
    guard::check_entry(&format!("x:{key}"))?;
    writeln!(io::stdout(), "{entry}").context("writing to standard output")
}

fn generated() -> anyhow::Result<String> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).context("asking the system for random bytes")?;
    let hex = bytes.map(|byte| format!("{byte:02x}")).concat();
    Ok(format!("{PREFIX}{hex}"))
}

/// The first line of standard input; in a terminal it is asked for, and not
/// shown.
fn read() -> anyhow::Result<String> {
    let line = if io::stdin().is_terminal() {
        rpassword::prompt_password("API key: ").context("reading the terminal")?
    } else {
        let mut line = String::new();
        io::stdin()
            .read_line(&mut line)
            .context("reading standard input")?;
        line
    };
    let key = line.trim();
    if key.is_empty() {
        bail!("no key on standard input: type or pipe one, or let --generate make one");
    }
    Ok(key.to_owned())
}
