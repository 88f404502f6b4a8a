//! The settings of the sign-in, account and administration pages.

use std::path::Path;

use auth_http::{Colour, Logo};
use url::Url;

use super::reader::Reader;
use super::value::switch;

/// How the pages look.
pub(crate) struct PageSettings {
    pub(crate) accent: Colour,
    pub(crate) logo: Option<Logo>,
    pub(crate) terms: Option<String>,
    pub(crate) privacy: Option<String>,
}

/// The maximum size of a logo, in bytes.
const MAX_LOGO: usize = 256 * 1024;

/// Returns whether the pages are on, if somebody decided that, and how they look.
pub(super) fn pages(reader: &mut Reader) -> (Option<bool>, Option<PageSettings>) {
    let on = reader.parse("PAGES", None, |text| switch(text).map(Some));
    let accent = reader.default_of("PAGES_ACCENT");
    let accent = reader.parse("PAGES_ACCENT", colour(&accent).ok(), |text| colour(text).map(Some));
    let logo = reader.parse("PAGES_LOGO", None, |text| logo(text).map(Some));
    let terms = reader.parse("PAGES_TERMS", None, |text| link(text).map(Some));
    let privacy = reader.parse("PAGES_PRIVACY", None, |text| link(text).map(Some));
    (on, accent.map(|accent| PageSettings { accent, logo, terms, privacy }))
}

/// Reads a name that pages and authenticator apps show. Apps take what is before a colon for another name.
pub(super) fn product_name(text: &str) -> Result<String, String> {
    let text = text.trim();
    let good = (1..=64).contains(&text.chars().count()) && !text.contains(|c: char| c.is_control() || c == ':');
    if good { Ok(text.to_owned()) } else { Err("must have 1 to 64 characters on one line, and no colon".to_owned()) }
}

fn colour(text: &str) -> Result<Colour, String> {
    Colour::parse(text).map_err(|_| "must be a colour such as #2f5bd0".to_owned())
}

fn link(text: &str) -> Result<String, String> {
    let is_path = text.starts_with('/') && !text.starts_with("//") && !text.contains('\\');
    let is_url = || Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if is_path || is_url() { Ok(text.to_owned()) } else { Err("must be a URL, or a path on this host".to_owned()) }
}

fn logo(text: &str) -> Result<Logo, String> {
    let path = Path::new(text);
    let content = std::fs::read(path).map_err(|error| format!("cannot be read: {text}: {error}"))?;
    if content.len() > MAX_LOGO {
        return Err(format!("must be a file of at most {} KiB", MAX_LOGO / 1024));
    }
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    Logo::new(content, &extension).ok_or_else(|| "must be an .svg, .png, .webp or .jpg file".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tests::load;
    use super::*;

    #[test]
    fn pages_are_on_by_default_where_they_work_without_a_decision() {
        let states = |variables: &[(&str, &str)]| {
            let settings = load(variables).unwrap();
            (settings.pages.is_some(), settings.cookies)
        };
        let (public, postgres) =
            (("AUTH_PUBLIC_URL", "https://auth.example.org"), ("AUTH_DATABASE_URL", "postgres://u@h/d"));
        assert_eq!(states(&[]), (true, true));
        assert_eq!(states(&[("AUTH_LISTEN", "0.0.0.0:80")]), (false, false), "browsers keep no cookies from there");
        assert_eq!(states(&[("AUTH_COOKIES", "off")]), (false, false));
        assert_eq!(states(&[("AUTH_PAGES", "off")]), (false, false));
        assert_eq!(states(&[public]), (false, false));
        assert_eq!(states(&[postgres]), (false, false));
        assert_eq!(states(&[postgres, public, ("AUTH_PAGES", "on")]), (true, true));
        let contradiction = load(&[("AUTH_COOKIES", "off"), ("AUTH_PAGES", "on")]).err().unwrap();
        assert!(contradiction.contains("AUTH_PAGES") && contradiction.lines().count() == 1, "{contradiction}");
        let plain = load(&[("AUTH_PUBLIC_URL", "http://auth.example.org"), ("AUTH_PAGES", "on")]).err().unwrap();
        assert!(plain.contains("AUTH_PUBLIC_URL"), "{plain}");
    }

    #[test]
    fn mails_are_shown_only_where_nothing_says_that_others_use_the_service() {
        let shown = |variables: &[(&str, &str)]| load(variables).unwrap().shown_mails().is_some();
        let (pages, local) = (("AUTH_PAGES", "on"), ("AUTH_PUBLIC_URL", "http://localhost:8080"));
        assert!(shown(&[]));
        assert!(shown(&[pages, local, ("AUTH_LISTEN", "[::1]:8080")]));
        for others in [
            &[("AUTH_PAGES", "off")][..],
            &[("AUTH_MAIL_URL", "smtp://127.0.0.1:2525")],
            &[("AUTH_TRUSTED_PROXIES", "127.0.0.1")],
            &[pages, ("AUTH_PUBLIC_URL", "https://auth.example.org")],
            &[pages, local, ("AUTH_LISTEN", "0.0.0.0:8080")],
            &[pages, local, ("AUTH_LISTEN", "192.0.2.1:8080")],
        ] {
            assert!(!shown(others), "{others:?}");
        }
    }

    #[test]
    fn looks_are_checked() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, content).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let settings = load(&[
            ("AUTH_PRODUCT_NAME", " Example "),
            ("AUTH_PAGES_ACCENT", "#00695C"),
            ("AUTH_PAGES_LOGO", &file("logo.SVG", b"<svg/>")),
            ("AUTH_PAGES_TERMS", "https://example.org/terms"),
            ("AUTH_PAGES_PRIVACY", "/privacy"),
        ])
        .unwrap();
        assert_eq!(settings.product_name.as_deref(), Some("Example"));
        let pages = settings.pages.unwrap();
        assert_eq!((pages.accent.to_string().as_str(), pages.logo.is_some()), ("#00695c", true));
        assert_eq!(pages.privacy.as_deref(), Some("/privacy"));
        let (text, large) = (file("logo.txt", b""), file("logo.png", &vec![0; MAX_LOGO + 1]));
        for (name, bad) in [
            ("AUTH_PRODUCT_NAME", "a:b"),
            ("AUTH_PAGES_ACCENT", "blue"),
            ("AUTH_PAGES_LOGO", "/no/such/file.svg"),
            ("AUTH_PAGES_LOGO", &text),
            ("AUTH_PAGES_LOGO", &large),
            ("AUTH_PAGES_TERMS", "javascript:alert(1)"),
            ("AUTH_PAGES_PRIVACY", "//example.org/"),
        ] {
            let mistake = load(&[(name, bad)]).err().unwrap();
            assert!(mistake.contains(name), "{mistake}");
        }
    }
}
