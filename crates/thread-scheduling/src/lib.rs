//! How Linux schedules the calling thread. Nothing else, because this is the only crate of the service with unsafe code:
//! one system call that no library offers.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
pub use linux::schedule_this_thread;
