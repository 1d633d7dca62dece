//! Parses the command line and runs what it asks for.

use std::process::ExitCode;

use clap::Parser;

use aareguru_mcp::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            aareguru_mcp::cli::report(&error);
            ExitCode::FAILURE
        }
    }
}
