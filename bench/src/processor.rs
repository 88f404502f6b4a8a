//! Processor time: of the server and the processes that it started, of this process, of everything else on the machine.

use std::time::Duration;

/// The kernel's clock tick (proc(5)): `sysconf(_SC_CLK_TCK)` is 100 on Linux wherever this runs.
const TICK: Duration = Duration::from_millis(10);

/// Processor time up to now.
#[derive(Clone, Copy)]
pub(crate) struct Used {
    server: Duration,
    load: Duration,
    machine: Duration,
}

/// Processor time a request, in microseconds.
pub(crate) struct PerRequest {
    pub(crate) server: f64,
    pub(crate) load: f64,
    /// The database, and whatever else used the machine.
    pub(crate) rest: f64,
}

impl Used {
    pub(crate) fn now(server: Option<u32>) -> Self {
        Self {
            server: server.map_or(Duration::ZERO, |pid| tree(pid).into_iter().map(of_process).sum()),
            load: of_process(std::process::id()),
            machine: of_machine(),
        }
    }

    /// What was used since then, for each of so many requests.
    pub(crate) fn since(self, before: Self, requests: f64) -> PerRequest {
        let micros = |time: Duration| time.as_secs_f64() * 1e6 / requests.max(1.0);
        let (server, load) = (self.server.saturating_sub(before.server), self.load.saturating_sub(before.load));
        let machine = self.machine.saturating_sub(before.machine);
        PerRequest {
            server: micros(server),
            load: micros(load),
            rest: micros(machine.saturating_sub(server).saturating_sub(load)),
        }
    }
}

/// Returns a process and all that descend from it.
pub(crate) fn tree(root: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap();
    let processes = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let parents: Vec<(u32, u32)> = processes.map(|pid| (pid, stat(pid, 1..2).first().copied().unwrap_or(0))).collect();
    let mut tree = vec![root];
    let mut next = 0;
    while let Some(&parent) = tree.get(next) {
        tree.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| pid));
        next += 1;
    }
    tree
}

/// Numbers of `/proc/PID/stat`, counted from the state that follows the name; none if the process has ended.
fn stat(pid: u32, fields: std::ops::Range<usize>) -> Vec<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    after_name.skip(fields.start).take(fields.len()).filter_map(|field| field.parse().ok()).collect()
}

/// User and system time, fields 14 and 15, and that of its children that have ended, the next two.
fn of_process(pid: u32) -> Duration {
    TICK * stat(pid, 11..15).into_iter().sum::<u32>()
}

/// All but idle and waiting, the fourth and fifth number of the first line of `/proc/stat`.
fn of_machine() -> Duration {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let numbers = stat.lines().next().unwrap_or_default().split_whitespace().skip(1).take(8);
    let busy = numbers.enumerate().filter(|(index, _)| ![3, 4].contains(index));
    TICK * busy.filter_map(|(_, number)| number.parse::<u32>().ok()).sum()
}

/// What a process and its descendants have in memory, in MiB, and the most that they ever had. Pages that they share count
/// for each.
pub(crate) fn memory_mib(pid: u32) -> (f64, f64) {
    tree(pid).into_iter().map(memory_of_process).fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1))
}

fn memory_of_process(pid: u32) -> (f64, f64) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or_default() / 1_024.0
    };
    (of("VmRSS:"), of("VmHWM:"))
}
