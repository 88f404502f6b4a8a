//! The metrics for Prometheus: requests are counted here as they are answered; everything else is measured on request.
//!
//! No label comes from a caller: a route is its pattern, and a method one of those that are supported.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use auth_domain::Timestamp;
use auth_domain::load::{DatabaseLoad, FileCheck, ServiceLoad};
use prometheus::core::Collector;
use prometheus::{
    Counter, Error, Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder,
};
use supervisor::Report;

use crate::codes::Code;
use crate::connections::Connections;

/// The buckets in seconds: a refresh takes less than the first, a login the middle ones, an identity provider the last
/// ones.
const BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The metrics of this node.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    refusals: IntCounterVec,
    outbox: GaugeVec,
    outbox_age: GaugeVec,
    database_up: Gauge,
    database_file_sound: Gauge,
    pool: GaugeVec,
    connections: GaugeVec,
    hashing: GaugeVec,
    hashing_networks: GaugeVec,
    hashed: Counter,
    hashing_seconds: Counter,
    hashing_refused: Counter,
    signing_key_age: Gauge,
    verified_restore: Gauge,
    log_lines_dropped: Counter,
    worker_failures: IntCounterVec,
    worker_failing: GaugeVec,
    /// Held while a load is written: what is counted elsewhere is brought up to date by its difference.
    writing: Mutex<()>,
}

fn register<C: Collector + Clone + 'static>(registry: &Registry, collector: Result<C, Error>) -> Result<C, Error> {
    let collector = collector?;
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}

impl Metrics {
    /// Creates the metrics, all at zero. Fails if two have the same name.
    pub fn new() -> Result<Self, Error> {
        let registry = Registry::new();
        let gauge = |name: &str, help: &str| register(&registry, Gauge::new(name, help));
        let total = |name: &str, help: &str| register(&registry, Counter::new(name, help));
        let gauges =
            |name: &str, help: &str, labels: &[&str]| register(&registry, GaugeVec::new(Opts::new(name, help), labels));
        let counters = |name: &str, help: &str, labels: &[&str]| {
            register(&registry, IntCounterVec::new(Opts::new(name, help), labels))
        };
        let seconds = HistogramOpts::new("auth_request_seconds", "How long requests took, by route.");
        Ok(Self {
            requests: counters(
                "auth_requests_total",
                "Requests answered, by route, method and status.",
                &["route", "method", "status"],
            )?,
            seconds: register(&registry, HistogramVec::new(seconds.buckets(BUCKETS.to_vec()), &["route"]))?,
            refusals: counters(
                "auth_refusals_total",
                "Requests refused, by code; RATE_LIMITED is a limit reached, OVERLOADED a full queue.",
                &["code"],
            )?,
            outbox: gauges("auth_outbox", "Mails and events waiting to be sent, over all nodes.", &["what"])?,
            outbox_age: gauges(
                "auth_outbox_oldest_seconds",
                "Age of the oldest waiting mail or event; 0 if none is waiting.",
                &["what"],
            )?,
            database_up: gauge("auth_database_up", "1 if the database answered for these metrics, 0 if not.")?,
            database_file_sound: gauge(
                "auth_database_file_sound",
                "1 if the last check of the SQLite file found no damage, 0 if it is damaged; NaN before the first \
                 check, and with PostgreSQL.",
            )?,
            pool: gauges("auth_database_connections", "Connections of this node to its database.", &["state"])?,
            connections: gauges("auth_connections", "Connections of clients to this node.", &["state"])?,
            hashing: gauges(
                "auth_hashing",
                "Passwords on this node that are waiting for a thread or being hashed.",
                &["state"],
            )?,
            hashing_networks: gauges(
                "auth_hashing_networks",
                "Networks with passwords waiting or being hashed, and networks with a login in the last 30 days.",
                &["what"],
            )?,
            hashed: total("auth_hashing_done_total", "Passwords hashed or compared since the start.")?,
            hashing_seconds: total(
                "auth_hashing_seconds_total",
                "Time spent hashing and comparing passwords, over all threads.",
            )?,
            hashing_refused: total(
                "auth_hashing_refused_total",
                "Passwords refused since the start because too many were waiting.",
            )?,
            signing_key_age: gauge(
                "auth_signing_key_age_seconds",
                "How long the current signing key has been in use.",
            )?,
            verified_restore: gauge(
                "auth_last_verified_restore_timestamp",
                "When a restore drill last succeeded, in seconds since 1970; 0 if never.",
            )?,
            log_lines_dropped: total(
                "auth_log_lines_dropped_total",
                "Log lines dropped since the start because stderr was not read fast enough.",
            )?,
            worker_failures: counters(
                "auth_worker_failures_total",
                "How often a background worker panicked or failed and was restarted.",
                &["worker"],
            )?,
            worker_failing: gauges(
                "auth_worker_failing",
                "1 if the worker is waiting to be restarted or failed within the last minute, 0 if not.",
                &["worker"],
            )?,
            writing: Mutex::default(),
            registry,
        })
    }

