//! `aareguru-mcp hash-key`: reads or generates an API key, and prints its entry for `API_KEYS`. The
//! key is not a command line argument, because other users of the machine can read those.

use std::io::{self, IsTerminal, Write};

use anyhow::{Context, bail};

/// The prefix of a generated key, by which secret scanners and people recognize it.
const KEY_PREFIX: &str = "aare_";

/// The number of random bytes of a generated key.
const RANDOM_BYTES: usize = 24;

/// Reads or generates a key, and prints its entry.
///
/// # Errors
///
/// The key or the name is invalid, or the terminal cannot be read.
pub fn run(name: Option<&str>, generate: bool) -> anyhow::Result<()> {
    let key = if generate {
        let key = generate_key()?;
        writeln!(
            io::stderr(),
            "the API key, which is not shown again; give it to its user:\n{key}"
        )?;
        key
    } else {
        read_key()?
    };
    let entry = match name {
        Some(name) => format!("{name}:{}", edge::hash_api_key(&key)),
        None => edge::hash_api_key(&key),
    };
    edge::validate_key_entry(&entry)?;
    edge::validate_key_entry(&format!("x:{key}"))?;
    writeln!(io::stdout(), "{entry}").context("cannot write to standard output")
}

fn generate_key() -> anyhow::Result<String> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).context("cannot get random bytes from the system")?;
    let hex = bytes.map(|byte| format!("{byte:02x}")).concat();
    Ok(format!("{KEY_PREFIX}{hex}"))
}

/// Reads the first line of standard input, or prompts for it without echo in a terminal.
fn read_key() -> anyhow::Result<String> {
    let line = if io::stdin().is_terminal() {
        rpassword::prompt_password("API key: ").context("cannot read from the terminal")?
    } else {
        let mut line = String::new();
        io::stdin()
            .read_line(&mut line)
            .context("cannot read standard input")?;
        line
    };
    let key = line.trim();
    if key.is_empty() {
        bail!("no key on standard input: type or pipe one, or use --generate");
    }
    Ok(key.to_owned())
}
