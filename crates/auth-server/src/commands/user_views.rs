//! How commands print accounts.

use std::io::IsTerminal as _;

use auth_domain::account::Account;
use serde_json::{Value, json};

use crate::Failure;
use crate::output::{print, rfc3339};

/// The columns of a list.
const HEADERS: [&str; 6] = ["ID", "E-MAIL", "VERIFIED", "USERNAME", "ROLES", "STATE"];

/// Prints what was done to an account: a sentence, or with `json` the account.
pub(super) fn report(account: &Account, json: bool, sentence: &str) -> Result<(), Failure> {
    if json { print(&as_json(account)?.to_string()) } else { print(sentence) }
}

/// Returns an account as JSON, without secrets.
pub(super) fn as_json(account: &Account) -> Result<Value, Failure> {
    let providers: Vec<&str> = account.identities.iter().map(|identity| identity.provider.as_str()).collect();
    let factors: Vec<&str> = account.two_factor.enabled().map(|method| method.as_str()).collect();
    Ok(json!({
        "id": account.id.to_string(),
        "username": account.username.as_ref().map(|name| name.as_str()),
        "email": account.email.as_str(),
        "emailVerified": account.email_verified,
        "roles": account.roles.iter().collect::<Vec<_>>(),
        "state": account.state_name(),
        "suspendedAt": account.state.suspended_since().map(rfc3339).transpose()?,
        "deletionDueAt": account.deletion.as_ref().map(|deletion| rfc3339(deletion.due)).transpose()?,
        "hasPassword": account.password_hash.is_some(),
        "newPasswordRequired": account.new_password_required,
        "linkedProviders": providers,
        "secondFactors": factors,
        "locale": account.locale.as_ref().map(|locale| locale.as_str()),
        "createdAt": rfc3339(account.created_at)?,
        "updatedAt": rfc3339(account.updated_at)?,
    }))
}

/// Prints a page of accounts, one per line: on a terminal as a table, the first page with headers; with `json` one object
/// per line.
pub(super) fn print_page(page: &[Account], json: bool, first: bool) -> Result<(), Failure> {
    if json {
        return page.iter().try_for_each(|account| print(&as_json(account)?.to_string()));
    }
    let mut rows: Vec<[String; 6]> = page.iter().map(row).collect();
    if !std::io::stdout().is_terminal() {
        return rows.iter().try_for_each(|row| print(&row.join("  ")));
    }
    if first {
        rows.insert(0, HEADERS.map(str::to_owned));
    }
    aligned(&rows).iter().try_for_each(|line| print(line))
}

fn row(account: &Account) -> [String; 6] {
    let username = account.username.as_ref().map_or("-", |name| name.as_str());
    let proved = if account.email_verified { "verified" } else { "unverified" };
    let roles: Vec<&str> = account.roles.iter().collect();
    let roles = if roles.is_empty() { "-".to_owned() } else { roles.join(",") };
    let state = account.state_name();
    let email = account.email.as_str();
    [&account.id.to_string(), email, proved, username, &roles, state].map(str::to_owned)
}

/// Returns one line for each row, whose columns begin at the same places.
fn aligned(rows: &[[String; 6]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..6).map(width).collect();
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_with_their_last_letter() {
        let row = |texts: [&str; 6]| texts.map(str::to_owned);
        let lines = aligned(&[row(HEADERS), row(["1", "äbc@example.org", "verified", "-", "user", "active"])]);
        assert_eq!(
            lines,
            [
                "ID  E-MAIL           VERIFIED  USERNAME  ROLES  STATE",
                "1   äbc@example.org  verified  -         user   active"
            ]
        );
    }
}
