//! Linking an identity to an account, and dating changes of what belongs to an account.

use crate::Timestamp;
use crate::account::Account;
use crate::identity::{LinkedIdentity, ProviderIdentity};
use crate::mail::{About, NoticeKind};
use crate::ports::{Change, Entropy};
use crate::session::Client;

use super::notice_about;

/// Returns the account with one more identity, and the changes that link it and notify the owner.
pub(crate) fn link(
    entropy: &dyn Entropy,
    account: Account,
    identity: &ProviderIdentity,
    client: &Client,
    now: Timestamp,
) -> (Account, Vec<Change>) {
    let identity = LinkedIdentity::new(identity, now);
    let (account, touch) = touched(account, now);
    let about = About::Provider(identity.provider.clone());
    let changes = vec![
        touch,
        Change::LinkIdentity { account_id: account.id, identity: identity.clone() },
        notice_about(entropy, &account, (NoticeKind::IdentityLinked, about), client, now),
    ];
    (account.with_identity(identity), changes)
}

/// Returns the account dated as changed now, and the change that records it and conflicts with any simultaneous change.
pub(crate) fn touched(account: Account, now: Timestamp) -> (Account, Change) {
    let at = account.next_change_at(now);
    let touch = Change::TouchAccount { account_id: account.id, revision: account.revision(), at };
    (Account { updated_at: at, ..account }, touch)
}
