//! Accounts.

use std::time::Duration;

use auth_domain::account::{Account, EmailAddress, LoginName, PasswordHash, PendingEmail, Roles, Username};
use auth_domain::deletion::Deletion;
use auth_domain::identity::{LinkedIdentity, ProviderName, Subject};
use auth_domain::ports::{Change, CommitError, Guard, UniqueKey};
use auth_domain::rate_limit::AttemptSubject;
use auth_domain::version::{AccountRevision, RowVersion};
use auth_domain::{AccountId, DeletionId, Locale};

use super::{AnyStore, conflict, delete, insert_account, insert_session};
use crate::fixtures::{self, NOW, randomness, unique};

/// Every field, the microseconds and the missing ones too.
pub async fn accounts_round_trip(store: AnyStore) {
    let full = insert_account(&store).await;
    let bare = Account { username: None, password_hash: None, roles: Roles::default(), ..fixtures::account() };
    store.commit(vec![Change::InsertAccount(bare.clone())]).await.unwrap();
    for account in [&full, &bare] {
        assert_eq!(store.find_account(account.id).await.unwrap().as_ref(), Some(account));
        let shouted = account.email.as_str().to_uppercase();
        let by_email = store.find_account_by_name(&LoginName::parse(&shouted)).await.unwrap();
        assert_eq!(by_email.as_ref(), Some(account));
    }
    let username = full.username.as_ref().unwrap().as_str().to_uppercase();
    assert_eq!(store.find_account_by_name(&LoginName::parse(&username)).await.unwrap(), Some(full));

    let nobody = AccountId::generate(NOW, randomness(unique()));
    assert_eq!(store.find_account(nobody).await.unwrap(), None);
    for name in ["nobody@example.org", "nobody", "no body", ""] {
        assert_eq!(store.find_account_by_name(&LoginName::parse(name)).await.unwrap(), None);
    }
    store.ping().await.unwrap();
    store.check_ready(randomness(unique())).await.unwrap();
}

/// The key that is taken is named.
pub async fn names_are_unique_whatever_their_case(store: AnyStore) {
    let first = insert_account(&store).await;
    let email = EmailAddress::parse(&first.email.as_str().to_lowercase()).unwrap();
    let same_email = Account { email, ..fixtures::account() };
    let username = Username::parse(&first.username.unwrap().as_str().to_lowercase()).unwrap();
    let same_username = Account { username: Some(username), ..fixtures::account() };
    let same_id = Account { id: first.id, ..fixtures::account() };
    for (account, taken) in
        [(same_email, UniqueKey::Email), (same_username, UniqueKey::Username), (same_id, UniqueKey::Id)]
    {
        assert_eq!(store.commit(vec![Change::InsertAccount(account)]).await, Err(CommitError::Duplicate(taken)));
    }
    for _ in 0..2 {
        let nameless = Account { username: None, ..fixtures::account() };
        store.commit(vec![Change::InsertAccount(nameless)]).await.unwrap();
    }
}

/// By whatever gives them up, and no other name with them.
pub async fn names_that_are_given_up_are_free(store: AnyStore) {
    let first = insert_account(&store).await;
    let google = ProviderName::parse("google").unwrap();
    let identity = |subject: &str| LinkedIdentity {
        provider: google.clone(),
        subject: Subject::parse(subject).unwrap(),
        linked_at: NOW,
    };
    let link =
        |account: &Account, subject| Change::LinkIdentity { account_id: account.id, identity: identity(subject) };
    store.commit(vec![link(&first, "one")]).await.unwrap();
    let to = fixtures::account().email;
    let (from, revision, at) = (first.email.clone(), first.revision(), first.updated_at + Duration::from_secs(1));
    let change = Change::ChangeEmail { account_id: first.id, from, revision, to: to.clone(), verified: true, at };
    store.commit(vec![change]).await.unwrap();
    let second = Account { email: first.email.clone(), ..fixtures::account() };
    let third = Account { email: to.clone(), ..fixtures::account() };
    store.commit(vec![Change::InsertAccount(second.clone())]).await.unwrap();
    let taken = store.commit(vec![Change::InsertAccount(third.clone())]).await;
    assert_eq!(taken, Err(CommitError::Duplicate(UniqueKey::Email)), "the new one is not free");
    let by_name = async |email: &EmailAddress| {
        let found = store.find_account_by_name(&LoginName::Email(email.clone())).await.unwrap();
        found.map(|account| account.id)
    };
    assert_eq!((by_name(&first.email).await, by_name(&to).await), (Some(second.id), Some(first.id)));

    let unlink = |account: &Account| Change::UnlinkIdentity { account_id: account.id, provider: google.clone() };
    assert_eq!(store.commit(vec![link(&second, "one")]).await, Err(CommitError::Duplicate(UniqueKey::Identity)));
    store.commit(vec![unlink(&first)]).await.unwrap();
    store.commit(vec![link(&second, "one")]).await.unwrap();
    let owner = store.find_account_by_identity(&google, &Subject::parse("one").unwrap()).await.unwrap();
    assert_eq!(owner.map(|account| account.id), Some(second.id));
    assert_eq!(by_name(&second.email).await, Some(second.id), "it is still there");

    for account in [&first, &second] {
        let read = store.find_account(account.id).await.unwrap().unwrap();
        store.commit(vec![delete(&read)]).await.unwrap();
    }
    let heir = Account { id: fixtures::account().id, username: first.username, ..third };
    store.commit(vec![Change::InsertAccount(heir.clone()), link(&heir, "one")]).await.unwrap();
    assert_eq!((by_name(&to).await, by_name(&second.email).await), (Some(heir.id), None));
}

