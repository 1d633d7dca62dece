//! Parses the command line and runs the subcommand.

use std::process::ExitCode;

use clap::Parser;

use aareguru_mcp::{
    cli::{self, Cli},
    exit,
};

/// Returns memory to the system after sessions close, and is faster than the allocator of glibc
/// (docs/PERFORMANCE.md).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(output) => return cli::print_parser_output(&output),
    };
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            cli::report(&error);
            exit::code(&error)
        }
    }
}
