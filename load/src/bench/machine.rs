//! Where and with what was measured.

use std::{fmt, fs, process::Command, thread};

use anyhow::Context;
use jiff::Zoned;

use crate::process;

/// The libraries whose versions change the numbers.
const LIBRARIES: [&str; 6] = ["axum", "hyper", "rmcp", "serde_json", "tokio", "tower-http"];

/// As cargo resolved it for this program.
const LOCK_FILE: &str = include_str!("../../../Cargo.lock");

#[derive(Debug)]
pub(crate) struct Machine {
    processor: String,
    pub(super) cores: usize,
    memory_gib: u64,
    kernel: String,
}

impl Machine {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let processors = read("/proc/cpuinfo")?;
        let processor = processors
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
            .map_or("unknown processor", |(_, name)| name);
        let memory = process::field(&read("/proc/meminfo")?, "MemTotal:").unwrap_or_default();
        Ok(Self {
            processor: processor.to_owned(),
            cores: thread::available_parallelism()
                .context("counting the cores")?
                .get(),
            memory_gib: memory / 1024 / 1024,
            kernel: read("/proc/sys/kernel/osrelease")?.trim().to_owned(),
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            processor,
            cores,
            memory_gib,
            kernel,
        } = self;
        writeln!(f, "- Date: {}", Zoned::now().date())?;
        writeln!(
            f,
            "- Machine: {processor}, {cores} cores, {memory_gib} GiB, Linux {kernel}"
        )?;
        let libraries =
            LIBRARIES.map(|name| format!("{name} {}", versions(LOCK_FILE, name).join(" and ")));
        writeln!(
            f,
            "- Versions: {}; {}; commit {}",
            libraries.join(", "),
            said_by("rustc", &["--version"]),
            said_by("git", &["describe", "--always", "--dirty"])
        )
    }
}

fn read(path: &str) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {path}"))
}

/// The versions of a package in a lock file.
fn versions<'a>(lock: &'a str, name: &str) -> Vec<&'a str> {
    let head = format!("name = \"{name}\"\nversion = \"");
    let after = lock.split(&head).skip(1);
    after.filter_map(|rest| rest.split('"').next()).collect()
}

/// The one line that a program prints.
fn said_by(program: &str, arguments: &[&str]) -> String {
    let said = Command::new(program).args(arguments).output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.ok()
        .filter(|line| !line.is_empty())
        .unwrap_or_else(|| format!("{program} unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_tells_versions() {
        let lock = "[[package]]\nname = \"rmcp\"\nversion = \"0.10.0\"\nsource = \"x\"\n\n\
                    [[package]]\nname = \"rmcp\"\nversion = \"3.11.0\"\n\n\
                    [[package]]\nname = \"rmcp-macros\"\nversion = \"1.0.0\"\n";
        assert_eq!(versions(lock, "rmcp"), ["0.10.0", "3.11.0"]);
        assert_eq!(versions(lock, "none"), Vec::<&str>::new());
    }

    #[test]
    fn the_machine_is_told() {
        let text = Machine::read().unwrap().to_string();
        assert!(text.contains("Linux"), "{text}");
        assert!(!text.contains("tokio ;"), "{text}");
    }
}
