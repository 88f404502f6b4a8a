//! When the owner of an account is notified of a login.

use std::time::Duration;

use crate::Timestamp;
use crate::account::Account;
use crate::mail::NoticeKind;
use crate::ports::{Change, StoreError};
use crate::session::Client;

use super::{Environment, notice};

/// The first logins of a new account are no news to the person who has just registered.
const FIRST_LOGINS: Duration = Duration::from_secs(3_600);
/// How many of the newest sessions are searched for the device.
const SESSIONS: u32 = 100;

impl Environment {
    /// Returns the notice of a login with a device that no session of the account has, from a network that is not
    /// `known`, meaning that the owner has not logged in from it before.
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
