//! The OpenAPI documents that were asked for, for all threads that serve, as they go over the wire.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use actix_web::http::header::{self, AcceptEncoding, Encoding, EntityTag, Header as _, IfNoneMatch};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Each document is made, and compressed, once: when somebody asks for it.
#[derive(Default)]
pub struct DocumentCache(Mutex<BTreeMap<String, Document>>);

#[derive(Clone)]
struct Document {
    plain: Bytes,
    gzip: Bytes,
    tag: EntityTag,
}

impl DocumentCache {
    /// Answers with the document of that name. Whoever asks meanwhile waits while `make` makes it.
    pub(crate) fn answer(&self, request: &HttpRequest, name: &str, make: impl FnOnce() -> String) -> HttpResponse {
        let document = {
            let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            made.entry(name.to_owned()).or_insert_with(|| Document::new(make())).clone()
        };
        document.answer(request)
    }
}

impl Document {
    fn new(text: String) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        // Weak: it names both encodings.
        let tag = EntityTag::new_weak(format!("{:016x}", hasher.finish()));
        Self { gzip: compress(text.as_bytes()).into(), plain: text.into(), tag }
    }

    fn answer(self, request: &HttpRequest) -> HttpResponse {
        let matches = match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&self.tag)),
            Err(_) => false,
        };
        let mut response = if matches { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header((header::ETAG, self.tag.to_string()))
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .insert_header((header::VARY, "Accept-Encoding"));
        if matches {
            return response.finish();
        }
        response.content_type("application/json");
        if accepts_gzip(request) {
            return response.insert_header((header::CONTENT_ENCODING, "gzip")).body(self.gzip);
        }
        response.body(self.plain)
    }
}

/// Nothing is compressed for those who do not ask for it.
fn accepts_gzip(request: &HttpRequest) -> bool {
    let supported = [Encoding::gzip(), Encoding::identity()];
    request.headers().contains_key(header::ACCEPT_ENCODING)
        && AcceptEncoding::parse(request)
            .is_ok_and(|accepted| accepted.negotiate(supported.iter()) == Some(Encoding::gzip()))
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing into memory cannot fail.
    let _: std::io::Result<()> = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}
