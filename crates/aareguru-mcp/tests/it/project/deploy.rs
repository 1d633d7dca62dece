//! The files in `deploy/` parse, name existing settings, and work as far as they can be run here.

use std::{
    collections::BTreeMap,
    env, fs,
    io::Write,
    path::{Path, PathBuf},
};

use tokio::process::Command;
use toml::de::DeTable;
use yaml_rust2::{Yaml, YamlLoader};

use testkit::{ServerProcess, program, skip};

fn shipped(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../deploy")
        .join(file)
}

fn text(file: &str) -> String {
    fs::read_to_string(shipped(file)).unwrap()
}

fn yaml(file: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(&text(file)).unwrap()
}

/// Asserts that the server accepts these settings, and that there are any.
async fn accepts(environment: &BTreeMap<String, String>) {
    assert!(!environment.is_empty());
    let output = program()
        .args(["check-config", "--json", "--env-file", "/dev/null"])
        .envs(environment)
        .output()
        .await
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let settings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let settings = settings.as_array().unwrap();
    for name in environment.keys() {
        let origin = format!("environment variable {name}");
        let taken = settings.iter().any(|setting| setting["origin"] == *origin);
        assert!(
            taken || environment[name].is_empty(),
            "{name} is no setting"
        );
    }
}

#[tokio::test]
async fn compose_file_uses_valid_settings() {
    let documents = yaml("compose.yaml");
    let server = &documents[0]["services"]["aareguru-mcp"];
    let environment = server["environment"].as_hash().unwrap();
    let environment = environment.iter().map(|(name, value)| {
        // The default, for a user's environment without this variable.
        let value = value.as_str().unwrap();
        let value = value.strip_prefix("${").map_or(value, |rest| {
            rest.strip_suffix('}').unwrap().split_once(":-").unwrap().1
        });
        (name.as_str().unwrap().to_owned(), value.to_owned())
    });
    accepts(&environment.collect()).await;
    assert_eq!(server["read_only"], Yaml::Boolean(true));
}

#[tokio::test]
async fn compose_redis_file_uses_valid_settings() {
    let documents = yaml("compose.redis.yaml");
    let services = &documents[0]["services"];
    for instance in ["one", "two", "three"] {
        let environment = services[instance]["environment"].as_hash().unwrap();
        let environment = environment.iter().map(|(name, value)| {
            // The default, for a user's environment without this variable.
            let value = value.as_str().unwrap();
            let value = value.strip_prefix("${").map_or(value, |rest| {
                rest.strip_suffix('}').unwrap().split_once(":-").unwrap().1
            });
            (name.as_str().unwrap().to_owned(), value.to_owned())
        });
        accepts(&environment.collect()).await;
    }
}

/// Returns `deploy/nginx.conf` as changed by `deploy/compose.redis.yaml`, with the server addresses
/// left for the test to fill in.
#[cfg_attr(
    not(feature = "redis"),
    expect(dead_code, reason = "only the cluster tests use it")
)]
pub(crate) fn without_stickiness(shipped: &str) -> String {
    let documents = yaml("compose.redis.yaml");
    let command = documents[0]["services"]["nginx"]["command"][2].as_str();
    let command = command.unwrap().replace("$$", "$");
    let script: Vec<_> = command.split('\'').skip(1).step_by(2).take(2).collect();
    let mut sed = std::process::Command::new("sed")
        .args(script.iter().flat_map(|part| ["-e", part]))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = sed.stdin.take().unwrap();
    input.write_all(shipped.as_bytes()).unwrap();
    drop(input);
    let output = sed.wait_with_output().unwrap();
    assert!(output.status.success());
    let changed = String::from_utf8(output.stdout).unwrap();
    assert!(!changed.contains("\n    hash "), "{changed}");
    let server = "server 127.0.0.1:8000 fail_timeout=1s;";
    let servers = ["one", "two", "three"].map(|name| server.replace("127.0.0.1", name));
    let servers = &servers.join(" ")[..];
    assert!(changed.contains(servers), "{changed}");
    // The test replaces this address.
    changed.replace(servers, server)
}

#[tokio::test]
async fn kubernetes_manifest_uses_valid_settings() {
    let documents = yaml("kubernetes.yaml");
    let kinds: Vec<_> = documents
        .iter()
        .map(|d| d["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["Deployment", "Service", "Ingress"]);
    let pod = &documents[0]["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let environment = container["env"].as_vec().unwrap().iter().map(|variable| {
        let part = |key: &str| variable[key].as_str().unwrap().to_owned();
        (part("name"), part("value"))
    });
    accepts(&environment.collect()).await;
    let grace = pod["terminationGracePeriodSeconds"].as_i64().unwrap();
    let pause = &container["lifecycle"]["preStop"]["sleep"]["seconds"];
    // SHUTDOWN_GRACE_SECONDS, plus two seconds for the streams to close.
    assert!(grace > pause.as_i64().unwrap() + 10 + 2);
}

#[tokio::test]
async fn fly_config_uses_valid_settings() {
    let text = text("fly.toml");
    let table = DeTable::parse(&text).unwrap();
    let environment = table.get_ref()["env"].get_ref().as_table().unwrap();
    let environment = environment.iter().map(|(name, value)| {
        let value = value.get_ref().as_str().unwrap();
        (name.get_ref().to_string(), value.to_owned())
    });
    accepts(&environment.collect()).await;
}

#[tokio::test]
async fn dockerfile_uses_valid_settings() {
    let text = text("Dockerfile");
    let line = text.lines().find_map(|line| line.strip_prefix("ENV "));
    let pairs = line.unwrap().split(' ').map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    });
    accepts(&pairs.collect()).await;
}

