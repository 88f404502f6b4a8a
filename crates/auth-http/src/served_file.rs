//! A file that is the same for everyone: compressed once, with a tag by which a browser recognises what it has.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;

use actix_web::http::header::{self, AcceptEncoding, Encoding, EntityTag, Header as _, IfNoneMatch};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
use flate2::write::GzEncoder;

/// How long caches may keep a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caching {
    /// They ask each time whether it has changed.
    Ask,
    /// For ever: its name changes with its content.
    Forever,
}

/// A file as it goes over the wire.
#[derive(Clone)]
pub(crate) struct ServedFile {
    plain: Bytes,
    gzip: Bytes,
    hash: String,
    media_type: &'static str,
    caching: Caching,
}

impl ServedFile {
    /// Compresses the file.
    pub(crate) fn new(content: impl Into<Bytes>, media_type: &'static str, caching: Caching) -> Self {
        let plain = content.into();
        let mut hasher = DefaultHasher::new();
        plain.hash(&mut hasher);
        let hash = format!("{:016x}", hasher.finish());
        Self { gzip: compress(&plain).into(), plain, hash, media_type, caching }
    }

    /// Returns the hash of its content.
    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }

    /// Answers with the file, or with 304 if the browser has it.
    pub(crate) fn answer(&self, request: &HttpRequest) -> HttpResponse {
        // Weak: it names both encodings.
        let tag = EntityTag::new_weak(self.hash.clone());
        let matches = match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|other| other.weak_eq(&tag)),
            Err(_) => false,
        };
        let caching = match self.caching {
            Caching::Ask => "no-cache",
            Caching::Forever => "public, max-age=31536000, immutable",
        };
        let mut response = if matches { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header((header::ETAG, tag.to_string()))
            .insert_header((header::CACHE_CONTROL, caching))
            .insert_header((header::VARY, "Accept-Encoding"));
        if matches {
            return response.finish();
        }
        response.content_type(self.media_type);
        if accepts_gzip(request) {
            return response.insert_header((header::CONTENT_ENCODING, "gzip")).body(self.gzip.clone());
        }
        response.body(self.plain.clone())
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