/// Also when the change that fails is the last one, and when it fails on a unique key.
pub async fn a_commit_happens_whole_or_not_at_all(store: AnyStore) {
    let first = insert_account(&store).await;
    let second = fixtures::account();
    let conflicting = vec![Change::InsertAccount(second.clone()), delete(&fixtures::account())];
    assert_eq!(store.commit(conflicting).await, Err(CommitError::Conflict(Guard::AccountUnchanged)));
    let duplicate = vec![Change::InsertAccount(second.clone()), Change::InsertAccount(first)];
    assert!(matches!(store.commit(duplicate).await, Err(CommitError::Duplicate(_))));
    assert_eq!(store.find_account(second.id).await.unwrap(), None);

    store.commit(Vec::new()).await.unwrap();
    store.commit(vec![Change::InsertAccount(second.clone())]).await.unwrap();
    assert_eq!(store.find_account(second.id).await.unwrap(), Some(second));
}

/// Until it is withdrawn, or an address replaces the account's; a change is decided on the account as it was read.
pub async fn a_pending_address_is_kept_with_its_account(store: AnyStore) {
    let account = insert_account(&store).await;
    let find = async || store.find_account(account.id).await.unwrap().unwrap();
    let at = |steps: u64| account.updated_at + Duration::from_micros(steps);
    let new = EmailAddress::parse("New@Example.net").unwrap();
    let pending = Some(PendingEmail::named(new.clone(), NOW));
    let put = |revision: &Account, pending, at| Change::PutPendingEmail {
        account_id: account.id,
        revision: revision.revision(),
        pending,
        at,
    };
    store.commit(vec![put(&account, pending.clone(), at(1))]).await.unwrap();
    conflict(&store, put(&account, None, at(2))).await;
    let named = find().await;
    assert_eq!(named, Account { pending_email: pending.clone(), updated_at: at(1), ..account.clone() });
    store.commit(vec![put(&named, None, at(2))]).await.unwrap();
    let withdrawn = find().await;
    assert_eq!(withdrawn.pending_email, None);

    store.commit(vec![put(&withdrawn, pending, at(3))]).await.unwrap();
    let named = find().await;
    let (from, revision) = (named.email.clone(), named.revision());
    let change =
        Change::ChangeEmail { account_id: account.id, from, revision, to: new.clone(), verified: true, at: at(4) };
    store.commit(vec![change]).await.unwrap();
    let changed = find().await;
    assert_eq!((changed.email, changed.email_verified, changed.pending_email), (new, true, None));
}

/// Another address is one that somebody typed; another spelling of the same is not.
pub async fn a_provider_told_an_address_until_it_is_another(store: AnyStore) {
    let account = Account { email_told: true, ..fixtures::account() };
    store.commit(vec![Change::InsertAccount(account.clone())]).await.unwrap();
    let respelled = EmailAddress::parse(&account.email.as_str().to_uppercase()).unwrap();
    for (to, told) in [(respelled, true), (fixtures::account().email, false)] {
        let now = store.find_account(account.id).await.unwrap().unwrap();
        let (from, revision, at) = (now.email.clone(), now.revision(), now.next_change_at(NOW));
        let change =
            Change::ChangeEmail { account_id: account.id, from, revision, to: to.clone(), verified: false, at };
        store.commit(vec![change]).await.unwrap();
        let changed = store.find_account(account.id).await.unwrap().unwrap();
        assert_eq!((changed.email, changed.email_told), (to, told));
    }
}

/// And nothing else of the account changes.
pub async fn roles_are_replaced(store: AnyStore) {
    let account = insert_account(&store).await;
    let (roles, at) = (Roles::parse(&["editor".to_owned()]).unwrap(), NOW + Duration::from_secs(7));
    let set = |account_id, revision| Change::SetRoles { account_id, revision, roles: roles.clone(), at };
    store.commit(vec![set(account.id, account.revision())]).await.unwrap();
    conflict(&store, set(account.id, account.revision())).await;
    conflict(&store, delete(&account)).await;
    let expected = Account { roles: roles.clone(), updated_at: at, ..account.clone() };
    assert_eq!(store.find_account(account.id).await.unwrap(), Some(expected));
    conflict(&store, set(fixtures::account().id, AccountRevision::changed_at(at))).await;
}