#[tokio::test]
async fn docker_health_check_reports_whether_the_server_is_up() {
    let text = text("Dockerfile");
    let (_, check) = text.split_once("HEALTHCHECK ").unwrap();
    let (_, check) = check.split_once("CMD [\"/aareguru-mcp\", \"").unwrap();
    let (command, _) = check.split_once('"').unwrap();
    let server = ServerProcess::demo().await;
    let port = server.address.port().to_string();
    let check = || {
        let mut check = program();
        check.arg(command).env("HTTP_PORT", &port);
        // As in the image.
        check.env("HTTP_HOST", "0.0.0.0");
        check
    };
    assert!(check().output().await.unwrap().status.success());
    server.signal("TERM").await;
    server.wait_for_exit().await;
    assert!(!check().output().await.unwrap().status.success());
}

#[tokio::test]
async fn docker_root_filesystem_runs_the_program() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("root-filesystem");
    let _ = fs::remove_dir_all(&folder);
    let made = Command::new(shipped("root-filesystem"))
        .arg(env!("CARGO_BIN_EXE_aareguru-mcp"))
        .arg(&folder)
        .output()
        .await
        .unwrap();
    let errors = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{errors}");
    assert!(folder.join("etc/ssl/certs/ca-certificates.crt").is_file());
    let output = Command::new("chroot")
        .arg("--userspec=65532:65532")
        .arg(&folder)
        .args(["/aareguru-mcp", "now", "bern", "--demo"])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin")
        .output()
        .await
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("Operation not permitted") {
        return skip("chroot, which only root may use");
    }
    assert!(output.status.success(), "{errors}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("12.5"));
}

#[tokio::test]
async fn systemd_unit_verifies_with_low_exposure() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("systemd");
    fs::create_dir_all(&folder).unwrap();
    let unit = folder.join("aareguru-mcp.service");
    let text = text("aareguru-mcp.service");
    let installed = "/usr/local/bin/aareguru-mcp";
    assert!(text.contains(installed));
    fs::write(
        &unit,
        text.replace(installed, env!("CARGO_BIN_EXE_aareguru-mcp")),
    )
    .unwrap();
    for arguments in [
        &["verify"][..],
        // In tenths; a unit without hardening scores 96.
        &["security", "--offline=true", "--threshold=15", "--no-pager"],
    ] {
        let output = Command::new("systemd-analyze")
            .args(arguments)
            .arg(&unit)
            .output();
        let output = match output.await {
            Ok(output) => output,
            Err(error) => return skip(&format!("systemd-analyze: {error}")),
        };
        let errors = String::from_utf8_lossy(&output.stderr);
        let out = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{errors}{out}");
        assert!(!errors.contains("Unknown"), "{errors}");
    }
}

/// Returns the tests that `docs/OPERATIONS.md` names, as module and function.
fn named_tests() -> Vec<(String, String)> {
    let page = fs::read_to_string(shipped("../docs/OPERATIONS.md")).unwrap();
    let code = page.split('`').skip(1).step_by(2);
    let names = code.filter_map(|code| code.rsplit_once("::"));
    names
        .map(|(module, test)| (module.replace("::", "/"), test.to_owned()))
        .collect()
}

#[test]
fn operations_page_names_existing_tests() {
    let named = named_tests();
    assert!(named.len() > 20, "{named:?}");
    for (file, test) in named {
        let exists = ["aareguru", "aareguru-mcp", "rmcp-transport"]
            .iter()
            .any(|name| {
                let path = format!("../crates/{name}/tests/it/{file}.rs");
                let text = fs::read_to_string(shipped(&path)).unwrap_or_default();
                text.contains(&format!("fn {test}()"))
            });
        assert!(exists, "{file}::{test}");
    }
}

#[test]
fn operations_page_figures_match_the_benchmarks() {
    let benchmarks = fs::read_to_string(shipped("../docs/BENCHMARKS.md")).unwrap();
    let cells = |start: &str| -> Vec<_> {
        let line = benchmarks.lines().find(|line| line.starts_with(start));
        line.unwrap().split(" | ").collect()
    };
    let heads = cells("|  | ");
    let product = heads.iter().position(|head| *head == "aareguru-mcp");
    let row = |name: &str| {
        let number = cells(&format!("| {name}"))[product.unwrap()];
        number.split(' ').next().unwrap().parse::<f64>().unwrap()
    };
    let page = fs::read_to_string(shipped("../docs/OPERATIONS.md")).unwrap();
    let thousands = |number: f64| {
        let number = number as u64;
        format!("{},{:03}", number / 1000, number % 1000)
    };
    for figure in [
        format!("| {:.0} KiB |", row("memory per idle session")),
        format!("{:.0} to ", row("server CPU per call, 32 sessions")),
        format!("to {:.0} µs", row("server CPU per call, 500 sessions")),
        thousands(row("sessions opened and initialized")),
        thousands(row("sessions held")),
    ] {
        assert!(page.contains(&figure), "{figure}");
    }
}
