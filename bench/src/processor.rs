//! Processor time: of the server, of this process, of everything else on the machine.

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
            server: server.map_or(Duration::ZERO, |pid| of_process(&pid.to_string())),
            load: of_process("self"),
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

/// User and system time, fields 14 and 15 of `/proc/PID/stat`.
fn of_process(pid: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    TICK * after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum()
}

/// All but idle and waiting, the fourth and fifth number of the first line of `/proc/stat`.
fn of_machine() -> Duration {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let numbers = stat.lines().next().unwrap_or_default().split_whitespace().skip(1).take(8);
    let busy = numbers.enumerate().filter(|(index, _)| ![3, 4].contains(index));
    TICK * busy.filter_map(|(_, number)| number.parse::<u32>().ok()).sum()
}

/// What a process has in memory, in MiB, and the most it ever had.
pub(crate) fn memory_mib(pid: u32) -> (f64, f64) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or_default() / 1_024.0
    };
    (of("VmRSS:"), of("VmHWM:"))
}
