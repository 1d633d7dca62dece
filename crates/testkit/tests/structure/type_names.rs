//! Types and traits with the same name.

use std::collections::{BTreeMap, BTreeSet};

use crate::module_tree::ModuleTree;

/// Names that each crate may define.
const ONE_PER_CRATE: [&str; 3] = ["Config", "Error", "Metrics"];

/// Returns each name that is defined more than once, with its files.
///
/// Definitions of a name in one crate that depend on `cfg` attributes count as one.
pub(crate) fn duplicates(crates: &[(String, ModuleTree)]) -> Vec<String> {
    let mut definitions: BTreeMap<&str, Vec<(&str, bool, String)>> = BTreeMap::new();
    for (name, tree) in crates {
        for module in tree.0.values() {
            for definition in &module.types {
                let file = module.file.display().to_string();
                let definitions = definitions.entry(&definition.name).or_default();
                definitions.push((name, definition.is_conditional, file));
            }
        }
    }
    let repeated = definitions.into_iter().filter(|(name, definitions)| {
        let unconditional = definitions
            .iter()
            .filter(|(_, is_conditional, _)| !is_conditional);
        let conditional = definitions
            .iter()
            .filter(|(_, is_conditional, _)| *is_conditional);
        let conditional: BTreeSet<_> = conditional.map(|(name, ..)| name).collect();
        let count = unconditional.count() + conditional.len();
        let crates: BTreeSet<_> = definitions.iter().map(|(name, ..)| name).collect();
        let allowed = if ONE_PER_CRATE.contains(name) {
            crates.len()
        } else {
            1
        };
        count > allowed
    });
    let described = repeated.map(|(name, definitions)| {
        let files: Vec<_> = definitions.into_iter().map(|(.., file)| file).collect();
        format!("{name}: {}", files.join(", "))
    });
    described.collect()
}
