//! `config check`: lists every mistake in the settings.

use crate::Failure;
use crate::output;
use crate::secret_key::configured;
use crate::settings::{Settings, SettingsError};

/// Prints every mistake on a line of its own, including a master key that is missing or cannot be read. Connects to
/// nothing.
pub(crate) fn run(settings: Result<Settings, SettingsError>) -> Result<(), Failure> {
    let settings = settings?;
    configured(&settings)?;
    if let Some(warning) = settings.mail_warning() {
        output::print(&format!("warning: {warning}"))?;
    }
    output::print("the settings are valid")
}
