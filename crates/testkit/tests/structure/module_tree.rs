//! The modules of a crate as its sources declare them, without test code.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, ImplItem, Item, Visibility};

/// The segments of a path, such as `["super", "Thing"]`, or those of a module below its crate.
pub(crate) type PathSegments = Vec<String>;

/// All modules by their path below the crate. The root is at the empty path.
pub(crate) struct ModuleTree(pub(crate) BTreeMap<PathSegments, Module>);

#[derive(Default)]
pub(crate) struct Module {
    pub(crate) file: PathBuf,
    /// Every path of at least two segments in its code, as written.
    pub(crate) paths: Vec<PathSegments>,
    /// The names that `use` binds, with the path of each.
    pub(crate) bindings: BTreeMap<String, PathSegments>,
    /// The types and traits that are visible outside the module.
    pub(crate) types: Vec<TypeDefinition>,
}

pub(crate) struct TypeDefinition {
    pub(crate) name: String,
    /// Whether it, or a module that contains it, depends on a `cfg` attribute.
    pub(crate) is_conditional: bool,
}

/// Returns the text of a file, if it exists.
type ReadFile<'a> = &'a dyn Fn(&Path) -> Option<String>;

impl ModuleTree {
    /// Parses a crate from its root file.
    pub(crate) fn parse(root: &Path, read: ReadFile<'_>) -> Self {
        let mut tree = Self(BTreeMap::new());
        let items = parse_file(root, read);
        let folder = root.parent().unwrap();
        tree.add(Vec::new(), root, folder, items, false, read);
        tree
    }

    /// Adds a module and those below it, whose files are in `folder`.
    fn add(
        &mut self,
        path: PathSegments,
        file: &Path,
        folder: &Path,
        items: Vec<Item>,
        is_conditional: bool,
        read: ReadFile<'_>,
    ) {
        let mut module = Module {
            file: file.to_owned(),
            ..Module::default()
        };
        for mut item in items {
            let attributes = attributes(&item);
            if is_test(attributes) {
                continue;
            }
            let is_conditional = is_conditional || attributes.iter().any(is_cfg);
            if let Item::Mod(child) = item {
                let name = child.ident.to_string();
                let folder = folder.join(&name);
                let path = [path.clone(), vec![name]].concat();
                if let Some((_, items)) = child.content {
                    self.add(path, file, &folder, items, is_conditional, read);
                } else {
                    let file = folder.with_extension("rs");
                    let items = parse_file(&file, read);
                    self.add(path, &file, &folder, items, is_conditional, read);
                }
                continue;
            }
            if let Item::Impl(it) = &mut item {
                let is_test = |it: &ImplItem| matches!(it, ImplItem::Fn(it) if is_test(&it.attrs));
                it.items.retain(|it| !is_test(it));
            }
            module
                .types
                .extend(visible_type(&item).map(|name| TypeDefinition {
                    name,
                    is_conditional,
                }));
            let is_import = matches!(item, Item::Use(_));
            for (path, name) in paths(item.into_token_stream(), &[]) {
                if is_import {
                    module.bindings.insert(name, path.clone());
                }
                module.paths.push(path);
            }
        }
        self.0.insert(path, module);
    }
}

fn parse_file(file: &Path, read: ReadFile<'_>) -> Vec<Item> {
    let text = read(file).unwrap_or_else(|| panic!("no file {}", file.display()));
    let parsed = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    parsed.items
}

fn attributes(item: &Item) -> &[Attribute] {
    macro_rules! attributes {
        ($($kind:ident)*) => { match item { $(Item::$kind(it) => &it.attrs,)* _ => &[] } };
    }
    attributes!(Const Enum ExternCrate Fn Impl Macro Mod Static Struct Trait Type Union Use)
}

fn is_cfg(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
}

/// Whether an attribute is `cfg(test)`, alone or with other conditions, and not `cfg(not(test))`.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|it| is_cfg(it)).any(|it| {
        let condition = it.meta.to_token_stream().to_string().replace(' ', "");
        let mut words = condition.split(['(', ',', ')']);
        words.any(|word| word == "test") && !condition.contains("not(test")
    })
}

fn visible_type(item: &Item) -> Option<String> {
    let (name, visibility) = match item {
        Item::Enum(it) => (&it.ident, &it.vis),
        Item::Struct(it) => (&it.ident, &it.vis),
        Item::Trait(it) => (&it.ident, &it.vis),
        Item::Type(it) => (&it.ident, &it.vis),
        Item::Union(it) => (&it.ident, &it.vis),
        _ => return None,
    };
    let is_private = match visibility {
        Visibility::Inherited => true,
        Visibility::Public(_) => false,
        Visibility::Restricted(it) => it.path.is_ident("self"),
    };
    (!is_private).then(|| name.to_string())
}

/// Returns the paths in `tokens`, which includes those in arguments of macros, and the name that
/// each has if it is imported. `prefix` is the path before the braces of an import.
fn paths(tokens: TokenStream, prefix: &[String]) -> Vec<(PathSegments, String)> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_colon =
        |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(it)) if it.as_char() == ':');
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let TokenTree::Ident(_) = &tokens[at] else {
            if let TokenTree::Group(group) = &tokens[at] {
                found.extend(paths(group.stream(), &[]));
            }
            at += 1;
            continue;
        };
        // `::metrics` is another crate, and `::new` in `Vec::<u8>::new` belongs to a type.
        let is_root = at < 2 || !is_colon(at - 1) || !is_colon(at - 2);
        let mut path = prefix.to_vec();
        while let Some(TokenTree::Ident(segment)) = tokens.get(at) {
            path.push(segment.to_string());
            at += 1;
            if !(is_colon(at) && is_colon(at + 1)) {
                break;
            }
            at += 2;
        }
        path.pop_if(|last| last == "self" && !prefix.is_empty());
        let mut name = path.last().cloned().unwrap_or_default();
        match tokens.get(at) {
            Some(TokenTree::Group(it))
                if is_colon(at - 1) && it.delimiter() == Delimiter::Brace =>
            {
                found.extend(paths(it.stream(), &path));
                at += 1;
                continue;
            }
            Some(TokenTree::Punct(it)) if is_colon(at - 1) && it.as_char() == '*' => {
                name = "*".to_owned();
            }
            Some(TokenTree::Ident(it)) if *it == "as" => {
                if let Some(TokenTree::Ident(it)) = tokens.get(at + 1).filter(|_| !is_colon(at + 2))
                {
                    name = it.to_string();
                    at += 2;
                }
            }
            _ => {}
        }
        if path.len() > 1 && is_root {
            found.push((path, name));
        }
    }
    found
}
