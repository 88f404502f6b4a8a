//! `config check`: every mistake in the settings.

use crate::Failure;
use crate::output;
use crate::secret_key::configured;
use crate::settings::{Settings, SettingsError};

/// Says what is wrong, one mistake a line, a master key that cannot be read or is missing included. Connects to nothing.
pub(crate) fn run(settings: Result<Settings, SettingsError>) -> Result<(), Failure> {
    let settings = settings?;
    configured(&settings)?;
    if let Some(warning) = settings.mail_warning() {
        output::print(&format!("warning: {warning}"))?;
    }
    output::print("the settings are in order")
}
