//! What is counted: attempts at passwords, and everything else that has a limit.

use std::collections::BTreeMap;

use auth_domain::password_limit::PasswordLimit;
use auth_domain::rate_limit::{AttemptSubject, RateLimit};
use auth_domain::version::RowVersion;

use super::{Applied, insert_once, update};
use crate::memory_store::tables::{Tables, network_key, rate_limit_key};

/// Writes a row. The first version is an insert and must find no row; any other replaces the version before it.
fn put<K: Ord, V>(rows: &mut BTreeMap<K, V>, key: K, row: V, version: impl Fn(&V) -> RowVersion) -> Applied {
    if version(&row) == RowVersion::FIRST {
        return Ok(insert_once(rows, key, row));
    }
    let before = version(&row).previous();
    Ok(update(rows.get_mut(&key), |stored| version(stored) == before, |stored| *stored = row))
}

pub(super) fn put_network_attempts(tables: &mut Tables, limit: &PasswordLimit) -> Applied {
    let key = network_key(limit.subject, &limit.network);
    put(&mut tables.network_attempts, key, limit.attempts, |attempts| attempts.version)
}

pub(super) fn put_daily_misses(tables: &mut Tables, limit: &PasswordLimit) -> Applied {
    put(&mut tables.daily_misses, limit.subject.as_uuid(), limit.daily, |daily| daily.version)
}

pub(super) fn put_rate_limit(tables: &mut Tables, limit: &RateLimit) -> Applied {
    let key = rate_limit_key(limit.subject, &limit.kind);
    put(&mut tables.rate_limits, key, limit.clone(), |limit| limit.version)
}

pub(super) fn forget_network_attempts(tables: &mut Tables, subject: AttemptSubject) -> Applied {
    let before = tables.network_attempts.len();
    tables.network_attempts.retain(|(of, _), _| *of != subject.as_uuid());
    Ok(tables.network_attempts.len() < before)
}

pub(super) fn forget_rate_limits(tables: &mut Tables, subject: AttemptSubject) -> Applied {
    let before = tables.rate_limits.len();
    tables.rate_limits.retain(|(of, _, _), _| *of != subject.as_uuid());
    Ok(tables.rate_limits.len() < before)
}
