//! The tests that SECURITY.md names exist.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

const SECURITY: &str = include_str!("../../../../../SECURITY.md");

/// Collects the source files of a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Returns the names of all tests: functions with a test attribute.
fn tests(code: &str) -> HashSet<&str> {
    let mut is_test = false;
    let mut tests = HashSet::new();
    for line in code.lines().map(str::trim) {
        let attribute = line.starts_with("#[");
        let name = line
            .strip_prefix("async fn ")
            .or_else(|| line.strip_prefix("fn "));
        if attribute {
            is_test |= line.contains("test");
        } else if let Some(name) = name.filter(|_| is_test) {
            tests.extend(name.split('(').next());
            is_test = false;
        } else if !line.starts_with("//") {
            is_test = false;
        }
    }
    tests
}

#[test]
fn security_page_names_existing_tests() {
    let mut files = Vec::new();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    sources(crates, &mut files);
    let code: String = files
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let tests = tests(&code);

    let table = SECURITY.lines().filter(|line| line.starts_with('|'));
    // The last column of both tables names tests only.
    let named: Vec<&str> = table
        .filter_map(|line| line.trim_end_matches('|').rsplit('|').next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    assert!(named.len() > 15, "{named:?}");
    for name in named {
        let is_test = tests.contains(&name);
        assert!(is_test, "there is no test `{name}`");
    }
}

#[test]
fn security_page_lists_a_test_for_every_advisory() {
    let advisories = SECURITY
        .lines()
        .filter(|line| line.starts_with("| CVE-") || line.starts_with("| python-sdk"));
    let mut rows = 0;
    for row in advisories {
        rows += 1;
        let tests = row.rsplit('|').nth(1).unwrap();
        assert!(tests.contains('`'), "{row}");
    }
    assert!(rows >= 8, "{rows}");
}
