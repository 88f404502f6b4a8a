//! Which audit records to list, and in which order.

use super::{Actor, AuditRecord, Outcome};
use crate::{AccountId, AuditRecordId, Timestamp};

/// Selects the records to list, and their order. What is `None` selects all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only those of this account.
    pub account_id: Option<AccountId>,
    /// Only those with this action, such as `password.changed`.
    pub action: Option<String>,
    /// Only those that were caused by this actor.
    pub actor: Option<Actor>,
    /// Only those with this outcome.
    pub outcome: Option<Outcome>,
    /// Only those that are not older than this.
    pub from: Timestamp,
    /// Only those that are older than this.
    pub until: Option<Timestamp>,
    /// Only those that come after this record in the order.
    pub after: Option<(Timestamp, AuditRecordId)>,
    /// By time and id.
    pub order: AuditOrder,
}

/// The order of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuditOrder {
    /// The oldest first.
    #[default]
    Ascending,
    /// The newest first.
    Descending,
}

impl AuditFilter {
    /// Selects every record since `from`, the oldest first.
    pub const fn since(from: Timestamp) -> Self {
        Self {
            account_id: None,
            action: None,
            actor: None,
            outcome: None,
            from,
            until: None,
            after: None,
            order: AuditOrder::Ascending,
        }
    }

    /// Selects every record, the newest first.
    pub fn newest() -> Self {
        Self { order: AuditOrder::Descending, ..Self::since(Timestamp::from_micros(i64::MIN)) }
    }

    /// Tells whether it selects this record.
    pub fn selects(&self, record: &AuditRecord) -> bool {
        let place = (record.occurred_at, record.id);
        record.occurred_at >= self.from
            && self.until.is_none_or(|until| record.occurred_at < until)
            && self.account_id.is_none_or(|id| record.account_id == Some(id))
            && self.action.as_ref().is_none_or(|action| record.action == *action)
            && self.actor.as_ref().is_none_or(|actor| record.actor == *actor)
            && self.outcome.is_none_or(|outcome| record.outcome == outcome)
            && self.after.is_none_or(|after| match self.order {
                AuditOrder::Ascending => place > after,
                AuditOrder::Descending => place < after,
            })
    }
}
