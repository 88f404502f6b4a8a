//! Where the budgets for mails are read; what they allow is in [`crate::tally`].

use crate::budget::AttemptSubject;
use crate::ports::{Store, StoreUnavailable};
use crate::session::Network;
use crate::tally::{MailBudget, Tally, TallyKind};

/// The budget for mails that a stranger can ask for.
pub(super) async fn for_strangers(
    store: &dyn Store,
    subject: AttemptSubject,
    network: &Network,
) -> Result<MailBudget, StoreUnavailable> {
    let near = store.find_tally(subject, &TallyKind::MailsFrom(network.clone())).await?;
    // Read in either case, so that a known network takes as long.
    let strangers = store.find_tally(subject, &TallyKind::MailsFromStrangers).await?;
    let known = store.find_password_budget(subject, network).await?.attempts.last_success_at.is_some();
    Ok(MailBudget { near, strangers: (!known).then_some(strangers) })
}

/// The budget for mails that somebody asked for who had proved to be the owner.
pub(super) async fn for_owner(store: &dyn Store, subject: AttemptSubject) -> Result<Tally, StoreUnavailable> {
    store.find_tally(subject, &TallyKind::MailsForOwner).await
}
