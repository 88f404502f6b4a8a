//! `openapi`: prints the generated documents of the API.

use crate::Failure;
use crate::output::print;
use crate::wiring::known_providers;

pub(crate) fn run(errors: bool) -> Result<(), Failure> {
    if errors {
        return print(auth_http::error_table(&known_providers()).trim_end());
    }
    print(&serde_json::to_string_pretty(&auth_http::openapi("/", &known_providers()))?)
}
