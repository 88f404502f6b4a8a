//! Where the budgets for mails are read; what they allow is in [`crate::tally`].

use crate::AccountId;
use crate::budget::AttemptSubject;
use crate::ports::{Store, StoreUnavailable};
use crate::session::Network;
use crate::tally::{MailBudget, Tally, TallyKind};

/// The budget for mails to an address that a stranger can ask for; `owner` is whose that is, if anybody's.
pub(super) async fn for_strangers(
    store: &dyn Store,
    subject: AttemptSubject,
    owner: Option<AccountId>,
    network: &Network,
) -> Result<MailBudget, StoreUnavailable> {
    let near = store.find_tally(subject, &TallyKind::MailsFrom(network.clone())).await?;
    // Read in either case, so that a known network takes as long.
    let strangers = store.find_tally(subject, &TallyKind::MailsFromStrangers).await?;
    let attempts = owner.map_or(subject, AttemptSubject::account);
    let known = store.find_password_budget(attempts, network).await?.attempts.last_success_at.is_some();
    Ok(MailBudget { near, strangers: (!known).then_some(strangers) })
}

/// The budget for mails that somebody asked for who had proved to be the owner.
pub(super) async fn for_owner(store: &dyn Store, subject: AttemptSubject) -> Result<Tally, StoreUnavailable> {
    store.find_tally(subject, &TallyKind::MailsForOwner).await
}

/// The budget for mails to an address that somebody merely named as theirs. It hangs on the address, so that no number
/// of accounts buries it in mail.
pub(super) async fn to_named_address(store: &dyn Store, address: AttemptSubject) -> Result<Tally, StoreUnavailable> {
    store.find_tally(address, &TallyKind::MailsToNamedAddress).await
}
