//! `openapi`: prints the generated documents of the API.

use crate::Failure;
use crate::output::print;
use crate::wiring::known_providers;

/// Where a server with default settings is. One that runs names its own public URL in the document that it serves.
const DEFAULT_URL: &str = "http://127.0.0.1:8080";

pub(crate) fn run(errors: bool) -> Result<(), Failure> {
    if errors {
        return print(auth_http::error_table(&known_providers()).trim_end());
    }
    print(&serde_json::to_string_pretty(&auth_http::openapi(DEFAULT_URL, &known_providers()))?)
}
