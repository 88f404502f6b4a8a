//! File descriptors: how many the process may have, and what it needs them for.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::settings::{Database, Settings};

/// Reserved for what is neither a client nor the database: logs, mails, providers, webhooks, files.
const OTHERS: u64 = 64;
/// Reserved for the runtime of each worker thread.
const A_WORKER: u64 = 8;
/// Reserved for the files of the embedded database.
const SQLITE: u64 = 32;
/// The maximum number of client connections; each may take about 20 KiB of memory.
const MOST_CONNECTIONS: u64 = 50_000;

/// How many descriptors there may be, and how many of them are for client connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Descriptors {
    pub(crate) limit: u64,
    pub(crate) connections: usize,
}

impl Descriptors {
    /// Raises the limit of this process as far as possible, and divides it.
    pub(crate) fn raise(settings: &Settings) -> Self {
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
        let limit = if raised.is_ok() { maximum } else { current };
        // `None` means that there is no limit.
        Self::divide(limit.unwrap_or(u64::MAX), settings)
    }

    fn divide(limit: u64, settings: &Settings) -> Self {
        let database = match &settings.database {
            Database::Sqlite(_) => SQLITE,
            Database::Postgres { options, .. } => 8 + u64::try_from(options.connections).unwrap_or(u64::MAX),
        };
        let workers = A_WORKER.saturating_mul(u64::try_from(worker_threads()).unwrap_or(u64::MAX));
        let reserve = auth_http::LEAVING as u64 + OTHERS + workers.saturating_add(database);
        // However few there are, half of them are for clients.
        let connections = limit.saturating_sub(reserve).max(limit / 2).min(MOST_CONNECTIONS);
        Self { limit, connections: usize::try_from(connections).unwrap_or(usize::MAX) }
    }
}

/// Returns the number of threads that serve requests.
pub(crate) fn worker_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(512)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::load_for_tests;

    #[test]
    fn what_others_need_is_left_to_them() {
        let postgres = [("AUTH_DATABASE_URL", "postgres://u@h/d"), ("AUTH_DB_CONNECTIONS", "100")];
        let (sqlite, postgres) = (load_for_tests(&[]).unwrap(), load_for_tests(&postgres).unwrap());
        let reserve = 128 + 8 * worker_threads();
        for limit in [1_024, 4_096] {
            let connections = |settings| Descriptors::divide(limit as u64, settings).connections;
            assert_eq!(connections(&sqlite), limit - reserve - 32);
            assert_eq!(connections(&postgres), (limit - reserve - 108).max(limit / 2));
        }
        assert_eq!(Descriptors::divide(100, &sqlite).connections, 50);
        assert_eq!(Descriptors::divide(u64::MAX, &sqlite).connections, 50_000);
    }
}
