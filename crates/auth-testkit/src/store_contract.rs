//! What every `Store` must do, whatever the engine. The `tests/contract.rs` of each store runs the suite with
//! [`store_contract!`](crate::store_contract!).

mod accounts;
mod administration;
mod audit;
mod challenges;
mod events;
mod identities;
mod invitations;
mod keys;
mod mails;
mod maintenance;
mod password_limits;
mod races;
mod retention;
mod sessions;
mod two_factor;

pub use accounts::*;
pub use administration::*;
pub use audit::*;
pub use challenges::*;
pub use events::*;
pub use identities::*;
pub use invitations::*;
pub use keys::*;
pub use mails::*;
pub use maintenance::*;
pub use password_limits::*;
pub use races::*;
pub use retention::*;
pub use sessions::*;
pub use two_factor::*;

use std::sync::Arc;

use auth_domain::account::Account;
use auth_domain::ports::{Change, CommitError, Guard, Store};
use auth_domain::rate_limit::{Counted, RateLimit};
use auth_domain::session::Session;

use crate::fixtures;

/// A store behind its port, as the use cases hold it.
pub type AnyStore = Arc<dyn Store>;

/// Declares one `#[tokio::test]` per case; `$new` creates an empty store: `async fn() -> AnyStore`.
#[macro_export]
macro_rules! store_contract {
    ($new:path) => {
        $crate::store_contract!(@each $new:
            accounts_round_trip
            names_are_unique_whatever_their_case
            names_that_are_given_up_are_free
            a_commit_happens_whole_or_not_at_all
            a_pending_address_is_kept_with_its_account
            a_provider_told_an_address_until_it_is_another
            roles_are_replaced
            a_locale_is_replaced
            a_reseal_of_a_password_needs_the_hash_that_was_read
            a_rehash_needs_the_credential_version
            a_deletion_takes_everything_along
            accounts_are_listed_in_pages
            a_snapshot_does_not_see_later_writes
            sessions_round_trip
            a_session_needs_its_account_at_that_version
            a_refresh_moves_on_only_from_what_was_read
            a_refresh_needs_the_account_that_was_read
            proving_and_serving_again_need_the_generation
            joins_and_late_repeats_are_noted_one_after_the_other
            a_revoked_session_stays_revoked
            all_sessions_of_one_account_end
            a_reauthentication_needs_what_was_checked
            sessions_that_passed_no_second_factor_end
            only_live_sessions_are_listed
            password_limits_are_written_one_version_at_a_time
            an_account_is_found_with_its_password_limit
            networks_are_listed_by_their_last_login
            signing_keys_are_unique_by_sequence
            keys_are_resealed_only_from_what_was_read
            audit_records_are_listed_in_order_and_purged
            audit_records_are_listed_as_the_filter_says
            a_suspension_is_kept_and_voids_logins_under_way
            a_new_password_is_required_until_there_is_one
            a_scheduled_deletion_is_kept_and_found_when_it_is_due
            of_many_restorations_and_deletions_one_happens
            accounts_are_searched
            admins_are_those_who_are_not_suspended
            of_many_admins_who_remove_each_other_one_stays
            a_maintenance_record_is_the_last_one_and_may_be_forgotten
            a_mail_is_leased_to_one_worker_at_a_time
            a_mail_that_failed_comes_back_or_is_parked
            workers_that_lease_at_once_share_the_mails
            ended_sessions_are_purged_in_bounded_batches
            password_limits_are_purged_when_nothing_in_them_counts
            a_mail_with_a_code_names_its_challenge
            mails_that_wait_are_listed_and_tried_when_asked_for
            what_waits_since_the_future_begins_to_wait_anew
            events_that_wait_since_the_future_begin_to_wait_anew
            the_codes_owed_to_an_account_are_forgotten
            notices_that_share_a_key_become_one_mail
            what_resets_removed_is_told_of_all_of_them
            a_notice_that_was_sent_keeps_those_like_it_back
            a_notice_that_was_given_up_goes_with_the_next
            notices_that_are_owed_at_once_are_all_counted
            whoever_waits_for_the_outbox_is_woken
            challenges_round_trip
            a_challenge_moves_on_only_from_what_was_read
            a_challenge_replaces_only_its_like
            rate_limits_count_and_are_forgotten
            expired_challenges_are_purged
            a_password_is_changed_from_the_version_that_was_read
            an_address_is_changed_and_proved_from_what_was_read
            events_are_leased_in_order_per_user
            workers_that_lease_at_once_share_the_events
            events_are_listed_in_the_order_in_which_they_became_known
            readers_that_follow_miss_no_event
            a_deletion_shows_who_has_acknowledged_it
            the_newest_request_for_all_data_shows_who_has_acknowledged_it
            second_factors_round_trip
            a_totp_step_is_used_once
            a_pending_change_of_credentials_goes_with_its_challenge
            identities_round_trip_with_their_account
            an_identity_is_linked_once
            an_account_is_touched_from_what_was_read
            a_login_that_races_an_unlinking_leaves_nothing
            of_many_uses_of_an_authorization_one_happens
            of_many_links_of_an_identity_one_happens
            invitations_round_trip
            an_invitation_is_used_as_often_as_it_says_and_in_time
            a_mail_names_its_invitation
            expired_invitations_are_purged
            of_many_uses_of_an_invitation_no_more_happen_than_are_left
            of_many_uses_of_a_totp_step_one_happens
            of_many_uses_of_a_recovery_code_one_happens
            of_many_given_codes_one_is_taken
            of_many_uses_of_a_challenge_one_happens
            of_many_counts_one_is_taken
            of_many_changes_of_password_one_happens
            of_many_refreshes_one_advances
            of_many_joins_and_refreshes_at_once_one_happens
            of_many_registrations_one_wins
            of_many_first_attempts_and_of_many_later_ones_one_counts
            of_many_key_rotations_one_wins
            of_many_revocations_one_happens
            a_login_that_races_a_deletion_leaves_nothing
            a_login_that_races_a_rehash_is_not_lost
            logins_that_renew_a_hash_never_undo_a_change_of_password
        );
    };
    (@each $new:path: $($case:ident)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            $crate::store_contract::$case($new().await).await;
        }
    )+};
}

async fn insert_account(store: &AnyStore) -> Account {
    let account = fixtures::account();
    store.commit(vec![Change::InsertAccount(account.clone())]).await.unwrap();
    account
}

async fn insert_session(store: &AnyStore, account: &Account) -> Session {
    let session = fixtures::session(account);
    store.commit(vec![open(&session, account)]).await.unwrap();
    session
}

fn open(session: &Session, account: &Account) -> Change {
    Change::InsertSession {
        session: session.clone(),
        credential_version: account.credential_version,
        two_factor_version: account.two_factor.version,
    }
}

fn delete(account: &Account) -> Change {
    Change::DeleteAccount { account_id: account.id, revision: account.revision() }
}

fn count(rate_limit: &RateLimit) -> Change {
    Change::PutRateLimit { rate_limit: rate_limit.clone(), counted: Counted::Mail }
}

async fn conflict(store: &AnyStore, change: Change) {
    // An insert has no guard of its own: it conflicts if the row that it belongs to does not exist.
    let guard = change.guard().unwrap_or(Guard::ParentThere);
    assert_eq!(store.commit(vec![change.clone()]).await, Err(CommitError::Conflict(guard)), "{change:?}");
}
