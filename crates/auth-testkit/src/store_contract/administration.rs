//! What administrators do: suspensions, searches, and the last admin.

use std::time::Duration;

use auth_domain::account::{
    Account, AccountFilter, AccountState, Admins, EmailAddress, PasswordHash, Role, Roles, SearchText, Username,
};
use auth_domain::deletion::ScheduledDeletion;
use auth_domain::identity::{LinkedIdentity, ProviderName, Subject};
use auth_domain::ports::{Change, CommitError, Guard};
use auth_domain::{DeletionId, Timestamp};

use super::races::{ROUNDS, one_wins, warm};
use super::{AnyStore, conflict, delete, insert_account, insert_session, open};
use crate::fixtures::{self, NOW};

const SUSPENDED: AccountState = AccountState::Suspended { since: NOW };

fn set_state(account: &Account, state: AccountState) -> Change {
    let (revision, at) = (account.revision(), account.next_change_at(NOW));
    Change::SetState { account_id: account.id, revision, state, at }
}

async fn read(store: &AnyStore, account: &Account) -> Account {
    store.find_account(account.id).await.unwrap().unwrap()
}

/// Whatever state it is in, the account is read as it was written; a login with what was checked before finds nothing.
pub async fn a_suspension_is_kept_and_voids_logins_under_way(store: AnyStore) {
    let account = insert_account(&store).await;
    let session = insert_session(&store, &account).await;
    let suspend = set_state(&account, SUSPENDED);
    store.commit(vec![suspend.clone()]).await.unwrap();
    conflict(&store, suspend).await;
    let suspended = read(&store, &account).await;
    let credential_version = account.credential_version.next();
    let expected =
        Account { state: SUSPENDED, credential_version, updated_at: suspended.updated_at, ..account.clone() };
    assert_eq!(suspended, expected);
    assert!(suspended.updated_at > account.updated_at);
    conflict(&store, open(&fixtures::session(&account), &account)).await;
    let (_, of_session) = store.find_session(account.id, session.id).await.unwrap().unwrap();
    assert_eq!(of_session, suspended);

    store.commit(vec![set_state(&suspended, AccountState::Active)]).await.unwrap();
    let resumed = read(&store, &account).await;
    assert_eq!((resumed.state, resumed.credential_version), (AccountState::Active, credential_version));
    store.commit(vec![open(&fixtures::session(&resumed), &resumed)]).await.unwrap();

    let born = Account { state: SUSPENDED, new_password_required: true, ..fixtures::account() };
    store.commit(vec![Change::InsertAccount(born.clone())]).await.unwrap();
    assert_eq!(read(&store, &born).await, born);
}

fn schedule(account: &Account, due: Option<Timestamp>) -> Change {
    let (revision, at) = (account.revision(), account.next_change_at(NOW));
    let id = DeletionId::generate(NOW, fixtures::randomness(fixtures::unique()));
    let deletion = due.map(|due| ScheduledDeletion { id, due, requested_by: "owner".to_owned() });
    Change::ScheduleDeletion { account_id: account.id, revision, deletion, at }
}

/// It is read as it was written, and found from the moment when it is due; its account is no admin and opens no session.
pub async fn a_scheduled_deletion_is_kept_and_found_when_it_is_due(store: AnyStore) {
    let account = insert_account(&store).await;
    let later = insert_account(&store).await;
    let due = NOW + Duration::from_micros(7);
    let change = schedule(&account, Some(due));
    store.commit(vec![change.clone(), schedule(&later, Some(due + Duration::from_secs(1)))]).await.unwrap();
    conflict(&store, change.clone()).await;
    conflict(&store, open(&fixtures::session(&account), &account)).await;
    let scheduled = read(&store, &account).await;
    let Change::ScheduleDeletion { deletion, at, .. } = change else { panic!("the change") };
    let credential_version = account.credential_version.next();
    let deletion = deletion.map(Box::new);
    assert_eq!(scheduled, Account { deletion, credential_version, updated_at: at, ..account.clone() });
    let found = async |until: Timestamp, limit| store.list_due_deletions(until, limit).await.unwrap();
    assert_eq!(found(due - Duration::from_micros(1), 9).await, []);
    assert_eq!(found(due, 9).await, [account.id]);
    assert_eq!(found(due + Duration::from_secs(1), 9).await, [account.id, later.id]);
    assert_eq!(found(due + Duration::from_secs(1), 1).await, [account.id]);
    assert_eq!(store.find_admins().await.unwrap().some, []);
    let filter = |scheduled| AccountFilter { deletion_scheduled: Some(scheduled), ..AccountFilter::default() };
    assert_eq!(store.search_accounts(&filter(true), None, 9).await.unwrap().len(), 2);
    assert_eq!(store.search_accounts(&filter(false), None, 9).await.unwrap(), []);

    store.commit(vec![schedule(&scheduled, None)]).await.unwrap();
    let restored = read(&store, &account).await;
    assert_eq!((&restored.deletion, restored.credential_version), (&None, credential_version));
    assert_eq!(found(due, 9).await, []);
    let born = Account { deletion: scheduled.deletion, ..fixtures::account() };
    store.commit(vec![Change::InsertAccount(born.clone())]).await.unwrap();
    assert_eq!(read(&store, &born).await, born);
}

