//! Checks of the structure of the workspace's sources.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod import_graph;
mod module_tree;
mod type_names;

use std::{fs, path::Path};

use import_graph::circles;
use module_tree::ModuleTree;
use type_names::duplicates;

/// Returns the name and the modules of each crate of the workspace; those of its library and of its
/// binary separately.
fn workspace() -> Vec<(String, ModuleTree)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap();
    let crates = fs::read_dir(root.join("crates")).unwrap();
    let crates = crates.map(|it| format!("crates/{}", it.unwrap().file_name().display()));
    let crates = crates.chain(["conformance", "load"].map(str::to_owned));
    let read = |path: &Path| fs::read_to_string(root.join(path)).ok();
    let roots = crates.flat_map(|name| ["lib.rs", "main.rs"].map(|file| (name.clone(), file)));
    let roots = roots.map(|(name, file)| (Path::new(&name).join("src").join(file), name));
    let existing = roots.filter(|(file, _)| root.join(file).exists());
    existing
        .map(|(file, name)| (name, ModuleTree::parse(&file, &read)))
        .collect()
}

#[test]
fn modules_do_not_import_each_other_in_circles() {
    let crates = workspace();
    assert!(crates.len() > 5);
    let circles = crates.iter().flat_map(|(name, tree)| {
        let circles = circles(tree).into_iter();
        circles.map(move |circle| format!("{name}, {circle}\n"))
    });
    let circles: String = circles.collect();
    assert!(circles.is_empty(), "modules import each other:\n{circles}");
}

#[test]
fn type_names_are_unique_in_the_workspace() {
    let duplicates = duplicates(&workspace());
    assert!(
        duplicates.is_empty(),
        "defined more than once:\n{}",
        duplicates.join("\n")
    );
}

/// Parses a crate of these files, the first of which is its root.
fn tree(files: &[(&str, &str)]) -> ModuleTree {
    let read = |path: &Path| {
        let file = files.iter().find(|(name, _)| Path::new(name) == path);
        file.map(|(_, text)| (*text).to_owned())
    };
    ModuleTree::parse(Path::new(files[0].0), &read)
}

#[test]
fn circle_through_super_is_found() {
    let tree = tree(&[
        ("lib.rs", "mod left; mod right; mod user;"),
        (
            "left.rs",
            "use super::right::Right as R; pub struct Left(R);",
        ),
        ("right.rs", "mod inner; pub struct Right;"),
        ("right/inner.rs", "fn f() { g!(super::super::left::Left) }"),
        (
            "user.rs",
            "use crate::{left::{self, Left}, right}; use std::fmt;",
        ),
    ]);
    let expected = "crate: left → right\n    \
                    left → right: left.rs: super::right::Right\n    \
                    right → left: right/inner.rs: super::super::left::Left";
    assert_eq!(circles(&tree), [expected]);
}

#[test]
fn circle_through_a_re_export_is_found() {
    let tree = tree(&[
        (
            "lib.rs",
            "mod a; mod b; mod c; pub use a::Thing; use c::Made;",
        ),
        ("a.rs", "pub struct Thing(crate::b::Other);"),
        ("b.rs", "use crate::Thing; pub struct Other(super::Made);"),
        ("c.rs", "mod d; pub use d::Made; type T = crate::a::Thing;"),
        ("c/d.rs", "pub struct Made(super::super::Thing);"),
    ]);
    let circles = circles(&tree);
    assert_eq!(circles.len(), 2, "{circles:#?}");
    assert!(circles[0].starts_with("crate: a → b\n"), "{circles:#?}");
    assert!(circles[1].starts_with("crate: a → b → c\n"), "{circles:#?}");
}

#[test]
fn imports_of_parents_children_other_crates_and_tests_are_no_circle() {
    let tree = tree(&[
        (
            "lib.rs",
            "mod a; mod b; pub use a::A; use ::b::External; use b::B;",
        ),
        (
            "a.rs",
            "mod c; use super::B; use c::C; pub struct A; impl A { #[cfg(test)] fn f(_: C) {} }",
        ),
        ("a/c.rs", "use super::A; pub struct C;"),
        (
            "b.rs",
            "pub struct B; fn f() { ::a::g(); Vec::<u8>::a::g(); } \
             #[cfg(test)] mod tests { use crate::A; } \
             #[cfg(all(test, unix))] mod more_tests;",
        ),
    ]);
    assert_eq!(circles(&tree), [""; 0]);
}

#[test]
fn repeated_type_name_is_found() {
    let one = tree(&[(
        "one.rs",
        "mod m { pub(super) struct Twice; struct Private; pub struct Error; }",
    )]);
    let other = tree(&[(
        "other.rs",
        "pub trait Twice {} pub struct Private; pub type Error = (); \
             #[cfg(unix)] pub struct Either; #[cfg(not(unix))] pub enum Either {} \
             #[cfg(test)] pub struct Private;",
    )]);
    let crates = [("one".to_owned(), one), ("other".to_owned(), other)];
    assert_eq!(duplicates(&crates), ["Twice: one.rs, other.rs"]);
}
