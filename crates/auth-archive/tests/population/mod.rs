//! A row or two of every table, with whatever a text may hold.

use auth_domain::account::EmailAddress;
use auth_domain::ports::{Archive, Writers};

/// A table, and a row of it.
pub(crate) const ROWS: [(&str, &str); 23] = [
    (
        "accounts",
        r##"{"id": "01990000-0000-7000-8000-000000000001", "username": "Ann", "username_key": "ann", "email": "Ann1@example.org", "email_key": "ann1@example.org", "email_verified": true, "password_hash": "$argon2id$v=19$m=8,t=1,p=1,keyid=CgsMDQ$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g", "credential_version": 3, "roles": "user", "created_at": 1700000000000001, "updated_at": 1700000000000002, "ever_proved": true, "app_status": "enabled", "app_since": 1700000000000001, "app_secret": "010a0b0c0d00ff", "app_pending_until": null, "app_pending_secret": null, "app_pending_session": null, "pending_email": "New@example.org", "pending_email_until": 9, "email_factor_status": null, "email_factor_since": null, "email_factor_pending_until": null, "preferred_factor": "app", "recovery_codes": "0a0b0c0d:abc aabbccdd:def", "two_factor_version": 2, "suspended_at": 9, "new_password_required": true, "deletion_id": "05990000-0000-7000-8000-000000000009", "deletion_due_at": 10, "deletion_requested_by": "owner", "locale": "pt-BR"}"##,
    ),
    (
        "accounts",
        r##"{"id": "01990000-0000-7000-8000-000000000002", "username": null, "username_key": null, "email": "Ann2@example.org", "email_key": "ann2@example.org", "email_verified": false, "password_hash": null, "credential_version": 3, "roles": "user", "created_at": 1700000000000001, "updated_at": 1700000000000002, "ever_proved": false, "app_status": null, "app_since": null, "app_secret": null, "app_pending_until": 5, "app_pending_secret": "010a0b0c0d77", "app_pending_session": "02990000-0000-7000-8000-000000000001", "pending_email": null, "pending_email_until": null, "email_factor_status": null, "email_factor_since": null, "email_factor_pending_until": null, "preferred_factor": "app", "recovery_codes": "", "two_factor_version": 0, "suspended_at": null, "new_password_required": false, "deletion_id": null, "deletion_due_at": null, "deletion_requested_by": null, "locale": null}"##,
    ),
    (
        "identities",
        r##"{"provider": "google", "subject": "sub é\"\\ ", "account_id": "01990000-0000-7000-8000-000000000002", "linked_at": 1}"##,
    ),
    (
        "identities",
        r##"{"provider": "42", "subject": "42", "account_id": "01990000-0000-7000-8000-000000000002", "linked_at": -1}"##,
    ),
    (
        "sessions",
        r##"{"id": "02990000-0000-7000-8000-000000000001", "account_id": "01990000-0000-7000-8000-000000000001", "generation": 2, "parent": 1, "served_at": 3, "proved": false, "network": "192.0.2.0/24", "user_agent": "curl 😀 '\"", "left_after": null, "left_before": null, "key_id": "0a0b0c0d", "method": "pwd", "authenticated_at": 6, "created_at": 1, "idle_expires_at": 9000000000000000, "absolute_expires_at": 9000000000000000, "revoked_at": null, "revocation_reason": null, "rotated_at": 2, "joins": "3 2 2001:db8::/64 curl 😀 '\"\n4 2 192.0.2.0/24 ", "late_generation": 2, "late_running": 1, "notes": 3}"##,
    ),
    (
        "challenges",
        r##"{"id": "02990000-0000-7000-8000-000000000002", "subject": "01990000-0000-7000-8000-000000000001", "account_id": "01990000-0000-7000-8000-000000000001", "email": "ann1@example.org", "credential_version": null, "purpose": "password_reset", "key_id": "0a0b0c0d", "network": "192.0.2.0/24", "send_number": 1, "code_expires_at": 2, "misses": 0, "expires_at": 3, "version": 1}"##,
    ),
    (
        "pending_credentials",
        r##"{"challenge_id": "02990000-0000-7000-8000-000000000002", "session_id": "02990000-0000-7000-8000-000000000001", "method": "app", "email": null, "password_hash": null, "locale": ""}"##,
    ),
    ("totp_steps", r##"{"account_id": "01990000-0000-7000-8000-000000000001", "step": 57, "used_at": 9}"##),
    ("totp_steps", r##"{"account_id": "01990000-0000-7000-8000-000000000001", "step": 123, "used_at": 9}"##),
    (
        "password_network_attempts",
        r##"{"subject": "01990000-0000-7000-8000-000000000001", "network": "192.0.2.0/24", "misses": 1, "last_miss_at": 4, "last_success_at": null, "version": 1}"##,
    ),
    (
        "password_network_attempts",
        r##"{"subject": "01990000-0000-7000-8000-000000000001", "network": "2001:db8::/64", "misses": 1, "last_miss_at": 4, "last_success_at": null, "version": 1}"##,
    ),
    (
        "password_daily_misses",
        r##"{"subject": "01990000-0000-7000-8000-000000000001", "misses": 1, "day_began_at": 4, "version": 1}"##,
    ),
    (
        "tallies",
        r##"{"subject": "01990000-0000-7000-8000-000000000001", "kind": "mail", "network": "", "count": 1, "began_at": 2, "last_at": 2, "version": 1}"##,
    ),
    (
        "signing_keys",
        r##"{"id": "02990000-0000-7000-8000-000000000003", "sequence": 1, "active_from": 7, "public_key": "0000000000000000000000000000000000000000000000000000000000000000", "sealed_private_key": "010a0b0c0d99"}"##,
    ),
    (
        "retired_keys",
        r##"{"id": "02990000-0000-7000-8000-000000000004", "key_id": "aabbccdd", "sealed_keys": "010a0b0c0d98", "retired_at": 3}"##,
    ),
    (
        "deletions",
        r##"{"id": "02990000-0000-7000-8000-000000000005", "account_id": "01990000-0000-7000-8000-000000000009", "requested_by": "user", "deleted_at": 4}"##,
    ),
    (
        "events",
        r##"{"id": "02990000-0000-7000-8000-000000000006", "kind": "user.registered", "account_id": "01990000-0000-7000-8000-000000000001", "related_id": null, "occurred_at": 4, "position": null}"##,
    ),
    ("event_positions", r##"{"id": 1, "last": 0}"##),
    (
        "event_deliveries",
        r##"{"event_id": "02990000-0000-7000-8000-000000000006", "service": "billing", "account_id": "01990000-0000-7000-8000-000000000001", "occurred_at": 4, "attempt": 1, "next_attempt_at": 2, "acknowledged_at": null, "last_error": "no\nroute"}"##,
    ),
    (
        "mails",
        r##"{"id": "02990000-0000-7000-8000-000000000007", "recipient": "ann1@example.org", "kind": "notice:password_changed", "happened_at": 4, "network": "", "user_agent": "", "attempt": 0, "next_attempt_at": 9, "parked_at": null, "last_error": null, "challenge_id": null, "send_number": null, "language": "fr"}"##,
    ),
    (
        "invitations",
        r##"{"id": "02990000-0000-7000-8000-00000000000b", "email": null, "roles": "editor", "uses": 3, "uses_left": 2, "expires_at": 9, "created_at": 4, "created_by": "auth-server", "key_id": "0a0b0c0d"}"##,
    ),
    ("used_authorizations", r##"{"id": "02990000-0000-7000-8000-000000000008", "expires_at": 4}"##),
    (
        "audit_records",
        r##"{"id": "02990000-0000-7000-8000-000000000009", "occurred_at": 4, "account_id": null, "action": "login", "outcome": "done", "actor": "user", "network": null, "request_id": null, "detail": null}"##,
    ),
];

/// A row that no source has.
pub(crate) const EXTRA_DELETION: &str = r#"{"id": "02990000-0000-7000-8000-00000000000a", "account_id": "01990000-0000-7000-8000-000000000008", "requested_by": "user", "deleted_at": 4}"#;
pub(crate) const EXTRA_DELETION_ROWS: &str = r#"[{"id": "02990000-0000-7000-8000-00000000000a", "account_id": "01990000-0000-7000-8000-000000000008", "requested_by": "user", "deleted_at": 4}]"#;

pub(crate) struct Expected {
    pub(crate) email: EmailAddress,
}

pub(crate) fn accounts() -> Vec<Expected> {
    ["Ann1@example.org", "Ann2@example.org"].map(|email| Expected { email: EmailAddress::parse(email).unwrap() }).into()
}

/// The names of the columns of a row as it is written here.
pub(crate) fn columns(row: &str) -> Vec<String> {
    let names =
        row.split(['{', ',']).filter_map(|part| part.trim().strip_prefix('"')?.split_once("\":")).map(|(name, _)| name);
    names.map(str::to_owned).collect()
}

/// Fills an empty database.
pub(crate) async fn populate(archive: &dyn Archive) {
    let mut writer = archive.begin_write().await.unwrap();
    writer.empty("event_positions").await.unwrap();
    for (table, row) in ROWS {
        writer.insert(table, &columns(row), &format!("[{row}]")).await.unwrap();
    }
    writer.commit().await.unwrap();
}

/// Gives the first two accounts the address of each other.
pub(crate) async fn swap_addresses(archive: &dyn Archive) {
    let rows = archive.begin_read(Writers::GoOn).await.unwrap().rows("accounts", None).await.unwrap();
    let swapped = rows.iter().map(|row| {
        let row = row.replace("nn1@", "nn?@").replace("nn2@", "nn1@");
        row.replace("nn?@", "nn2@")
    });
    let swapped: Vec<String> = swapped.collect();
    let mut writer = archive.begin_write().await.unwrap();
    writer.empty("accounts").await.unwrap();
    writer.insert("accounts", &columns(ROWS[0].1), &format!("[{}]", swapped.join(","))).await.unwrap();
    writer.commit().await.unwrap();
}