/// Half of them restore the account, half make its deletion final.
pub async fn of_many_restorations_and_deletions_one_happens(store: AnyStore) {
    warm(&store).await;
    for _ in 0..ROUNDS {
        let account = insert_account(&store).await;
        store.commit(vec![schedule(&account, Some(NOW))]).await.unwrap();
        let scheduled = read(&store, &account).await;
        let pair = [vec![schedule(&scheduled, None)], vec![delete(&scheduled)]];
        one_wins(&store, pair.iter().cycle().take(16).cloned().collect()).await;
        let left = store.find_account(account.id).await.unwrap();
        assert!(left.is_none_or(|left| left.deletion.is_none()));
        assert_eq!(store.list_due_deletions(NOW, 9).await.unwrap(), []);
    }
}

/// A change of the password is what ends it.
pub async fn a_new_password_is_required_until_there_is_one(store: AnyStore) {
    let account = insert_account(&store).await;
    let (account_id, at) = (account.id, account.next_change_at(NOW));
    let require = Change::RequireNewPassword { account_id, revision: account.revision(), at };
    store.commit(vec![require.clone()]).await.unwrap();
    conflict(&store, require).await;
    let required = read(&store, &account).await;
    let credential_version = account.credential_version.next();
    let expected = Account { new_password_required: true, credential_version, updated_at: at, ..account.clone() };
    assert_eq!(required, expected);
    conflict(&store, open(&fixtures::session(&account), &account)).await;
    let change = Change::ChangePassword {
        account_id,
        from_version: credential_version,
        revision: required.revision(),
        password_hash: PasswordHash::from_phc("$argon2id$new".to_owned()),
        at: required.next_change_at(NOW),
    };
    store.commit(vec![change]).await.unwrap();
    assert!(!read(&store, &account).await.new_password_required);
}

/// By parts of names, which may contain what patterns are made of, by role, provider and state, and page by page.
pub async fn accounts_are_searched(store: AnyStore) {
    let roles = |text: &str| Roles::parse(&text.split(' ').map(str::to_owned).collect::<Vec<_>>()).unwrap();
    let named = |email: &str, username: Option<&str>, held: &str| Account {
        email: EmailAddress::parse(email).unwrap(),
        username: username.map(|name| Username::parse(name).unwrap()),
        roles: roles(held),
        ..fixtures::account()
    };
    let ann = named("Ann_A@example.org", Some("Queen.of-All"), "user admin");
    let bob = Account { state: SUSPENDED, ..named("annxa@example.net", None, "user a_b") };
    let eve = named("eve@example.org", Some("ann_a-fan"), "administrator axb");
    let provider = ProviderName::parse("google").unwrap();
    let subject = Subject::parse("7").unwrap();
    let identity = LinkedIdentity { provider: provider.clone(), subject, linked_at: NOW };
    let mut changes: Vec<_> = [&ann, &bob, &eve].map(|one| Change::InsertAccount(one.clone())).into();
    changes.push(Change::LinkIdentity { account_id: bob.id, identity });
    store.commit(changes).await.unwrap();

    let text = |text: &str| AccountFilter { text: SearchText::parse(text), ..AccountFilter::default() };
    let role = |role: &str| AccountFilter { role: Role::parse(role), ..AccountFilter::default() };
    let state = |suspended| AccountFilter { suspended: Some(suspended), ..AccountFilter::default() };
    let linked = AccountFilter { provider: Some(provider), ..AccountFilter::default() };
    let both = AccountFilter { suspended: Some(false), ..text("example.org") };
    let elsewhere = AccountFilter { provider: ProviderName::parse("other"), ..AccountFilter::default() };
    for (filter, expected) in [
        (AccountFilter::default(), vec![&ann, &bob, &eve]),
        (text("ANN_A"), vec![&ann, &eve]),
        (text("annx"), vec![&bob]),
        (text("queen.of"), vec![&ann]),
        (text("%"), vec![]),
        (text("\\"), vec![]),
        (text("example.org"), vec![&ann, &eve]),
        (role("admin"), vec![&ann]),
        (role("a_b"), vec![&bob]),
        (role("nobody"), vec![]),
        (linked, vec![&bob]),
        (elsewhere, vec![]),
        (state(true), vec![&bob]),
        (state(false), vec![&ann, &eve]),
        (both, vec![&ann, &eve]),
    ] {
        let found = store.search_accounts(&filter, None, 9).await.unwrap();
        let ids: Vec<_> = found.iter().map(|account| account.id).collect();
        assert_eq!(ids, expected.iter().map(|account| account.id).collect::<Vec<_>>(), "{filter:?}");
        assert!(found.iter().all(|account| filter.matches(account)));
        for (index, account) in found.iter().enumerate() {
            let next = store.search_accounts(&filter, Some(account.id), 1).await.unwrap();
            assert_eq!(next, found[index + 1..].iter().take(1).cloned().collect::<Vec<_>>());
        }
    }
}

