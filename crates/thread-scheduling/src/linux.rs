//! The call `sched_setattr(2)`.

use std::io;
use std::time::Duration;

/// Gives the calling thread the priority `nice`, from -20, the highest, to 19, the lowest, and slices of the length
/// `slice`, from 0.1 to 100 ms; the kernel limits both to these ranges. A thread that wakes interrupts one whose slices
/// are longer than its own; otherwise it waits until the slice of the other has ended.
///
/// The policy becomes `SCHED_OTHER`, the usual one. Kernels before Linux 6.12 ignore the slice.
///
/// # Errors
///
/// If the system refuses: because the priority is higher than the current one, which takes the privilege
/// `CAP_SYS_NICE`, or because a sandbox forbids the call. Then nothing has changed.
pub fn schedule_this_thread(nice: i32, slice: Duration) -> io::Result<()> {
    let attributes = libc::sched_attr {
        size: const { size_of::<libc::sched_attr>() as u32 },
        sched_policy: libc::SCHED_OTHER as u32,
        sched_flags: 0,
        sched_nice: nice,
        sched_priority: 0,
        sched_runtime: u64::try_from(slice.as_nanos()).unwrap_or(u64::MAX),
        sched_deadline: 0,
        sched_period: 0,
    };
    let this_thread: libc::pid_t = 0;
    let no_flags: libc::c_uint = 0;
    #[expect(unsafe_code, reason = "no library offers this call with a slice")]
    // SAFETY: the kernel reads `size` bytes of `attributes`, which lives until the call has returned, and writes nothing.
    let answer = unsafe { libc::syscall(libc::SYS_sched_setattr, this_thread, &raw const attributes, no_flags) };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Returns what the kernel tells of the calling thread under this name, if it does.
    fn told(name: &str) -> Option<u64> {
        let told = fs::read_to_string("/proc/thread-self/sched").ok()?;
        let mut facts = told.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = facts.find(|(key, _)| key.trim() == name)?;
        value.trim().parse().ok()
    }

    fn nice() -> i32 {
        let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
        let (_, after_name) = stat.rsplit_once(')').unwrap();
        after_name.split_whitespace().nth(16).unwrap().parse().unwrap()
    }

    fn obeys_slices() -> bool {
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
        let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map_while(|number| number.parse::<u32>().ok());
        (numbers.next().unwrap(), numbers.next().unwrap()) >= (6, 12)
    }

    #[test]
    fn a_thread_lowers_its_priority_and_takes_longer_slices() {
        let (priority, slice) = (nice(), told("se.slice"));
        let lower = (priority + 1).min(19);
        schedule_this_thread(lower, Duration::from_millis(20)).unwrap();
        assert_eq!(nice(), lower);
        assert_eq!(told("se.slice"), slice.map(|before| if obeys_slices() { 20_000_000 } else { before }));
    }

    #[test]
    fn what_is_out_of_range_is_limited() {
        schedule_this_thread(1_000, Duration::MAX).unwrap();
        assert_eq!(nice(), 19);
    }
}
