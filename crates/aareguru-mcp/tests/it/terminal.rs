//! The terminal commands.

mod command_line;
mod screens;
