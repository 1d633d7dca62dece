//! The machine and the versions that were measured.

use std::{fs, process::Command};

use jiff::Zoned;
use procfs::{CpuInfo, Current, Meminfo};

use crate::peer::sdk::{PYTHON_SDK, Sdk, TYPESCRIPT_SDK};

/// The libraries whose versions change the numbers.
const LIBRARIES: [&str; 6] = ["axum", "hyper", "rmcp", "serde_json", "tokio", "tower-http"];

/// As cargo resolved it for this program.
const LOCK_FILE: &str = include_str!("../../../Cargo.lock");

/// Those of the servers in Python, for pip.
const PYTHON_PACKAGES: [&str; 5] = ["mcp", "uvicorn", "uvloop", "httptools", "starlette"];
const PYTHON_REQUIREMENTS: &str = include_str!("../../../interop/requirements/py-load.txt");

/// Those of the server in TypeScript, as npm resolved them.
const NODE_PACKAGES: [&str; 2] = ["@modelcontextprotocol/sdk", "express"];
const NODE_LOCK_FILE: &str = include_str!("../../../interop/package-lock.json");

/// The list of both, as Markdown.
pub(super) fn description() -> anyhow::Result<String> {
    let processors = CpuInfo::current()?;
    let processor = processors.model_name(0).unwrap_or("unknown processor");
    let (cores, memory_gib) = (processors.num_cores(), Meminfo::current()?.mem_total >> 30);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let libraries =
        LIBRARIES.map(|name| format!("{name} {}", versions(LOCK_FILE, name).join(" and ")));
    let python = PYTHON_PACKAGES.map(|name| {
        let version = pinned(PYTHON_REQUIREMENTS, name).unwrap_or("unknown");
        format!("{name} {version}")
    });
    let node = NODE_PACKAGES.map(|name| {
        let version = locked(NODE_LOCK_FILE, name).unwrap_or("unknown");
        format!("{name} {version}")
    });
    Ok(format!(
        "\
- Date: {}
- Machine: {processor}, {cores} cores, {memory_gib} GiB, Linux {}
- Versions: {}; {}; commit {}
- Versions of the SDKs: {}, {}; {}, Node {}
",
        Zoned::now().date(),
        kernel.trim(),
        libraries.join(", "),
        printed_by("rustc", &["--version"]),
        printed_by("git", &["describe", "--always", "--dirty"]),
        python.join(", "),
        interpreter(PYTHON_SDK),
        node.join(", "),
        interpreter(TYPESCRIPT_SDK)
    ))
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

/// The version that an interpreter prints.
fn interpreter(sdk: Sdk) -> String {
    sdk.interpreter().map_or_else(
        || "unknown".to_owned(),
        |path| printed_by(&path.to_string_lossy(), &["--version"]),
    )
}

/// The one line that a program prints.
fn printed_by(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let line = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    line.ok()
        .filter(|line| !line.is_empty())
        .unwrap_or_else(|| format!("{program} unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_file_lists_versions() {
        let lock = "[[package]]\nname = \"rmcp\"\nversion = \"0.10.0\"\nsource = \"x\"\n\n\
                    [[package]]\nname = \"rmcp\"\nversion = \"3.11.0\"\n\n\
                    [[package]]\nname = \"rmcp-macros\"\nversion = \"1.0.0\"\n";
        assert_eq!(versions(lock, "rmcp"), ["0.10.0", "3.11.0"]);
        assert_eq!(versions(lock, "none"), Vec::<&str>::new());
    }

    #[test]
    fn packages_of_other_languages_have_versions() {
        for name in PYTHON_PACKAGES {
            assert!(pinned(PYTHON_REQUIREMENTS, name).is_some(), "{name}");
        }
        for name in NODE_PACKAGES {
            assert!(locked(NODE_LOCK_FILE, name).is_some(), "{name}");
        }
        assert_eq!(pinned("mcp-types==1\nmcp==2.3.0\n", "mcp"), Some("2.3.0"));
    }

    #[test]
    fn machine_is_described() {
        let text = description().unwrap();
        assert!(text.contains("Linux"), "{text}");
        assert!(!text.contains("tokio ;"), "{text}");
    }
}
