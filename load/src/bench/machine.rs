//! Describes the machine and the measured versions.

use std::{fs, process::Command};

use jiff::Zoned;
use procfs::{CpuInfo, Current, Meminfo};

use crate::sdk_server::{PYTHON_SDK, Sdk, TYPESCRIPT_SDK};

/// The libraries whose versions affect the results.
const LIBRARIES: [&str; 6] = ["axum", "hyper", "rmcp", "serde_json", "tokio", "tower-http"];

const LOCK_FILE: &str = include_str!("../../../Cargo.lock");

const PYTHON_PACKAGES: [&str; 5] = ["mcp", "uvicorn", "uvloop", "httptools", "starlette"];
const PYTHON_REQUIREMENTS: &str = include_str!("../../../interop/requirements/py-load.txt");

const NODE_PACKAGES: [&str; 2] = ["@modelcontextprotocol/sdk", "express"];
const NODE_LOCK_FILE: &str = include_str!("../../../interop/package-lock.json");

/// Returns the description as a Markdown list.
pub(super) fn description() -> anyhow::Result<String> {
    let processors = CpuInfo::current()?;
    let processor = processors.model_name(0).unwrap_or("unknown processor");
    let (cores, memory_gib) = (processors.num_cores(), Meminfo::current()?.mem_total >> 30);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let libraries = versions(LOCK_FILE, LIBRARIES, |name| {
        format!("name = \"{name}\"\nversion = \"")
    });
    let python = versions(PYTHON_REQUIREMENTS, PYTHON_PACKAGES, |name| {
        format!("\n{name}==")
    });
    let node = versions(NODE_LOCK_FILE, NODE_PACKAGES, |name| {
        format!("\"node_modules/{name}\": {{\n      \"version\": \"")
    });
    Ok(format!(
        "\
- Date: {}
- Machine: {processor}, {cores} cores, {memory_gib} GiB, Linux {}
- Versions: {libraries}; {}; commit {}
- Versions of the SDKs: {python}, {}; {node}, Node {}
",
        Zoned::now().date(),
        kernel.trim(),
        printed_by("rustc", &["--version"]),
        printed_by("git", &["describe", "--always", "--dirty"]),
        interpreter(PYTHON_SDK),
        interpreter(TYPESCRIPT_SDK)
    ))
}

/// Returns the names with their versions. In the list, a version follows `head` of its name.
fn versions<const N: usize>(list: &str, names: [&str; N], head: impl Fn(&str) -> String) -> String {
    let list = format!("\n{list}");
    let names = names.map(|name| {
        let head = head(name);
        let versions = list.split(&head).skip(1);
        let versions = versions.filter_map(|rest| rest.split(['"', '\n', ' ']).next());
        format!("{name} {}", versions.collect::<Vec<_>>().join(" and "))
    });
    names.join(", ")
}

fn interpreter(sdk: Sdk) -> String {
    let path = sdk.interpreter().unwrap_or_else(|| "interpreter".into());
    printed_by(&path.to_string_lossy(), &["--version"])
}

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
        let head = |name: &str| format!("name = \"{name}\"\nversion = \"");
        assert_eq!(versions(lock, ["rmcp"], head), "rmcp 0.10.0 and 3.11.0");
        let head = |name: &str| format!("\n{name}==");
        assert_eq!(
            versions("mcp-types==1\nmcp==2.3.0\n", ["mcp"], head),
            "mcp 2.3.0"
        );
    }

    #[test]
    fn machine_is_described() {
        let text = description().unwrap();
        assert!(text.contains("Linux"), "{text}");
        let names = LIBRARIES
            .iter()
            .chain(&PYTHON_PACKAGES)
            .chain(&NODE_PACKAGES);
        for name in names {
            let version = text.split_once(&format!("{name} ")).unwrap().1;
            assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{text}");
        }
    }
}
