//! The programme's one binary: arguments, environment, clock, randomness and exit codes.
//!
//! Everything that the libraries may not touch is read here and handed in. Exit codes: 0 done,
//! 1 the machine failed, 2 the request was wrong or the rules said no (nothing was stored).

mod commands;
mod demo;
mod output;
mod shell;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let line = commands::Line::parse();
    match commands::run(line) {
        Ok(code) => code,
        Err(error) => {
            output::complain(&error);
            shell::exit_code(&error)
        }
    }
}
