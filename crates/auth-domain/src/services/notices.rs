//! Queues notices to the owners of accounts.

use crate::account::{Account, EmailAddress};
use crate::mail::{About, MailContent, MailRequest, Notice, NoticeKind};
use crate::ports::{Change, Entropy};
use crate::session::Client;
use crate::{MailId, Timestamp};

/// Queues a notice to the account's address; `entropy` creates its id.
pub(crate) fn notice(
    entropy: &dyn Entropy,
    account: &Account,
    kind: NoticeKind,
    client: &Client,
    at: Timestamp,
) -> Change {
    notice_to(entropy, (account, &account.email), Notice::new(kind, account.email_verified), client, at)
}

/// Queues a notice about a second factor or a provider.
pub(crate) fn notice_about(
    entropy: &dyn Entropy,
    account: &Account,
    (kind, about): (NoticeKind, About),
    client: &Client,
    at: Timestamp,
) -> Change {
    let notice = Notice::new(kind, account.email_verified).about(about);
    notice_to(entropy, (account, &account.email), notice, client, at)
}

/// Queues a notice with details, or to an address other than the account's current one. It is in the language of the account,
/// whoever caused it.
pub(crate) fn notice_to(
    entropy: &dyn Entropy,
    (account, to): (&Account, &EmailAddress),
    notice: Notice,
    client: &Client,
    at: Timestamp,
) -> Change {
    Change::Mail(MailRequest {
        id: MailId::generate(at, entropy.bytes()),
        account_id: Some(account.id),
        to: to.clone(),
        at,
        client: client.clone(),
        language: account.language(),
        content: MailContent::Notice(notice),
    })
}
