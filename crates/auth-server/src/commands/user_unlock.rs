//! `user unlock`: forgets what is counted against an account.

use crate::Failure;
use crate::operator::Operation;
use crate::output::print;
use crate::settings::Settings;

use super::find_user::find_user;

pub(crate) async fn run(settings: &Settings, user: &str) -> Result<(), Failure> {
    let Operation { store, use_cases, .. } = Operation::begin(settings).await?;
    let account = find_user(&*store, user).await?;
    use_cases.unlock_account.execute(&use_cases.operator, &account).await?;
    print(&format!("{} can try again: the limits for passwords, codes and mails were reset", account.id))
}
