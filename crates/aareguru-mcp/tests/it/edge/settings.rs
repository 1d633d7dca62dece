//! Sources and precedence of settings, and their error messages.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use testkit::program;

/// Creates a working directory with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("settings")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (file, text) in files {
        fs::write(folder.join(file), text).unwrap();
    }
    folder
}

async fn run(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    program()
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(folder)
        .output()
        .await
        .unwrap()
}

fn out(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn err(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(78));
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Returns the value and the origin that `check-config` shows.
#[track_caller]
fn shown(table: &str, setting: &str) -> (String, String) {
    let row = table.lines().find_map(|line| {
        let line = line.strip_prefix("  ")?.strip_prefix(setting)?;
        line.strip_prefix("  ").map(str::trim)
    });
    let row = row.unwrap_or_else(|| panic!("{setting} is not in\n{table}"));
    match row.split_once("  ") {
        Some((value, origin)) => (value.to_owned(), origin.trim().to_owned()),
        None => (String::new(), row.to_owned()),
    }
}

#[tokio::test]
async fn settings_precedence_is_flag_environment_dotenv_file_default() {
    let folder = folder(
        "order",
        &[
            (
                "aare.toml",
                "[http]\nport = 1\nhost = '::1'\n[sse]\nmax_sessions = 1\nmax_in_flight = 1\n",
            ),
            (
                ".env",
                "# mine\nHTTP_PORT=2\nSSE_MAX_SESSIONS=2\nSSE_MAX_IN_FLIGHT=2\n",
            ),
        ],
    );
    let environment = [
        ("HTTP_PORT", "3"),
        ("SSE_MAX_IN_FLIGHT", "3"),
        ("CONFIG_FILE", "aare.toml"),
    ];
    let arguments = ["check-config", "--http-port", "4"];
    let table = out(&run(&folder, &environment, &arguments).await);
    for (setting, value, origin) in [
        ("HTTP_PORT", "4", "flag"),
        (
            "SSE_MAX_IN_FLIGHT",
            "3",
            "environment variable SSE_MAX_IN_FLIGHT",
        ),
        ("SSE_MAX_SESSIONS", "2", ".env line 3"),
        ("HTTP_HOST", "::1", "aare.toml line 3"),
        ("LOG_LEVEL", "info", "default"),
    ] {
        let expected = (value.to_owned(), origin.to_owned());
        assert_eq!(shown(&table, setting), expected);
    }
}

/// The configuration of the Python server, with the names of its design.
const OLD: &str = "\
AAREGURU_BASE_URL=https://aareguru.existenz.ch
APP_NAME=aareguru-mcp
APP_VERSION=0.1.0

# HTTP server
HTTP_HOST=127.0.0.1
HTTP_PORT=0
API_KEY_REQUIRED=False
API_KEYS=
CORS_ORIGINS=https://app.example.com,http://localhost:3000
RATE_LIMIT_PER_MINUTE=60
LOG_LEVEL=INFO
LOG_FORMAT=json
CACHE_TTL_SECONDS=120
HTTP_CLIENT_TIMEOUT=10
HTTP_CLIENT_MAX_CONNECTIONS=100
HTTP_CLIENT_MAX_KEEPALIVE=20
SSE_SESSION_TIMEOUT_SECONDS=3600
SSE_CLEANUP_INTERVAL_SECONDS=300
USE_FULL_SSE=True
";

#[tokio::test]
async fn legacy_dotenv_file_works_unchanged() {
    let folder = folder("old", &[(".env", OLD)]);
    let table = out(&run(&folder, &[], &["check-config"]).await);
    let assignments = OLD.lines().enumerate();
    let assignments = assignments.filter_map(|(at, line)| Some((at + 1, line.split_once('=')?)));
    for (line, (name, value)) in assignments {
        let origin = if value.is_empty() {
            "default".to_owned()
        } else {
            format!(".env line {line}")
        };
        assert_eq!(shown(&table, name), (value.to_owned(), origin));
    }

    let with_keys = OLD.replace("REQUIRED=False", "REQUIRED=True").replace(
        "API_KEYS=",
        "API_KEYS=old-key-of-one-client,old-key-of-another",
    );
    fs::write(folder.join(".env"), with_keys).unwrap();
    let table = out(&run(&folder, &[], &["check-config"]).await);
    assert_eq!(shown(&table, "API_KEYS").0, "(2 secrets)");
    assert!(!table.contains("old-key"), "{table}");
}

#[tokio::test]
async fn dotenv_file_ignores_unknown_variables() {
    let text = "DATABASE_URL='postgres://x'\nNODE_ENV=production\nHTTP_PORT=7\n";
    let folder = folder("others", &[(".env", text)]);
    let table = out(&run(&folder, &[], &["check-config"]).await);
    assert_eq!(shown(&table, "HTTP_PORT").1, ".env line 3");
    let none = out(&run(&folder, &[], &["check-config", "--env-file", "/dev/null"]).await);
    assert_eq!(shown(&none, "HTTP_PORT").1, "default");
}

#[tokio::test]
async fn all_settings_errors_are_reported_at_once_and_prevent_startup() {
    let folder = folder(
        "wrong",
        &[
            ("aare.toml", "htpp_port = 1\n[sse]\nmax_sessions = 'many'\n"),
            ("good.toml", "[sse]\nmax_sessions = 'many'\n"),
            (".env", "CONFIG_FILE=aare.toml\nCACHE_TTL_SECONDS=2m\n"),
        ],
    );
    for command in ["serve", "stdio", "check-config"] {
        let output = run(&folder, &[("HTTP_CLIENT_TIMEOUT", "0")], &[command]).await;
        let errors = err(&output);
        assert!(output.stdout.is_empty());
        let lines: Vec<_> = errors.lines().collect();
        let first = "aareguru-mcp: aare.toml line 1: unknown setting `htpp_port`; the settings are, \
                     nearest first: http_port, http_host, ";
        assert!(lines[0].starts_with(first), "{errors}");
        assert_eq!(
            lines[1..],
            [
                "cannot parse CACHE_TTL_SECONDS: \"2m\" is not a whole number of at least 0 (.env line 2)",
                "cannot parse HTTP_CLIENT_TIMEOUT: \"0\" is not a whole number of at least 1 \
                 (environment variable HTTP_CLIENT_TIMEOUT)",
            ]
        );
    }
    let output = run(&folder, &[], &["check-config", "--config", "good.toml"]).await;
    let errors = err(&output);
    let value = "cannot parse SSE_MAX_SESSIONS: \"many\" is not a whole number of at least 0 (good.toml line 2)";
    assert!(errors.contains(value), "{errors}");
}

#[tokio::test]
async fn unreadable_config_file_is_an_error() {
    let folder = folder("missing", &[]);
    for (flag, text) in [
        (
            "--config",
            "cannot read none.toml, named by --config or CONFIG_FILE: No such file",
        ),
        (
            "--env-file",
            "cannot read none.toml, named by --env-file or ENV_FILE: No such file",
        ),
    ] {
        let errors = err(&run(&folder, &[], &["check-config", flag, "none.toml"]).await);
        assert!(errors.contains(text), "{errors}");
    }
    // Python keeps virtual environments in folders of this name.
    fs::create_dir(folder.join(".env")).unwrap();
    out(&run(&folder, &[], &["check-config"]).await);
}

#[tokio::test]
async fn check_config_reports_the_errors_of_serve() {
    let folder = folder("rules", &[]);
    for (variable, value, message) in [
        ("HTTP_HOST", "0.0.0.0", "ALLOWED_HOSTS=aare.example.org"),
        ("LOG_LEVEL", "a=loud", "cannot parse LOG_LEVEL"),
        ("AAREGURU_BASE_URL", "aare.guru", "AAREGURU_BASE_URL"),
        ("ALLOWED_ORIGINS", "a b", "a b"),
    ] {
        let environment = [(variable, value)];
        let checked = run(&folder, &environment, &["check-config"]).await;
        let errors = err(&checked);
        assert!(errors.contains(message), "{errors}");
        let table = String::from_utf8(checked.stdout).unwrap();
        assert_eq!(shown(&table, variable).0, value);
        let served = run(&folder, &environment, &["serve"]).await;
        assert_eq!(err(&served), errors);
    }
}

#[tokio::test]
async fn check_config_prints_settings_as_json() {
    let folder = folder("json", &[]);
    let output = run(&folder, &[("PORT", "80")], &["check-config", "--json"]).await;
    let settings: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    let settings = settings.as_array().unwrap();
    let port = settings.iter().find(|s| s["setting"] == "HTTP_PORT");
    let expected = serde_json::json!({
        "setting": "HTTP_PORT",
        "value": "80",
        "origin": "environment variable PORT",
        "secret": false,
    });
    assert_eq!(port, Some(&expected));
}

#[tokio::test]
async fn help_shows_no_environment_values() {
    let folder = folder("help", &[(".env", "APP_NAME=hunter2")]);
    let output = run(&folder, &[("APP_NAME", "hunter2")], &["serve", "--help"]).await;
    let help = out(&output);
    assert!(!help.contains("hunter2"), "{help}");
    assert!(help.contains("--app-name <APP_NAME>"), "{help}");
    assert!(help.contains("The Aareguru API:\n"), "{help}");
}
