//! Where and with what was measured.

use std::{fmt, fs, process::Command, thread};

use anyhow::Context;
use jiff::Zoned;

use crate::{
    peer::foreign::{Foreign, PYTHON_SDK, TYPESCRIPT_SDK},
    process,
};

/// The libraries whose versions change the numbers.
const LIBRARIES: [&str; 6] = ["axum", "hyper", "rmcp", "serde_json", "tokio", "tower-http"];

/// As cargo resolved it for this program.
const LOCK_FILE: &str = include_str!("../../../Cargo.lock");

/// Those of the servers in Python, as pip takes them.
const PYTHON_PACKAGES: [&str; 5] = ["mcp", "uvicorn", "uvloop", "httptools", "starlette"];
const PYTHON_REQUIREMENTS: &str = include_str!("../../../interop/requirements/py-load.txt");

/// Those of the server in TypeScript, as npm resolved them.
const NODE_PACKAGES: [&str; 2] = ["@modelcontextprotocol/sdk", "express"];
const NODE_LOCK_FILE: &str = include_str!("../../../interop/package-lock.json");

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
        )?;
        let python = PYTHON_PACKAGES.map(|name| {
            let version = pinned(PYTHON_REQUIREMENTS, name).unwrap_or("unknown");
            format!("{name} {version}")
        });
        let node = NODE_PACKAGES.map(|name| {
            let version = locked(NODE_LOCK_FILE, name).unwrap_or("unknown");
            format!("{name} {version}")
        });
        writeln!(
            f,
            "- Versions of the SDKs: {}, {}; {}, Node {}",
            python.join(", "),
            interpreter(PYTHON_SDK),
            node.join(", "),
            interpreter(TYPESCRIPT_SDK)
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

/// The version of a package in pip's requirements.
fn pinned<'a>(requirements: &'a str, name: &str) -> Option<&'a str> {
    let lines = &mut requirements.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix("=="))
}

/// The version of a package in npm's lock file.
fn locked<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let head = format!("\"node_modules/{name}\": {{\n      \"version\": \"");
    lock.split_once(&head)?.1.split('"').next()
}

/// What the interpreter of a server says of itself.
fn interpreter(of: Foreign) -> String {
    let path = of.interpreter();
    path.map_or_else(
        || "unknown".to_owned(),
        |path| said_by(&path.to_string_lossy(), &["--version"]),
    )
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
    fn the_servers_of_other_languages_are_told_with_their_versions() {
        for name in PYTHON_PACKAGES {
            assert!(pinned(PYTHON_REQUIREMENTS, name).is_some(), "{name}");
        }
        for name in NODE_PACKAGES {
            assert!(locked(NODE_LOCK_FILE, name).is_some(), "{name}");
        }
        assert_eq!(pinned("mcp-types==1\nmcp==2.3.0\n", "mcp"), Some("2.3.0"));
    }

    #[test]
    fn the_machine_is_told() {
        let text = Machine::read().unwrap().to_string();
        assert!(text.contains("Linux"), "{text}");
        assert!(!text.contains("tokio ;"), "{text}");
    }
}
