//! When the owner of an account is told of a login.

use std::time::Duration;

use crate::Timestamp;
use crate::account::Account;
use crate::mail::NoticeKind;
use crate::ports::{Change, StoreError};
use crate::session::Client;

use super::{Environment, notice};

/// The first logins of a new account are no news to whoever has just registered.
const FIRST_LOGINS: Duration = Duration::from_secs(3_600);
/// So many of the newest sessions are looked at for the device.
const SESSIONS: u32 = 100;

impl Environment {
    /// Returns what tells the owner of a login with a device that no session of theirs has, from a network that is not
    /// `known`: where they have not finished a login before.
    pub(crate) async fn tell_of_login(
        &self,
        account: &Account,
        known: bool,
        client: &Client,
        now: Timestamp,
    ) -> Result<Option<Change>, StoreError> {
        if known || now < account.created_at + FIRST_LOGINS {
            return Ok(None);
        }
        let sessions = self.store.list_sessions(account.id, now, SESSIONS).await?;
        let same_device = sessions.iter().any(|session| session.rotation.client.user_agent() == client.user_agent());
        let told = || notice(&*self.entropy, account, NoticeKind::NewLogin, client, now);
        Ok((!same_device).then(told))
    }
}
