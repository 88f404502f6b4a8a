//! The files of the pages, named by their content, and what operators set about them.

use std::collections::BTreeMap;

use auth_domain::Language;

use super::colour::Colour;
use super::texts::Texts;
use crate::served_file::{Caching, ServedFile};

const SCRIPT: &str = include_str!("../../pages/app.js");
const STYLE: &str = include_str!("../../pages/style.css");
const ADMIN_SCRIPT: &str = include_str!("../../pages/admin.js");
const ADMIN_STYLE: &str = include_str!("../../pages/admin-style.css");

/// A picture for the head of each page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    content: Vec<u8>,
    media_type: &'static str,
    extension: &'static str,
}

impl Logo {
    /// Creates a logo of the content of a file with that extension, in lower case; `None` if pages do not show that kind.
    pub fn new(content: Vec<u8>, extension: &str) -> Option<Self> {
        let (extension, media_type) = match extension {
            "svg" => ("svg", "image/svg+xml"),
            "png" => ("png", "image/png"),
            "webp" => ("webp", "image/webp"),
            "jpg" | "jpeg" => ("jpg", "image/jpeg"),
            _ => return None,
        };
        Some(Self { content, media_type, extension })
    }

    /// Returns the path, under a base path, at which the pages serve it; `None` if mail programs do not show that kind.
    pub fn path_for_mail(&self) -> Option<String> {
        let file = ServedFile::new(self.content.clone(), self.media_type, Caching::Forever);
        let is_shown = matches!(self.media_type, "image/png" | "image/jpeg");
        is_shown.then(|| format!("account/assets/{}", name_of("logo", &file, self.extension)))
    }
}

/// What operators set about the pages.
#[derive(Clone, Debug)]
pub struct PagesOptions {
    /// The name to show.
    pub product_name: String,
    /// The colour of buttons and links.
    pub accent: Colour,
    /// The picture next to the name.
    pub logo: Option<Logo>,
    /// The URL of the terms of service.
    pub terms: Option<String>,
    /// The URL of the privacy policy.
    pub privacy: Option<String>,
    /// The minimum length of a password, in characters.
    pub password_min: usize,
    /// Whether users can request what other services keep about them.
    pub requests_exports: bool,
}

/// The pages as they are served: their files, named by content, and what each page says of the settings.
pub struct Pages {
    pub(super) options: PagesOptions,
    pub(super) texts: Vec<Texts>,
    /// By name.
    files: BTreeMap<String, ServedFile>,
    pub(super) script: String,
    pub(super) admin_script: String,
    /// That of the build, and that of the accent.
    pub(super) styles: [String; 2],
    pub(super) admin_style: String,
    pub(super) logo: Option<String>,
}

/// Returns the name of a file, which changes with its content.
fn name_of(name: &str, file: &ServedFile, extension: &str) -> String {
    format!("{name}.{}.{extension}", file.hash())
}

impl Pages {
    /// Compresses and names the files.
    pub fn new(options: PagesOptions) -> Self {
        let mut files = BTreeMap::new();
        let mut add = |name: &str, extension: &str, content: Vec<u8>, media_type: &'static str| {
            let file = ServedFile::new(content, media_type, Caching::Forever);
            let name = name_of(name, &file, extension);
            files.insert(name.clone(), file);
            name
        };
        let script = add("app", "js", SCRIPT.into(), "text/javascript; charset=utf-8");
        let admin_script = add("admin", "js", ADMIN_SCRIPT.into(), "text/javascript; charset=utf-8");
        let admin_style = add("admin-style", "css", ADMIN_STYLE.into(), "text/css; charset=utf-8");
        let style = add("style", "css", STYLE.into(), "text/css; charset=utf-8");
        let theme = add("theme", "css", options.accent.style_sheet().into(), "text/css; charset=utf-8");
        let logo = options.logo.clone().map(|logo| add("logo", logo.extension, logo.content, logo.media_type));
        let texts = Texts::all(|language, json| add(language, "json", json.into(), "application/json"));
        Self { options, texts, files, script, admin_script, styles: [style, theme], admin_style, logo }
    }

    /// Returns the file of that name.
    pub(crate) fn file(&self, name: &str) -> Option<&ServedFile> {
        self.files.get(name)
    }

    /// Returns the texts in that language.
    pub(crate) fn texts(&self, language: Language) -> Option<&Texts> {
        self.texts.iter().find(|texts| texts.language == language.as_str())
    }
}
