//! A coordinator of Citus and two workers, for tests on accounts that are spread over servers: where `AUTH_TEST_CITUS` names
//! the binary of the server, which brings each database up to date before it is spread. `tests/citus/run` sets it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::postgres::Cluster;

/// Few shards: each test has a database of its own.
const SETTINGS: &str = "-c shared_preload_libraries=citus -c citus.shard_count=4 -c max_prepared_transactions=500 \
                        -c citus.local_hostname=127.0.0.1 -c citus.node_conninfo=sslmode=disable -c citus.enable_statistics_collection=off";
/// What docs/scaling.md prints.
const DISTRIBUTE: &str = include_str!("../../../tests/citus/distribute.sql");
const MASTER_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// Databases share what Citus writes about roles: two that are spread at once end in `tuple concurrently updated`.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The servers that have the rows.
pub(crate) struct Workers {
    workers: Vec<Cluster>,
    server: PathBuf,
}

impl Workers {
    /// A coordinator and its workers, if tests are to run on them.
    pub(crate) fn start() -> Option<(Cluster, Self)> {
        let server = PathBuf::from(std::env::var_os("AUTH_TEST_CITUS")?);
        let start = || Cluster::start_with(&format!("{} {SETTINGS}", crate::postgres::NOT_DURABLE));
        Some((start(), Self { workers: vec![start(), start()], server }))
    }

    /// Brings the empty database `name` at `url` up to date and spreads it.
    pub(crate) fn spread(&self, coordinator: &Cluster, url: &str, name: &str) {
        let only = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        for worker in &self.workers {
            worker.query("x/postgres", &format!("CREATE DATABASE {name}"));
            worker.query(&format!("x/{name}"), "CREATE EXTENSION citus");
        }
        coordinator.query(url, "CREATE EXTENSION citus");
        coordinator.query(url, &format!("SELECT citus_set_coordinator_host('127.0.0.1', {})", coordinator.port()));
        for worker in &self.workers {
            coordinator.query(url, &format!("SELECT citus_add_node('127.0.0.1', {})", worker.port()));
        }
        drop(only);
        let mut migrate = Command::new(&self.server);
        migrate.env_clear().env("AUTH_DATABASE_URL", url).env("AUTH_SECRET_KEY", MASTER_KEY).arg("migrate");
        let output = migrate.output().expect("the server's binary starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        coordinator.query(url, DISTRIBUTE);
    }
}
