//! The languages in which the service speaks to people. Their texts belong to the adapters that send them.

use crate::named::named;

named! {
    /// A language that mails, pages and messages are written in, by its ISO 639-1 code.
    pub enum Language {
        /// English.
        English = "en",
        /// French.
        French = "fr",
        /// German.
        German = "de",
        /// Spanish.
        Spanish = "es",
    }
}

impl Default for Language {
    /// The language of which every text exists first.
    fn default() -> Self {
        Self::English
    }
}
