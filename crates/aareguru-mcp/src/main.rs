//! Parses the command line and runs what it asks for.

use std::process::ExitCode;

use clap::Parser;

use aareguru_mcp::{cli::Cli, exit};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return aareguru_mcp::cli::tell(&answer),
    };
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            aareguru_mcp::cli::report(&error);
            exit::code(&error)
        }
    }
}
