//! A user's request for a copy of all their data (GDPR, articles 15 and 20), as far as other services store it.

use std::time::Duration;

use crate::event::Event;
use crate::{EventId, Timestamp};

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A request to other services for the data of one user: the event that they received, and which of them have
/// acknowledged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataExport {
    /// The id of the export, which is that of the event.
    pub id: EventId,
    /// When the user asked.
    pub requested_at: Timestamp,
    /// The services that were told, by name, each with the time at which it acknowledged.
    pub services: Vec<(String, Option<Timestamp>)>,
}

impl DataExport {
    /// How long services may take to upload.
    pub const UPLOADS: Duration = DAY.saturating_mul(7);
    /// How long another request of the same user is answered with the one that exists.
    pub const SAME: Duration = DAY;

    /// Returns until when services may upload what was requested with this event.
    pub fn until(requested_at: Timestamp) -> Timestamp {
        requested_at + Self::UPLOADS
    }
}

/// Where services upload their part of a user's data: a URL with a place for the id of the export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadAddress(String);

/// The URL has no place for the id of the export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must contain {{exportId}}, which is replaced by the id of each export")]
pub struct NoPlaceForExport;

impl UploadAddress {
    const PLACE: &str = "{exportId}";

    /// Creates an address from a URL that contains `{exportId}`.
    pub fn new(url: String) -> Result<Self, NoPlaceForExport> {
        if url.contains(Self::PLACE) { Ok(Self(url)) } else { Err(NoPlaceForExport) }
    }

    /// Returns the URL for the export that `event` requested.
    pub fn of(&self, event: &Event) -> String {
        self.0.replace(Self::PLACE, &event.id.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccountId;
    use crate::event::EventKind;

    #[test]
    fn an_address_has_a_place_for_the_export() {
        assert_eq!(UploadAddress::new("https://x.example/upload".to_owned()), Err(NoPlaceForExport));
        let address = UploadAddress::new("https://x.example/{exportId}?at={exportId}".to_owned()).expect("an address");
        let at = Timestamp::from_seconds(1_800_000_000);
        let (id, account_id) = (EventId::generate(at, [1; 32]), AccountId::generate(at, [2; 32]));
        let event = Event { id, kind: EventKind::UserExportRequested, account_id, occurred_at: at };
        assert_eq!(address.of(&event), format!("https://x.example/{id}?at={id}"));
    }
}