    /// Counts a request that was answered. `route` is `None` if no endpoint has its path.
    pub(crate) fn answered(
        &self,
        route: Option<&str>,
        method: &Method,
        status: StatusCode,
        refusal: Option<Code>,
        took: Duration,
    ) {
        let route = route.unwrap_or("none");
        let known =
            [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
        let method = if known.contains(method) { method.as_str() } else { "other" };
        self.requests.with_label_values(&[route, method, status.as_str()]).inc();
        self.seconds.with_label_values(&[route]).observe(took.as_secs_f64());
        if let Some(code) = refusal {
            self.refusals.with_label_values(&[code.as_str()]).inc();
        }
    }

    /// Returns the metrics in the text format of Prometheus, version 0.0.4.
    pub(crate) fn text(
        &self,
        load: &ServiceLoad,
        connections: &Connections,
        log_lines_dropped: u64,
        workers: &[Report],
    ) -> Result<String, Error> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let ServiceLoad { now, database, pool, file, hashing } = load;
        self.tell_database(*now, database.as_ref());
        self.database_file_sound.set(match file {
            FileCheck::Unknown => f64::NAN,
            FileCheck::Sound => 1.0,
            FileCheck::Damaged => 0.0,
        });
        let size = |number: usize| count(u64::try_from(number).unwrap_or(u64::MAX));
        self.pool.with_label_values(&["most"]).set(size(pool.most));
        self.pool.with_label_values(&["open"]).set(size(pool.open));
        self.pool.with_label_values(&["idle"]).set(size(pool.idle));
        self.connections.with_label_values(&["most"]).set(size(connections.most()));
        self.connections.with_label_values(&["open"]).set(size(connections.open()));
        self.hashing.with_label_values(&["waiting"]).set(size(hashing.waiting));
        self.hashing.with_label_values(&["working"]).set(size(hashing.working));
        self.hashing_networks.with_label_values(&["served"]).set(size(hashing.networks));
        self.hashing_networks.with_label_values(&["known"]).set(size(hashing.known_networks));
        let bring_up = |total: &Counter, to: f64| total.inc_by((to - total.get()).max(0.0));
        bring_up(&self.hashed, count(hashing.done));
        bring_up(&self.hashing_seconds, hashing.busy.as_secs_f64());
        bring_up(&self.hashing_refused, count(hashing.refused));
        bring_up(&self.log_lines_dropped, count(log_lines_dropped));
        for Report { name, failures, failing } in workers {
            let total = self.worker_failures.with_label_values(&[name]);
            total.inc_by(failures.saturating_sub(total.get()));
            self.worker_failing.with_label_values(&[name]).set(if *failing { 1.0 } else { 0.0 });
        }
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    /// Reports the database. While it is unreachable, no older figures are reported in its place.
    fn tell_database(&self, now: Timestamp, database: Option<&DatabaseLoad>) {
        self.database_up.set(if database.is_some() { 1.0 } else { 0.0 });
        let Some(DatabaseLoad { outbox, signing_since, verified_restore }) = database else {
            self.outbox.reset();
            self.outbox_age.reset();
            self.signing_key_age.set(f64::NAN);
            self.verified_restore.set(f64::NAN);
            return;
        };
        let age = |since: &Option<Timestamp>| since.map_or(0.0, |since| now.since(since).as_secs_f64());
        self.outbox.with_label_values(&["mails"]).set(count(outbox.mails));
        self.outbox.with_label_values(&["parked_mails"]).set(count(outbox.parked_mails));
        self.outbox.with_label_values(&["deliveries"]).set(count(outbox.deliveries));
        self.outbox_age.with_label_values(&["mails"]).set(age(&outbox.oldest_mail));
        self.outbox_age.with_label_values(&["deliveries"]).set(age(&outbox.oldest_delivery));
        self.signing_key_age.set(age(signing_since));
        let seconds = |at: Timestamp| u32::try_from(at.as_seconds()).map_or(0.0, f64::from);
        self.verified_restore.set(verified_restore.map_or(0.0, seconds));
    }
}

/// Converts a number to the type that Prometheus counts in.
fn count(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
