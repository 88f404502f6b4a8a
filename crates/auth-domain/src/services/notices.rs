//! Notices: what the owner of an account is told by mail.

use crate::account::EmailAddress;
use crate::mail::{MailRequest, NoticeKind};
use crate::ports::{Change, Entropy};
use crate::session::Client;
use crate::{MailId, Timestamp};

/// Owes whoever reads that address a notice; `entropy` names it.
pub(crate) fn notice(
    entropy: &dyn Entropy,
    to: &EmailAddress,
    kind: NoticeKind,
    client: &Client,
    at: Timestamp,
) -> Change {
    let id = MailId::generate(at, entropy.bytes());
    Change::Mail(MailRequest::notice(id, to.clone(), kind, at, client.clone()))
}