/// Two are named, whoever else there is.
pub async fn admins_are_those_who_are_not_suspended(store: AnyStore) {
    assert_eq!(store.find_admins().await.unwrap(), Admins::default());
    let user = Account { roles: Roles::of_new_account(), ..fixtures::account() };
    let like_one = Account { roles: Roles::parse(&["admin2".to_owned()]).unwrap(), ..fixtures::account() };
    let suspended = Account { state: SUSPENDED, ..fixtures::account() };
    let admins = [fixtures::account(), fixtures::account(), fixtures::account()];
    let all = [&user, &like_one, &suspended].into_iter().chain(&admins);
    store.commit(all.map(|one| Change::InsertAccount(one.clone())).collect()).await.unwrap();
    let some = |admins: &[Account]| admins.iter().map(|one| one.id).collect::<Vec<_>>();
    assert_eq!(store.find_admins().await.unwrap().some, some(&admins[..2]));
    store.commit(vec![delete(&admins[0])]).await.unwrap();
    store.commit(vec![set_state(&admins[1], SUSPENDED)]).await.unwrap();
    assert_eq!(store.find_admins().await.unwrap(), Admins { lost_at: None, some: some(&admins[2..]) });

    let second = NOW + Duration::from_secs(1);
    store.commit(vec![Change::LoseAdmin { from: None, at: NOW }]).await.unwrap();
    conflict(&store, Change::LoseAdmin { from: None, at: second }).await;
    conflict(&store, Change::LoseAdmin { from: Some(second), at: second }).await;
    store.commit(vec![Change::LoseAdmin { from: Some(NOW), at: second }]).await.unwrap();
    assert_eq!(store.find_admins().await.unwrap().lost_at, Some(second));
    let both = vec![set_state(&admins[2], SUSPENDED), Change::LoseAdmin { from: Some(NOW), at: NOW }];
    assert_eq!(store.commit(both).await, Err(CommitError::Conflict(Guard::AdminsUnchanged)));
    assert_eq!(store.find_admins().await.unwrap().some, some(&admins[2..]), "nothing was suspended");
}

/// Each of two admins suspends, deletes or demotes the other at the same moment, having read that there are two.
pub async fn of_many_admins_who_remove_each_other_one_stays(store: AnyStore) {
    warm(&store).await;
    for _ in 0..ROUNDS {
        let pair = [insert_account(&store).await, insert_account(&store).await];
        let admins = store.find_admins().await.unwrap();
        assert_eq!(admins.some, [pair[0].id, pair[1].id]);
        let removals = |admin: &Account| {
            let (account_id, revision, at) = (admin.id, admin.revision(), admin.next_change_at(NOW));
            let lose = Change::LoseAdmin { from: admins.lost_at, at: admins.next_loss_at(NOW) };
            let demote = Change::SetRoles { account_id, revision, roles: Roles::of_new_account(), at };
            let each = [set_state(admin, SUSPENDED), delete(admin), demote, set_state(admin, SUSPENDED)];
            each.map(|removal| vec![lose.clone(), removal])
        };
        let racers: Vec<_> = pair.iter().flat_map(removals).collect();
        one_wins(&store, [racers.clone(), racers].concat()).await;
        let left = store.find_admins().await.unwrap();
        assert_eq!(left.some.len(), 1);
        for admin in store.search_accounts(&AccountFilter::default(), None, 9).await.unwrap() {
            store.commit(vec![delete(&admin)]).await.unwrap();
        }
    }
}
