//! Checks that the paths in ARCHITECTURE.md exist, and that links between documents resolve.

use std::{
    fs,
    path::{Path, PathBuf},
};

const ARCHITECTURE: &str = include_str!("../../../../../ARCHITECTURE.md");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The text of each code span in `document`, without its fenced blocks.
fn code_spans(document: &str) -> Vec<&str> {
    let text = document.split("```").step_by(2);
    text.flat_map(|text| text.split('`').skip(1).step_by(2))
        .collect()
}

/// Whether a code span is a path in this repository. URL paths start with a slash.
fn is_path(span: &str) -> bool {
    let is_plain = span
        .chars()
        .all(|it| it.is_ascii_alphanumeric() || "/._-".contains(it));
    let has_extension = Path::new(span).extension().is_some();
    is_plain && !span.starts_with(['/', '.']) && (span.contains('/') || has_extension)
}

/// Whether `path` exists in the repository, in a crate, or in the sources of a crate. A trailing
/// slash requires a directory.
fn exists(path: &str) -> bool {
    let crates = fs::read_dir(root().join("crates")).unwrap();
    let crates = crates.map(|it| it.unwrap().path());
    let folders = crates.flat_map(|it| [it.join("src"), it]);
    folders.chain([root()]).any(|folder| {
        let path_on_disk = folder.join(path);
        if path.ends_with('/') {
            path_on_disk.is_dir()
        } else {
            path_on_disk.exists()
        }
    })
}

#[test]
fn architecture_names_only_paths_that_exist() {
    let spans = code_spans(ARCHITECTURE);
    let paths: Vec<_> = spans.into_iter().filter(|it| is_path(it)).collect();
    assert!(paths.len() > 80, "{paths:#?}");
    let missing: Vec<_> = paths.into_iter().filter(|it| !exists(it)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn architecture_path_check_rejects_wrong_paths() {
    for wrong in [
        "http/overload.rs",
        "overload.rs",
        "crates/aareguru/src/guard.rs",
        "routes.rs/",
        "loads/",
        "docs/NOTHING.md",
    ] {
        assert!(is_path(wrong), "{wrong}");
        assert!(!exists(wrong), "{wrong}");
    }
    for no_path in ["/sse", "GET /sse", "rmcp-transport", "Place", ".env"] {
        assert!(!is_path(no_path), "{no_path}");
    }
}

#[test]
fn architecture_has_at_most_150_lines() {
    let lines = ARCHITECTURE.lines().count();
    assert!(lines <= 150, "{lines}");
}

/// The targets of the relative links in `document`, without their anchors.
fn link_targets(document: &str) -> impl Iterator<Item = &str> {
    let links = document.split("](").skip(1);
    links
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains(':'))
}

#[test]
fn links_between_documents_resolve() {
    let mut checked = 0;
    for folder in [
        ".",
        "docs",
        "browser",
        "conformance",
        "interop",
        "load",
        "crates/aareguru",
        "crates/rmcp-transport",
    ] {
        for file in fs::read_dir(root().join(folder)).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|it| it != "md") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for target in link_targets(&text) {
                let linked = path.parent().unwrap().join(target);
                assert!(linked.exists(), "{}: {target}", path.display());
                checked += 1;
            }
        }
    }
    assert!(checked > 80, "{checked}");
}
