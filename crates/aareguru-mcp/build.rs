//! Has the linker put side by side what every call goes through.
//!
//! It is a small part of the program and would lie all over it: then a call touches more
//! pages of code than the processor has at hand (docs/PERFORMANCE.md). `make layout`
//! writes the list of these functions.

use std::{env, fs, io, path::PathBuf};

const LIST: &str = "layout.ld";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={LIST}");
    let is = |variable: &str, value: &str| env::var(variable).is_ok_and(|found| found == value);
    // Valgrind knows the lines of what is in `.text` alone, so `make hotpath` counts a
    // program without the list.
    let is_release = !is("OPT_LEVEL", "0") && is("DEBUG", "false");
    // It is known to the linkers that rustc itself chooses there. Others may not know
    // such lists, and whoever chose another does not want to hear of ours.
    let has_list = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let has_own_linker = env::var_os("RUSTC_LINKER").is_some() || flags.contains("link");
    if is_release && has_list && !has_own_linker {
        // Another checkout may be built into the same folder, after this one is gone.
        let list = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join(LIST);
        fs::copy(LIST, &list)?;
        println!("cargo::rustc-link-arg-bins=-T{}", list.display());
    }
    Ok(())
}
