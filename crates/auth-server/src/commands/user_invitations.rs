//! `user invitations`: lists the invitations, or withdraws one.

use auth_domain::InvitationId;
use auth_domain::invitation::Invitation;
use auth_domain::use_cases::ManageInvitations;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Failure;
use crate::operator::Operation;
use crate::output::{print, rfc3339};
use crate::settings::Settings;

/// What to do with the invitations.
#[derive(clap::Args)]
pub(crate) struct InvitationsOptions {
    /// Withdraw the invitation with this id instead: nobody can use it any more
    #[arg(long, value_name = "ID")]
    withdraw: Option<Uuid>,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(settings: &Settings, options: &InvitationsOptions) -> Result<(), Failure> {
    let Operation { use_cases, .. } = Operation::begin(settings).await?;
    let (inviter, invitations) = (use_cases.operator.as_admin(), &use_cases.manage_invitations);
    if let Some(id) = options.withdraw {
        if !invitations.withdraw(&inviter, InvitationId::from(id)).await? {
            return Err(format!("there is no invitation {id}").into());
        }
        let line =
            if options.json { json!({ "withdrawn": id }).to_string() } else { format!("withdrew invitation {id}") };
        return print(&line);
    }
    let mut after = None;
    loop {
        let page = invitations.list(&inviter, after, ManageInvitations::MAX_LIMIT).await?;
        for invitation in &page.invitations {
            print(&if options.json { as_json(invitation)?.to_string() } else { as_line(invitation)? })?;
        }
        after = page.invitations.last().filter(|_| page.more).map(|invitation| invitation.id);
        if after.is_none() {
            return Ok(());
        }
    }
}

fn as_line(invitation: &Invitation) -> Result<String, Failure> {
    let Invitation { id, email, roles, uses, uses_left, created_by, .. } = invitation;
    let email = email.as_ref().map_or("anyone", |email| email.as_str());
    let roles: Vec<&str> = roles.iter().collect();
    let roles = if roles.is_empty() { "-".to_owned() } else { roles.join(",") };
    let expires = rfc3339(invitation.expires_at)?;
    Ok(format!("{id}  {email}  {uses_left} of {uses} left  until {expires}  {roles}  by {created_by}"))
}

/// The same fields as the API's.
pub(super) fn as_json(invitation: &Invitation) -> Result<Value, Failure> {
    Ok(json!({
        "id": invitation.id.as_uuid(),
        "email": invitation.email.as_ref().map(|email| email.as_str()),
        "roles": invitation.roles.iter().collect::<Vec<_>>(),
        "uses": invitation.uses,
        "usesLeft": invitation.uses_left,
        "expiresAt": rfc3339(invitation.expires_at)?,
        "createdAt": rfc3339(invitation.created_at)?,
        "createdBy": invitation.created_by,
    }))
}
