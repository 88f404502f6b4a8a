//! The documents that were asked for, for all threads that serve.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use actix_web::web::Bytes;

/// The OpenAPI documents, one a base path: each is made once, when somebody asks for it.
#[derive(Default)]
pub struct DocumentCache(Mutex<BTreeMap<String, Bytes>>);

impl DocumentCache {
    /// Returns the document of `base`. Whoever asks meanwhile waits while `make` makes it.
    pub(crate) fn get_or_make(&self, base: &str, make: impl FnOnce() -> String) -> Bytes {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(base.to_owned()).or_insert_with(|| make().into()).clone()
    }
}
