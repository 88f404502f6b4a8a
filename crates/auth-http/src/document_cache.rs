//! The OpenAPI documents that were asked for, for all threads that serve, as they go over the wire.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use actix_web::{HttpRequest, HttpResponse};

use crate::served_file::{Caching, ServedFile};

/// Each document is made, and compressed, once: when somebody asks for it.
#[derive(Default)]
pub struct DocumentCache(Mutex<BTreeMap<String, ServedFile>>);

impl DocumentCache {
    /// Answers with the document of that name. Whoever asks meanwhile waits while `make` makes it.
    pub(crate) fn answer(&self, request: &HttpRequest, name: &str, make: impl FnOnce() -> String) -> HttpResponse {
        let document = {
            let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let new = || ServedFile::new(make(), "application/json", Caching::Ask);
            made.entry(name.to_owned()).or_insert_with(new).clone()
        };
        document.answer(request)
    }
}
