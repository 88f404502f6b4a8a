//! Breaks things under the built binary while clients use it, and compares what it does then with what it acknowledged.
//!
//! `faults` runs the short form, `faults --long` the long one, `faults NAME…` only those, `faults --list` names them. Each
//! fault is a file in `faults`; a control breaks a guarantee that the service stands on, and must be noticed.

#![expect(clippy::expect_used, reason = "a run that cannot be set up is to fail")]

mod check;
mod client;
mod faults;
mod http;
mod proxy;
mod report;
mod scene;
mod world;

use std::process::ExitCode;
use std::time::Instant;

use faults::{Effort, FAULTS, Fault};

#[tokio::main]
async fn main() -> ExitCode {
    let (options, names): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    if let Some(unknown) = options.iter().find(|option| !["--list", "--long"].contains(&option.as_str())) {
        eprintln!("faults: there is no option {unknown}: --long, --list, and names of faults");
        return ExitCode::FAILURE;
    }
    if let Some(unknown) = names.iter().find(|name| FAULTS.iter().all(|fault| fault.name != **name)) {
        eprintln!("faults: there is no fault {unknown}; --list names them");
        return ExitCode::FAILURE;
    }
    if options.iter().any(|option| option == "--list") {
        for fault in FAULTS {
            println!("{:<28} {}", fault.name, fault.what);
        }
        return ExitCode::SUCCESS;
    }
    let effort = if options.iter().any(|option| option == "--long") { Effort::Long } else { Effort::Short };
    let chosen: Vec<&Fault> = FAULTS
        .iter()
        .filter(|fault| {
            if names.is_empty() {
                effort == Effort::Long || fault.is_short
            } else {
                names.iter().any(|name| name == fault.name)
            }
        })
        .collect();
    if run(&chosen, effort).await { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs them one after the other; whether each went as it must.
async fn run(chosen: &[&Fault], effort: Effort) -> bool {
    let (began, mut rows, mut failed) = (Instant::now(), Vec::new(), Vec::new());
    for fault in chosen {
        println!("== {:>5} s  {}: {}", began.elapsed().as_secs(), fault.name, fault.what);
        let report = (fault.run)(effort).await;
        let row = report.row(fault.name);
        println!("{row}  took {} s", began.elapsed().as_secs());
        rows.push(row);
        if !fault.went_as_it_must(&report.violations) {
            failed.push(fault.name);
        }
    }
    println!("\n{}\n{}", report::HEAD, rows.join("\n"));
    println!("\nA control (its name begins with `control-`) must show violations, everything else none.");
    if failed.is_empty() {
        println!("All {} went as they must, in {} s.", chosen.len(), began.elapsed().as_secs());
    } else {
        println!("Not as it must be: {}.", failed.join(", "));
    }
    failed.is_empty()
}
