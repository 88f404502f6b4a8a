//! `user invite`: creates an invitation and prints its text.

use std::net::Ipv4Addr;
use std::time::Duration;

use auth_domain::invitation::Invitation;
use auth_domain::session::Client;
use auth_domain::use_cases::{InvitationRequest, InviteError, Invited};
use auth_smtp::invitation_link;
use serde_json::json;

use crate::Failure;
use crate::operator::Operation;
use crate::output::{counted, print, rfc3339};
use crate::settings::Settings;

use super::user_invitations::as_json;

/// What to invite to.
#[derive(clap::Args)]
pub(crate) struct InviteOptions {
    /// The only e-mail address that may use the invitation; it is mailed there. Without it, anyone who has the text may
    /// use it
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// A role for the new accounts, besides user; can be repeated
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// How many accounts it allows
    #[arg(long, default_value_t = Invitation::DEFAULT_USES, value_name = "N")]
    uses: u32,
    /// How long it is valid: a number and d (days), h (hours) or m (minutes)
    #[arg(long, default_value = "7d", value_name = "DURATION", value_parser = duration)]
    expires: Duration,
    /// The language of the mail, such as fr [default: AUTH_DEFAULT_LANGUAGE]
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// Reads a duration such as `7d`, `12h` or `30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let units = [('d', 86_400), ('h', 3_600), ('m', 60)];
    let parsed = units.into_iter().find_map(|(unit, seconds)| {
        let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(Duration::from_secs(count.checked_mul(seconds)?))
    });
    parsed.ok_or_else(|| "must be a number followed by d, h or m, such as 7d".to_owned())
}

pub(crate) async fn run(settings: &Settings, options: &InviteOptions) -> Result<(), Failure> {
    let Operation { use_cases, .. } = Operation::begin(settings).await?;
    let request = InvitationRequest {
        email: options.email.clone(),
        roles: options.roles.clone(),
        uses: Some(options.uses),
        lifetime: Some(options.expires),
        locale: options.locale.clone(),
    };
    let (inviter, client) = (use_cases.operator.as_admin(), Client::new(Ipv4Addr::LOCALHOST.into(), ""));
    let Invited { invitation, token } =
        use_cases.manage_invitations.create(&inviter, &request, &client).await.map_err(in_words)?;
    let page = settings.public_url.as_ref().and_then(|url| settings.register_page(url));
    let link = page.map(|page| invitation_link(&page, token.reveal(), invitation.email.as_ref()));
    if options.json {
        let mut printed = json!({ "invitation": as_json(&invitation)?, "token": token.reveal() });
        if let Some(link) = link {
            printed["link"] = link.into();
        }
        return print(&printed.to_string());
    }
    print(token.reveal())?;
    if let Some(link) = link {
        print(&link)?;
    }
    let mailed = invitation.email.as_ref().map(|email| format!("; a mail to {} is on its way", email.as_str()));
    print(&format!(
        "invitation {} is good for {} until {}{}",
        invitation.id,
        counted(invitation.uses, "account"),
        rfc3339(invitation.expires_at)?,
        mailed.unwrap_or_default()
    ))
}

/// Names the option that is wrong instead of the field of the API.
fn in_words(error: InviteError) -> Failure {
    let InviteError::Malformed(fields) = error else { return error.to_string().into() };
    let option = |field: &str| match field.split('/').nth(1) {
        Some("roles") => "--role".to_owned(),
        Some("expiresIn") => "--expires".to_owned(),
        Some(name) => format!("--{name}"),
        None => "the invitation".to_owned(),
    };
    let problems: Vec<String> =
        fields.iter().map(|error| format!("{} {}", option(&error.field), error.message)).collect();
    problems.join("; ").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("7d"), Ok(Duration::from_secs(604_800)));
        assert_eq!(duration("12h"), Ok(Duration::from_secs(43_200)));
        assert_eq!(duration("30m"), Ok(Duration::from_secs(1_800)));
        for wrong in ["", "d", "7", "7w", "-1d", "7 d", "99999999999999999999d", "213503982334602d"] {
            assert!(duration(wrong).is_err(), "{wrong:?}");
        }
    }
}
