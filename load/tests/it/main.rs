//! The program from the outside: servers, client and table together. The tests assert that every
//! call is answered, and ignore the timings.

mod run;

use std::process::{Command, Output};

fn load(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_load"))
        .args(arguments)
        .output()
        .expect("the program starts")
}

#[test]
fn small_bench_answers_every_call() {
    let output = load(&[
        "bench",
        "--quick",
        "--servers",
        "ceiling,rmcp-transport",
        "--calls",
        "1000",
        "--idle",
        "50",
        "--hold",
        "50",
    ]);
    let table = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{table}\n{errors}");
    let held = table
        .lines()
        .find(|line| line.starts_with("| sessions held"));
    assert!(
        held.is_some_and(|line| line.contains("| 50 | 50 |")),
        "{table}"
    );
}

#[test]
fn failed_call_fails_the_measurement() {
    let output = load(&[
        "calls",
        "--server",
        "rmcp-transport",
        "--calls",
        "10",
        "--tool",
        "echo",
        "--arguments",
        "{}",
    ]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(errors.contains("`text` is missing"), "{errors}");
}

#[test]
fn remote_machine_is_rejected() {
    let output = load(&[
        "calls",
        "--peer-url",
        "http://192.0.2.1:80/sse",
        "--pid",
        "1",
    ]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(
        errors.contains("192.0.2.1 is not on this machine"),
        "{errors}"
    );
}
