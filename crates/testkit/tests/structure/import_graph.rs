//! Which modules of a crate import which of their siblings.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    slice,
};

use crate::module_tree::{ModuleTree, PathSegments};

/// The imports between the modules below one parent.
#[derive(Default)]
struct Siblings {
    /// One example for each pair of modules: its file, and the path in it.
    imports: BTreeMap<(String, String), String>,
}

/// Returns each circle with one import per edge.
pub(crate) fn circles(tree: &ModuleTree) -> Vec<String> {
    let mut parents: BTreeMap<&[String], Siblings> = BTreeMap::new();
    for (importer, module) in &tree.0 {
        for path in &module.paths {
            for imported in tree.modules_on(importer, path) {
                let common = importer.iter().zip(&imported);
                let level = common.take_while(|(left, right)| left == right).count();
                if level < importer.len() && level < imported.len() {
                    let pair = (importer[level].clone(), imported[level].clone());
                    let siblings = parents.entry(&importer[..level]).or_default();
                    let example = || format!("{}: {}", module.file.display(), path.join("::"));
                    siblings.imports.entry(pair).or_insert_with(example);
                }
            }
        }
    }
    let named = parents.into_iter().flat_map(|(parent, siblings)| {
        let parent = [&["crate".to_owned()], parent].concat().join("::");
        let circles = siblings.circles();
        circles.into_iter().map(move |it| format!("{parent}: {it}"))
    });
    named.collect()
}

impl Siblings {
    /// Returns the shortest circle through each import.
    fn circles(&self) -> Vec<String> {
        let mut circles = BTreeSet::new();
        for (from, to) in self.imports.keys() {
            if let Some(mut circle) = self.shortest_path(to, from) {
                let first = circle.iter().min().cloned();
                let first = circle.iter().position(|it| Some(it) == first.as_ref());
                circle.rotate_left(first.unwrap_or_default());
                circles.insert(circle);
            }
        }
        circles.into_iter().map(|it| self.describe(&it)).collect()
    }

    /// Returns the modules from `start` to `goal`, both included.
    fn shortest_path(&self, start: &str, goal: &str) -> Option<Vec<String>> {
        let mut paths = VecDeque::from([vec![start.to_owned()]]);
        let mut seen = BTreeSet::new();
        while let Some(path) = paths.pop_front() {
            let last = &path[path.len() - 1];
            if last == goal {
                return Some(path);
            }
            if seen.insert(last.clone()) {
                let imports = self.imports.keys().filter(|(from, _)| from == last);
                paths.extend(imports.map(|(_, to)| [&path[..], slice::from_ref(to)].concat()));
            }
        }
        None
    }

    fn describe(&self, circle: &[String]) -> String {
        let mut text = circle.join(" → ");
        for (from, to) in circle.iter().zip(circle.iter().cycle().skip(1)) {
            let example = &self.imports[&(from.clone(), to.clone())];
            text += &format!("\n    {from} → {to}: {example}");
        }
        text
    }
}

impl ModuleTree {
    /// Returns the modules that a path leads through, as written in the module `from`.
    fn modules_on(&self, from: &[String], path: &[String]) -> Vec<PathSegments> {
        // More than any chain of re-exports; reached by imports that import each other.
        const MAX_MODULES: usize = 64;
        let mut modules = Vec::new();
        let (mut at, mut path) = (from.to_vec(), path.to_vec());
        while !path.is_empty() && modules.len() < MAX_MODULES {
            let name = path.remove(0);
            let child = [&at[..], slice::from_ref(&name)].concat();
            match name.as_str() {
                "crate" => at.clear(),
                "super" => drop(at.pop()),
                "self" => {}
                _ if self.0.contains_key(&child) => at = child,
                _ => {
                    let module = &self.0[&at];
                    let glob = module.bindings.get("*");
                    assert!(
                        glob.is_none_or(|path| !["crate", "self", "super"].contains(&&*path[0])),
                        "{}: this check does not follow glob imports",
                        module.file.display()
                    );
                    match module.bindings.get(&name) {
                        // `use serde;` binds the name of another crate.
                        Some(imported) if imported[0] != name => {
                            path = [imported.clone(), path].concat();
                        }
                        _ => break,
                    }
                }
            }
            modules.push(at.clone());
        }
        modules
    }
}
