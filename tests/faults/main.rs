//! Breaks things under the built binary while clients use it, and compares what it does then with what it acknowledged.
//!
//! `run` runs the short form, `run --long` the long one, `run NAME…` only those, `run --list` names them, and
//! `--soak-minutes=N` says how long a soak takes. As a test of the package it is the short form, and names are parts of names,
//! as tests take them. Each fault is a file in `faults`; a control breaks a guarantee that the service stands on, and must be
//! noticed.

#![expect(clippy::expect_used, reason = "a run that cannot be set up is to fail")]

mod check;
mod client;
mod faults;
mod http;
mod proxy;
mod report;
mod scene;
mod shim;
mod world;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use faults::{Effort, FAULTS, Fault};
use report::Report;

/// How many of the short form run at the same time: they wait more than they work.
const AT_ONCE: usize = 2;
const SOAK_MINUTES: u64 = 60;
const OPTIONS: [&str; 3] = ["--long", "--list", "--named"];
const SOAK: &str = "--soak-minutes=";

fn main() -> ExitCode {
    let (options, names): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let has = |wanted: &str| options.iter().any(|option| option == wanted);
    let minutes = options.iter().find_map(|option| option.strip_prefix(SOAK));
    let Ok(minutes) = minutes.map_or(Ok(SOAK_MINUTES), str::parse) else {
        return refuse("--soak-minutes takes a number");
    };
    // Not by `cargo test`, which has options and filters of its own.
    if has("--named")
        && let Err(unknown) = check(&options, &names)
    {
        return refuse(&unknown);
    }
    if has("--list") {
        for fault in FAULTS {
            println!("{:<28} {}{}", fault.name, fault.what, if fault.is_short { "" } else { " (long form)" });
        }
        return ExitCode::SUCCESS;
    }
    let is_long = has("--long");
    let chosen = choose(&names, has("--named"), is_long);
    if chosen.is_empty() {
        return ExitCode::SUCCESS;
    }
    // Built before two of them ask for it.
    auth_black_box::binary();
    if !is_long {
        scene::hurry();
    }
    let effort = Effort { is_long, soak: Duration::from_secs(60 * minutes) };
    if run(&chosen, effort) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check(options: &[String], names: &[String]) -> Result<(), String> {
    let is_known = |option: &String| OPTIONS.contains(&option.as_str()) || option.starts_with(SOAK);
    if let Some(unknown) = options.iter().find(|option| !is_known(option)) {
        return Err(format!("there is no option {unknown}: --long, --list, {SOAK}N, and names of faults"));
    }
    match names.iter().find(|name| FAULTS.iter().all(|fault| fault.name != **name)) {
        Some(unknown) => Err(format!("there is no fault {unknown}; --list names them")),
        None => Ok(()),
    }
}

/// Those of that name, or with a part of it in theirs; without one all of a form.
fn choose(names: &[String], are_whole: bool, is_long: bool) -> Vec<&'static Fault> {
    let is_chosen = |fault: &&Fault| match names {
        [] => is_long || fault.is_short,
        names if are_whole => names.iter().any(|name| fault.name == name),
        names => names.iter().any(|name| fault.name.contains(name.as_str())),
    };
    FAULTS.iter().filter(is_chosen).collect()
}

fn refuse(why: &str) -> ExitCode {
    eprintln!("faults: {why}");
    ExitCode::FAILURE
}

/// Runs them, the short ones two at a time; whether each went as it must.
fn run(chosen: &[&Fault], effort: Effort) -> bool {
    let (began, next) = (Instant::now(), AtomicUsize::new(0));
    let done = Mutex::new(Vec::new());
    let work = || {
        while let Some((at, fault)) = take(chosen, &next) {
            println!("== {:>5} s  {}: {}", began.elapsed().as_secs(), fault.name, fault.what);
            let (started, report) = (Instant::now(), run_one(fault, effort));
            let row = report.row(fault.name);
            println!("{row}  took {} s", started.elapsed().as_secs());
            let as_it_must = fault.went_as_it_must(&report);
            done.lock().expect("nobody panics with it").push((at, row, as_it_must));
        }
    };
    thread::scope(|scope| {
        for _ in 0..if effort.is_long { 1 } else { AT_ONCE } {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().expect("nobody panicked with it");
    done.sort();
    tell(chosen, &done, began.elapsed())
}

/// The next one that nobody has taken, and its place.
fn take<'a>(chosen: &[&'a Fault], next: &AtomicUsize) -> Option<(usize, &'a Fault)> {
    let at = next.fetch_add(1, Ordering::SeqCst);
    chosen.get(at).map(|fault| (at, *fault))
}

/// On threads that bear its name. A panic is a run that could not be set up, and fails.
fn run_one(fault: &Fault, effort: Effort) -> Report {
    let run = || {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).thread_name(fault.name).enable_all().build().expect("a runtime");
        runtime.block_on((fault.run)(effort))
    };
    let done = thread::scope(|scope| {
        thread::Builder::new()
            .name(fault.name.to_owned())
            .spawn_scoped(scope, run)?
            .join()
            .map_err(|_| std::io::Error::other("it panicked"))
    });
    done.unwrap_or_else(|error| Report::not_run(format!("{error}")))
}

/// Prints the table; whether all went as they must.
fn tell(chosen: &[&Fault], done: &[(usize, String, bool)], took: Duration) -> bool {
    let rows: Vec<&str> = done.iter().map(|(_, row, _)| row.as_str()).collect();
    println!("\n{}\n{}", report::HEAD, rows.join("\n"));
    println!("\nA control (its name begins with `control-`) must show violations, everything else none.");
    let failed: Vec<&str> =
        done.iter().filter(|(.., as_it_must)| !as_it_must).map(|(at, ..)| chosen[*at].name).collect();
    if failed.is_empty() {
        println!("All {} went as they must, in {} s.", chosen.len(), took.as_secs());
    } else {
        println!("Not as it must be, or not run: {}. It took {} s.", failed.join(", "), took.as_secs());
    }
    failed.is_empty()
}