/// And nothing else of the account changes; one that knows no language is kept as that.
pub async fn a_locale_is_replaced(store: AnyStore) {
    let mut account = insert_account(&store).await;
    for tag in [Some("zh-Hant-TW"), None, Some("es-419")] {
        let (account_id, revision, at) = (account.id, account.revision(), account.next_change_at(NOW));
        let locale = tag.map(|tag| Locale::parse(tag).unwrap());
        let set = Change::SetLocale { account_id, revision, locale: locale.clone(), at };
        store.commit(vec![set.clone()]).await.unwrap();
        conflict(&store, set).await;
        account = Account { locale, updated_at: at, ..account };
        assert_eq!(store.find_account(account.id).await.unwrap().as_ref(), Some(&account));
    }
}

/// A rehash of a password that was changed meanwhile must not bring the old one back.
pub async fn a_rehash_needs_the_credential_version(store: AnyStore) {
    let account = insert_account(&store).await;
    let rehash = |credential_version| Change::RehashPassword {
        account_id: account.id,
        credential_version,
        password_hash: PasswordHash::from_phc("$argon2id$new".to_owned()),
    };
    conflict(&store, rehash(account.credential_version.next())).await;
    assert_eq!(store.find_account(account.id).await.unwrap().as_ref(), Some(&account));
    store.commit(vec![rehash(account.credential_version)]).await.unwrap();
    let found = store.find_account(account.id).await.unwrap().unwrap();
    assert_eq!(found.password_hash.unwrap().as_phc(), "$argon2id$new");
    assert_eq!(found.credential_version, account.credential_version);
}

/// A login may have replaced a foreign hash with an own one meanwhile.
pub async fn a_reseal_of_a_password_needs_the_hash_that_was_read(store: AnyStore) {
    let account = insert_account(&store).await;
    let hash = |text: &str| PasswordHash::from_phc(text.to_owned());
    let reseal = |from: &PasswordHash| Change::ResealPassword {
        account_id: account.id,
        from: from.clone(),
        to: hash("$imported$02"),
    };
    conflict(&store, reseal(&hash("$imported$01"))).await;
    store.commit(vec![reseal(account.password_hash.as_ref().unwrap())]).await.unwrap();
    let found = store.find_account(account.id).await.unwrap().unwrap();
    assert_eq!(found.password_hash, Some(hash("$imported$02")));
    assert_eq!((found.credential_version, found.updated_at), (account.credential_version, account.updated_at));
}

/// Sessions and limits go with the account; the names are free again.
pub async fn a_deletion_takes_everything_along(store: AnyStore) {
    let account = insert_account(&store).await;
    let session = insert_session(&store, &account).await;
    let subject = AttemptSubject::Account(account.id);
    let network = session.rotation.client.network();
    let limit = store.find_password_limit(subject, network).await.unwrap().after_miss(NOW);
    store.commit(vec![Change::PutNetworkAttempts(limit.clone()), Change::PutDailyMisses(limit)]).await.unwrap();

    let deletion = Deletion {
        id: DeletionId::generate(NOW, randomness(unique())),
        account_id: account.id,
        requested_by: "users-service".to_owned(),
        deleted_at: NOW,
    };
    let delete = vec![
        delete(&account),
        Change::ForgetNetworkAttempts(subject),
        Change::ForgetDailyMisses(subject),
        Change::RecordDeletion(deletion),
    ];
    store.commit(delete.clone()).await.unwrap();
    assert_eq!(store.find_account(account.id).await.unwrap(), None);
    assert_eq!(store.find_session_by_id(session.id).await.unwrap(), None);
    assert_eq!(store.find_password_limit(subject, network).await.unwrap().attempts.version, RowVersion::NONE);
    assert_eq!(store.commit(delete).await, Err(CommitError::Conflict(Guard::AccountUnchanged)));
    store.commit(vec![Change::InsertAccount(Account { id: fixtures::account().id, ..account })]).await.unwrap();
}

/// By ascending id, each once.
pub async fn accounts_are_listed_in_pages(store: AnyStore) {
    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.push(insert_account(&store).await);
    }
    expected.sort_by_key(|account| account.id);
    let mut seen = Vec::new();
    loop {
        let after = seen.last().map(|account: &Account| account.id);
        let page = store.list_accounts(after, 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 2);
        seen.extend(page);
    }
    assert_eq!(seen, expected);
}

/// However long it is read: 2 500 accounts are three pages.
pub async fn a_snapshot_does_not_see_later_writes(store: AnyStore) {
    let accounts: Vec<Account> = (0..2_500).map(|_| fixtures::account()).collect();
    for some in accounts.chunks(100) {
        store.commit(some.iter().cloned().map(Change::InsertAccount).collect()).await.unwrap();
    }

    let mut snapshot = store.snapshot_accounts(None).await.unwrap();
    let mut seen = snapshot.next_page().await.unwrap();
    store.commit(vec![delete(&accounts[2_400])]).await.unwrap();
    insert_account(&store).await;
    loop {
        let page = snapshot.next_page().await.unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen.len(), 2_500);
    assert!(seen.is_sorted_by_key(|account| account.id));
    assert!(seen.contains(&accounts[2_400]));

    let mut rest = store.snapshot_accounts(Some(seen[2_497].id)).await.unwrap();
    assert_eq!(rest.next_page().await.unwrap().len(), 2 + 1);
}
