//! Invitations.

use std::time::Duration;

use auth_domain::account::{EmailAddress, Roles};
use auth_domain::invitation::Invitation;
use auth_domain::mail::MailContent;
use auth_domain::ports::{Change, CommitError, Guard};
use auth_domain::retention::Expired;
use auth_domain::session::KeyId;
use auth_domain::{AccountId, InvitationId};

use super::races::{ROUNDS, race, warm};
use super::{AnyStore, conflict};
use crate::fixtures::{self, NOW, mail, randomness, unique};

/// The number that race for the last use.
const RACERS: usize = 16;

fn invitation(email: Option<&str>, uses: u32) -> Invitation {
    let number = unique();
    Invitation {
        id: InvitationId::generate(NOW + Duration::from_millis(number.into()), randomness(number)),
        email: email.map(|email| EmailAddress::parse(email).unwrap()),
        roles: Roles::parse(&["editor".to_owned(), "admin".to_owned()]).unwrap(),
        uses,
        uses_left: uses,
        expires_at: NOW + Duration::from_secs(60),
        created_at: NOW,
        created_by: "users-service".to_owned(),
        key_id: KeyId::new("0123abcd".to_owned()),
    }
}

async fn insert(store: &AnyStore, invitation: &Invitation) {
    store.commit(vec![Change::InsertInvitation(invitation.clone())]).await.unwrap();
}

fn used(invitation: &Invitation) -> Change {
    let account_id = AccountId::generate(NOW, randomness(unique()));
    Change::UseInvitation { id: invitation.id, account_id, at: NOW }
}

/// Listed by id, and gone when withdrawn.
pub async fn invitations_round_trip(store: AnyStore) {
    let full = invitation(Some("Ann@Bücher.example"), 3);
    let bare = Invitation { roles: Roles::default(), ..invitation(None, 1) };
    let all = [full, bare, invitation(None, Invitation::MAX_USES)];
    for one in &all {
        insert(&store, one).await;
        assert_eq!(store.find_invitation(one.id).await.unwrap().as_ref(), Some(one));
    }
    assert_eq!(store.list_invitations(None, 2).await.unwrap(), all[..2]);
    assert_eq!(store.list_invitations(Some(all[1].id), 2).await.unwrap(), all[2..]);
    store.commit(vec![Change::WithdrawInvitation(all[0].id)]).await.unwrap();
    assert_eq!(store.find_invitation(all[0].id).await.unwrap(), None);
    conflict(&store, Change::WithdrawInvitation(all[0].id)).await;
    conflict(&store, used(&all[0])).await;
}

/// No more often, and no later.
pub async fn an_invitation_is_used_as_often_as_it_says_and_in_time(store: AnyStore) {
    let twice = invitation(None, 2);
    insert(&store, &twice).await;
    for left in [1, 0] {
        store.commit(vec![used(&twice)]).await.unwrap();
        let found = store.find_invitation(twice.id).await.unwrap();
        assert_eq!(found, Some(Invitation { uses_left: left, ..twice.clone() }));
    }
    conflict(&store, used(&twice)).await;
    let late = invitation(None, 1);
    insert(&store, &late).await;
    let account_id = AccountId::generate(NOW, randomness(unique()));
    conflict(&store, Change::UseInvitation { id: late.id, account_id, at: late.expires_at }).await;
    // With an account that is not registered after all, no use is lost.
    let account = fixtures::account();
    store.commit(vec![Change::InsertAccount(account.clone())]).await.unwrap();
    assert!(store.commit(vec![Change::InsertAccount(account), used(&late)]).await.is_err());
    assert_eq!(store.find_invitation(late.id).await.unwrap(), Some(late));
}

/// And nothing else of it.
pub async fn a_mail_names_its_invitation(store: AnyStore) {
    let one = invitation(Some("ann@example.org"), 1);
    let owed = mail(one.email.clone().unwrap(), MailContent::Invitation(one.id), NOW);
    store.commit(vec![Change::InsertInvitation(one), Change::Mail(owed.clone())]).await.unwrap();
    let [leased] = &store.lease_mails(NOW, NOW + Duration::from_secs(60), 10).await.unwrap()[..] else {
        panic!("one mail")
    };
    assert_eq!(leased.request, owed);
    assert_eq!(store.list_waiting_mails(1).await.unwrap()[0].kind, "invitation");
}

/// Whether or not they were used.
pub async fn expired_invitations_are_purged(store: AnyStore) {
    let (used_up, other) = (invitation(None, 1), invitation(None, 1));
    insert(&store, &used_up).await;
    insert(&store, &other).await;
    store.commit(vec![used(&used_up)]).await.unwrap();
    let purge = async |at| store.purge(Expired::Invitations { expired_before: at }, 10).await.unwrap();
    assert_eq!(purge(other.expires_at).await, 0, "used up or not");
    assert_eq!(purge(other.expires_at + Duration::from_micros(1)).await, 2);
}

/// As many accounts are registered as there are uses left, whether one or several.
pub async fn of_many_uses_of_an_invitation_no_more_happen_than_are_left(store: AnyStore) {
    warm(&store).await;
    for round in 0..ROUNDS {
        let uses = if round.is_multiple_of(4) { 3 } else { 1 };
        let one = invitation(None, uses);
        insert(&store, &one).await;
        let accounts: Vec<_> = (0..RACERS).map(|_| fixtures::account()).collect();
        let register = |account: &auth_domain::account::Account| {
            let used = Change::UseInvitation { id: one.id, account_id: account.id, at: NOW };
            vec![Change::InsertAccount(account.clone()), used]
        };
        let outcomes = race(&store, accounts.iter().map(register).collect()).await;
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(won, usize::try_from(uses).unwrap(), "{outcomes:?}");
        let lost = |outcome: &&Result<(), CommitError>| {
            matches!(outcome, Err(CommitError::Conflict(Guard::InvitationUsable | Guard::Alone)))
        };
        assert_eq!(outcomes.iter().filter(lost).count(), RACERS - won, "{outcomes:?}");
        for (account, outcome) in accounts.iter().zip(&outcomes) {
            assert_eq!(store.find_account(account.id).await.unwrap().is_some(), outcome.is_ok());
        }
        assert_eq!(store.find_invitation(one.id).await.unwrap().unwrap().uses_left, 0);
    }
}
