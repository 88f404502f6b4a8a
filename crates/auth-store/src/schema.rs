//! The tables, as `migrations/` creates them. Two have another name in the code than in the database: a table is not
//! renamed while nodes of two versions run side by side.

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::types::SqlUuid;

    accounts (id) {
        id -> SqlUuid,
        username -> Nullable<Text>,
        username_key -> Nullable<Text>,
        email -> Text,
        email_key -> Text,
        email_verified -> Bool,
        password_hash -> Nullable<Text>,
        credential_version -> BigInt,
        roles -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        ever_proved -> Bool,
        email_told -> Bool,
        pending_email -> Nullable<Text>,
        pending_email_until -> Nullable<BigInt>,
        app_status -> Nullable<Text>,
        app_since -> Nullable<BigInt>,
        app_secret -> Nullable<Binary>,
        app_pending_until -> Nullable<BigInt>,
        app_pending_secret -> Nullable<Binary>,
        app_pending_session -> Nullable<SqlUuid>,
        email_factor_status -> Nullable<Text>,
        email_factor_since -> Nullable<BigInt>,
        email_factor_pending_until -> Nullable<BigInt>,
        preferred_factor -> Text,
        recovery_codes -> Text,
        two_factor_version -> BigInt,
        suspended_at -> Nullable<BigInt>,
        new_password_required -> Bool,
        deletion_id -> Nullable<SqlUuid>,
        deletion_due_at -> Nullable<BigInt>,
        deletion_requested_by -> Nullable<Text>,
        locale -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::types::SqlUuid;

    names (kind, name) {
        kind -> Text,
        name -> Text,
        account_id -> SqlUuid,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::types::SqlUuid;

    identities (account_id, provider) {
        provider -> Text,
        subject -> Text,
        account_id -> SqlUuid,
        linked_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::BigInt;
    use crate::types::SqlUuid;

    used_authorizations (id) {
        id -> SqlUuid,
        expires_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::BigInt;
    use crate::types::SqlUuid;

    totp_steps (account_id, step) {
        account_id -> SqlUuid,
        step -> BigInt,
        used_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::types::SqlUuid;

    pending_credentials (challenge_id) {
        challenge_id -> SqlUuid,
        session_id -> SqlUuid,
        method -> Text,
        email -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        locale -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::types::SqlUuid;

    sessions (account_id, id) {
        id -> SqlUuid,
        account_id -> SqlUuid,
        generation -> BigInt,
        parent -> Nullable<BigInt>,
        served_at -> BigInt,
        proved -> Bool,
        network -> Text,
        user_agent -> Text,
        left_after -> Nullable<BigInt>,
        left_before -> Nullable<BigInt>,
        key_id -> Text,
        method -> Text,
        created_at -> BigInt,
        idle_expires_at -> BigInt,
        absolute_expires_at -> BigInt,
        authenticated_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        revocation_reason -> Nullable<Text>,
        rotated_at -> Nullable<BigInt>,
        joins -> Text,
        late_generation -> Nullable<BigInt>,
        late_running -> BigInt,
        notes -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::types::SqlUuid;

    password_network_attempts (subject, network) {
        subject -> SqlUuid,
        network -> Text,
        misses -> BigInt,
        last_miss_at -> Nullable<BigInt>,
        last_success_at -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable};
    use crate::types::SqlUuid;

    password_daily_misses (subject) {
        subject -> SqlUuid,
        misses -> BigInt,
        day_began_at -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary};
    use crate::types::SqlUuid;

    signing_keys (id) {
        id -> SqlUuid,
        sequence -> BigInt,
        active_from -> BigInt,
        public_key -> Binary,
        sealed_private_key -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::types::SqlUuid;

    deletions (id) {
        id -> SqlUuid,
        account_id -> SqlUuid,
        requested_by -> Text,
        deleted_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::types::SqlUuid;

    mails (id) {
        id -> SqlUuid,
        recipient -> Text,
        kind -> Text,
        happened_at -> BigInt,
        network -> Text,
        user_agent -> Text,
        attempt -> BigInt,
        next_attempt_at -> BigInt,
        parked_at -> Nullable<BigInt>,
        last_error -> Nullable<Text>,
        challenge_id -> Nullable<SqlUuid>,
        send_number -> Nullable<BigInt>,
        account_id -> Nullable<SqlUuid>,
        fold_key -> Nullable<Text>,
        times -> BigInt,
        address_proved -> Bool,
        details -> Text,
        stamped_at -> BigInt,
        invitation_id -> Nullable<SqlUuid>,
        language -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::types::SqlUuid;

    invitations (id) {
        id -> SqlUuid,
        email -> Nullable<Text>,
        roles -> Text,
        uses -> BigInt,
        uses_left -> BigInt,
        expires_at -> BigInt,
        created_at -> BigInt,
        created_by -> Text,
        key_id -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::types::SqlUuid;

    challenges (id) {
        id -> SqlUuid,
        subject -> SqlUuid,
        account_id -> Nullable<SqlUuid>,
        email -> Nullable<Text>,
        credential_version -> Nullable<BigInt>,
        purpose -> Text,
        key_id -> Text,
        network -> Text,
        send_number -> Nullable<BigInt>,
        code_expires_at -> Nullable<BigInt>,
        misses -> Nullable<BigInt>,
        expires_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::types::SqlUuid;

    #[sql_name = "tallies"]
    rate_limits (subject, kind, network) {
        subject -> SqlUuid,
        kind -> Text,
        network -> Text,
        count -> BigInt,
        began_at -> BigInt,
        last_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::types::SqlUuid;

    events (id) {
        id -> SqlUuid,
        kind -> Text,
        account_id -> SqlUuid,
        related_id -> Nullable<SqlUuid>,
        occurred_at -> BigInt,
        position -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::types::SqlUuid;

    event_deliveries (event_id, service) {
        event_id -> SqlUuid,
        service -> Text,
        account_id -> SqlUuid,
        occurred_at -> BigInt,
        attempt -> BigInt,
        next_attempt_at -> BigInt,
        acknowledged_at -> Nullable<BigInt>,
        last_error -> Nullable<Text>,
        stamped_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::types::SqlUuid;

    audit_records (id) {
        id -> SqlUuid,
        occurred_at -> BigInt,
        account_id -> Nullable<SqlUuid>,
        action -> Text,
        outcome -> Text,
        actor -> Text,
        network -> Nullable<Text>,
        request_id -> Nullable<Text>,
        detail -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Text};
    use crate::types::SqlUuid;

    retired_keys (id) {
        id -> SqlUuid,
        key_id -> Text,
        sealed_keys -> Binary,
        retired_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};

    #[sql_name = "marks"]
    maintenance (name) {
        name -> Text,
        at -> BigInt,
    }
}

diesel::joinable!(sessions -> accounts (account_id));
diesel::joinable!(identities -> accounts (account_id));
diesel::joinable!(challenges -> accounts (account_id));
diesel::joinable!(event_deliveries -> events (event_id));
diesel::allow_tables_to_appear_in_same_query!(accounts, identities, names, sessions, challenges);
diesel::allow_tables_to_appear_in_same_query!(names, password_network_attempts);
diesel::allow_tables_to_appear_in_same_query!(names, password_daily_misses);
diesel::allow_tables_to_appear_in_same_query!(events, event_deliveries);
