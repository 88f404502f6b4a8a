//! How invitations are stored.

use auth_domain::account::{EmailAddress, Roles};
use auth_domain::invitation::Invitation;
use auth_domain::ports::CommitError;
use auth_domain::session::KeyId;
use auth_domain::{InvitationId, Timestamp};
use diesel::prelude::*;

use crate::connection::{Connection, Done, columns};
use crate::corrupt;
use crate::schema::invitations;
use crate::types::DbUuid;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = invitations)]
struct InvitationRow {
    id: DbUuid,
    email: Option<String>,
    roles: String,
    uses: i64,
    uses_left: i64,
    expires_at: i64,
    created_at: i64,
    created_by: String,
    key_id: String,
}

impl From<&Invitation> for InvitationRow {
    fn from(invitation: &Invitation) -> Self {
        Self {
            id: key(invitation.id),
            email: invitation.email.as_ref().map(|email| email.as_str().to_owned()),
            roles: invitation.roles.to_string(),
            uses: invitation.uses.into(),
            uses_left: invitation.uses_left.into(),
            expires_at: invitation.expires_at.as_micros(),
            created_at: invitation.created_at.as_micros(),
            created_by: invitation.created_by.clone(),
            key_id: invitation.key_id.as_str().to_owned(),
        }
    }
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = CommitError;

    fn try_from(row: InvitationRow) -> Done<Self> {
        let email = row.email.as_deref().map(EmailAddress::parse).transpose();
        let roles: Vec<String> = row.roles.split_whitespace().map(str::to_owned).collect();
        let count = |number: i64, column| u32::try_from(number).map_err(|_| corrupt("invitations", column));
        Ok(Self {
            id: InvitationId::from(row.id.0),
            email: email.map_err(|_| corrupt("invitations", "email"))?,
            roles: Roles::parse(&roles).map_err(|_| corrupt("invitations", "roles"))?,
            uses: count(row.uses, "uses")?,
            uses_left: count(row.uses_left, "uses_left")?,
            expires_at: Timestamp::from_micros(row.expires_at),
            created_at: Timestamp::from_micros(row.created_at),
            created_by: row.created_by,
            key_id: KeyId::new(row.key_id),
        })
    }
}

pub(crate) async fn find(conn: &mut Connection, id: InvitationId) -> Done<Option<Invitation>> {
    let query = invitations::table.filter(invitations::id.eq(key(id))).select(columns::<InvitationRow, _>());
    let row: Option<InvitationRow> = conn.find(query).await?;
    row.map(Invitation::try_from).transpose()
}

pub(crate) async fn list(conn: &mut Connection, after: Option<InvitationId>, limit: u32) -> Done<Vec<Invitation>> {
    let after = key(after.unwrap_or_else(|| InvitationId::from(uuid::Uuid::nil())));
    let query = invitations::table
        .filter(invitations::id.gt(after))
        .order(invitations::id)
        .limit(limit.into())
        .select(columns::<InvitationRow, _>());
    let rows: Vec<InvitationRow> = conn.load(query).await?;
    rows.into_iter().map(Invitation::try_from).collect()
}

pub(crate) async fn insert(conn: &mut Connection, invitation: &Invitation) -> Done<usize> {
    conn.execute(diesel::insert_into(invitations::table).values(InvitationRow::from(invitation))).await
}

/// Uses an invitation once: one statement, which finds it only while a use is left.
pub(crate) async fn use_once(conn: &mut Connection, id: InvitationId, at: Timestamp) -> Done<usize> {
    let usable = invitations::table
        .filter(invitations::id.eq(key(id)))
        .filter(invitations::uses_left.gt(0_i64))
        .filter(invitations::expires_at.gt(at.as_micros()));
    conn.execute(diesel::update(usable).set(invitations::uses_left.eq(invitations::uses_left - 1_i64))).await
}

pub(crate) async fn delete(conn: &mut Connection, id: InvitationId) -> Done<usize> {
    conn.execute(diesel::delete(invitations::table.filter(invitations::id.eq(key(id))))).await
}

fn key(id: InvitationId) -> DbUuid {
    DbUuid(id.as_uuid())
}
