//! Every mail in every language, and the templates of operators.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use auth_domain::Language;
use auth_domain::mail::{OutgoingContent, OutgoingMail};
use minijinja::AutoEscape;

use super::check::{in_source, variables_of};
use super::engine::{environment, split};
use super::{MailTemplates, Rendered, Sources, built_in, check, engine};
use crate::kind::MailKind;
use crate::samples;

fn written(mail: &OutgoingMail) -> Rendered {
    engine::render(&Sources::new(), mail, &samples::sender()).unwrap()
}

/// Every kind in every language with everything that it may have, and without.
fn all_mails() -> impl Iterator<Item = (MailKind, OutgoingMail)> {
    let of = |language| {
        MailKind::all().flat_map(move |kind| samples::varied(kind, language).into_iter().map(move |mail| (kind, mail)))
    };
    Language::ALL.into_iter().flat_map(of)
}

/// The names that a template includes.
fn included(source: &str) -> BTreeSet<&str> {
    source.split("{% include \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn the_binary_contains_every_file_and_uses_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    for language in Language::ALL {
        let code = language.as_str();
        let entries = std::fs::read_dir(folder.join(code)).unwrap();
        let files: BTreeSet<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let name = |file: &str| file.strip_prefix(&format!("{code}/")).unwrap().to_owned();
        let known: BTreeSet<String> = built_in::of(language).iter().map(|(file, _)| name(file)).collect();
        assert_eq!(files, known, "{code}");
        let sources = || built_in::of(language).iter().flat_map(|(_, source)| included(source));
        let phrases = ["_moment.txt", "_duration.txt", "_device.txt", "_footer.txt"];
        let used: BTreeSet<&str> = sources().chain(phrases).collect();
        let kinds: BTreeSet<String> = MailKind::all().map(|kind| format!("{}.txt", kind.as_str())).collect();
        for file in files {
            assert_eq!(file.starts_with('_'), used.contains(&*file), "{code}/{file} is used");
            assert_eq!(!file.starts_with('_'), kinds.contains(&file), "{code}/{file} is a kind of mail");
        }
    }
}

/// The variables of the subject and of the rest, with what is behind dots, and the parts.
fn used(name: &str, source: &str) -> (BTreeSet<String>, BTreeSet<String>, BTreeSet<String>) {
    let environment = environment(AutoEscape::None);
    let variables = |source: &str| -> BTreeSet<String> {
        environment.template_from_named_str(name, source).unwrap().undeclared_variables(true).into_iter().collect()
    };
    let (subject, body) = if built_in::is_part(name) { ("", source) } else { split(name, source).unwrap() };
    (variables(subject), variables(body), included(source).into_iter().map(str::to_owned).collect())
}

#[test]
fn every_language_says_what_the_english_says() {
    let environment = environment(AutoEscape::None);
    for language in Language::ALL {
        for ((name, source), (english, english_source)) in
            built_in::of(language).iter().zip(built_in::of(Language::English))
        {
            assert_eq!(used(name, source), used(english, english_source), "{name}");
            assert_eq!(in_source(&environment, name, source), [], "{name}");
            let words = source.replace(|letter: char| !letter.is_alphabetic(), "");
            let own_text = language == Language::English || source != english_source || words.is_empty();
            assert!(own_text, "{name} is English");
        }
    }
}

#[test]
fn every_mail_is_a_text_for_people() {
    let mut subjects: BTreeMap<(&str, String), MailKind> = BTreeMap::new();
    for (kind, mail) in all_mails() {
        let Rendered { subject, text, html } = written(&mail);
        let language = mail.language.as_str();
        let place = format!("{language}/{}:\n{subject}\n\n{text}", kind.as_str());
        let other = subjects.insert((language, subject.clone()), kind);
        assert!(other.is_none_or(|other| other == kind), "two kinds have one subject: {place}");
        for sign in ["&", "<", ">", "{", "}", "  ", "\n\n\n", "undefined", " \n", "\t", "'\""] {
            assert!(!text.contains(sign) || text.contains("#invitation="), "{sign:?} in {place}");
            assert!(!subject.contains(sign), "{sign:?} in {place}");
        }
        assert!(text.ends_with(".\n") && !text.starts_with('\n'), "{place}");
        for line in text.lines() {
            let is_whole = line.starts_with("https://") || line.starts_with("inv1.");
            assert!(line.chars().count() <= 72 || is_whole, "{line} is too long in {place}");
            assert!(line.len() <= 998, "RFC 5322 section 2.1.1: {line}");
        }
        let code = match &mail.content {
            OutgoingContent::Code { code, .. } => Some(code.reveal()),
            OutgoingContent::Invitation { token, .. } => Some(token.reveal()),
            OutgoingContent::Notice { .. } => None,
        };
        if let Some(code) = code {
            assert!(!subject.contains(code), "{place}");
            assert_eq!(text.lines().filter(|line| *line == code).count(), 1, "{place}");
            assert!(html.lines().any(|line| line == code), "{place}");
        }
        assert!(html.contains(&format!("<html lang=\"{language}\">")), "{html}");
        let remote: Vec<&str> = html.match_indices("src=").map(|(at, _)| &html[at..]).collect();
        assert!(remote.len() == 1 && remote[0].starts_with("src=\"https:&#x2f;&#x2f;auth.example.org"), "{remote:?}");
        assert!(!html.contains("url(") && !html.contains("<script") && !html.contains("<link"), "{html}");
    }
}

#[test]
fn durations_and_devices_are_told_in_the_language() {
    use crate::device::Device;
    use crate::values::Words as _;
    use std::time::Duration;

    let own = Sources::new();
    let said = |language| {
        let engine = engine::Engine::new(&own, language, AutoEscape::None).unwrap();
        let durations =
            [0, 1, 600, 90, 5_400, 3_601, 90_061].map(|seconds| engine.duration(Duration::from_secs(seconds)).unwrap());
        let devices = [
            (Some("Safari"), Some("iPhone")),
            (Some("okhttp"), None),
            (Some("okhttp"), Some("Android")),
            (None, Some("Linux")),
            (None, None),
        ]
        .map(|(program, system)| engine.device(Device { program, system }).unwrap());
        let moments = [1_798_761_599, 1_798_765_200, 1_800_000_000]
            .map(|at| engine.moment(auth_domain::Timestamp::from_seconds(at)).unwrap());
        [durations.join(", "), devices.join(", "), moments.join(", ")].join("\n")
    };
    assert_eq!(
        said(Language::English),
        "0 seconds, 1 second, 10 minutes, 1 minute 30 seconds, 1 hour 30 minutes, 1 hour, 1 day 1 hour\n\
         Safari on iPhone, an Android app, an Android app on Android, Linux, unknown\n\
         2026-12-31 23:59 UTC, 2027-01-01 01:00 UTC, 2027-01-15 08:00 UTC"
    );
    assert_eq!(
        said(Language::French),
        "0 seconde, 1 seconde, 10 minutes, 1 minute et 30 secondes, 1 heure et 30 minutes, 1 heure, 1 jour et 1 heure\n\
         Safari sur iPhone, une application Android, une application Android sur Android, Linux, inconnu\n\
         31 décembre 2026 à 23:59 UTC, 1er janvier 2027 à 01:00 UTC, 15 janvier 2027 à 08:00 UTC"
    );
    assert_eq!(
        said(Language::German),
        "0 Sekunden, 1 Sekunde, 10 Minuten, 1 Minute und 30 Sekunden, 1 Stunde und 30 Minuten, 1 Stunde, 1 Tag und 1 Stunde\n\
         Safari auf iPhone, eine Android-App, eine Android-App auf Android, Linux, unbekannt\n\
         31. Dezember 2026 um 23:59 Uhr (UTC), 1. Januar 2027 um 01:00 Uhr (UTC), 15. Januar 2027 um 08:00 Uhr (UTC)"
    );
    assert_eq!(
        said(Language::Spanish),
        "0 segundos, 1 segundo, 10 minutos, 1 minuto y 30 segundos, 1 hora y 30 minutos, 1 hora, 1 día y 1 hora\n\
         Safari en iPhone, una aplicación de Android, una aplicación de Android en Android, Linux, desconocido\n\
         31 de diciembre de 2026 a las 23:59 UTC, 1 de enero de 2027 a la 01:00 UTC, 15 de enero de 2027 a las 08:00 UTC"
    );
}

/// Of the mails of a language: what a reader of plain text sees.
#[test]
fn texts() {
    for language in Language::ALL {
        let mut all = String::new();
        for kind in MailKind::all() {
            let Rendered { subject, text, .. } = written(&samples::usual(kind, language));
            writeln!(all, "==== {} ====\n{subject}\n\n{text}", kind.as_str()).unwrap();
        }
        let mails = samples::varied(MailKind::parse("password_changed").unwrap(), language);
        for mail in &mails[1..] {
            writeln!(all, "==== other details ====\n{}", written(mail).text).unwrap();
        }
        insta::assert_snapshot!(format!("text_{}", language.as_str()), all);
    }
}

/// The HTML of three mails, and of the others what differs.
#[test]
fn html() {
    for language in Language::ALL {
        let mut all = String::new();
        for kind in MailKind::all() {
            let Rendered { html, .. } = written(&samples::usual(kind, language));
            let whole = ["verify_email", "invitation", "password_reset_done"].contains(&kind.as_str());
            let card = || {
                html.split_once("<td class=\"card\"")
                    .unwrap()
                    .1
                    .split_once('\n')
                    .unwrap()
                    .1
                    .split("</td>")
                    .next()
                    .unwrap()
            };
            writeln!(all, "==== {} ====\n{}", kind.as_str(), if whole { &html } else { card() }).unwrap();
        }
        insta::assert_snapshot!(format!("html_{}", language.as_str()), all);
    }
}

/// A folder with these templates.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

fn french(kind: &str) -> OutgoingMail {
    samples::usual(MailKind::parse(kind).unwrap(), Language::French)
}

#[test]
fn an_operator_replaces_single_templates() {
    let folder = folder(&[
        ("fr/twofa_login.txt", "Subject: Code {{ product_name }}\r\n\r\n{{ code }}\r\n"),
        ("fr/_footer.txt", "Exemple SA, Paris\n"),
        (
            "fr/password_changed.html",
            "{% extends \"layout.html\" %}\n{% block content %}<p>{% include \"_not_you.txt\" %}</p>{% endblock %}\n",
        ),
        ("README.md", "ours"),
        (".hidden.txt", ""),
    ]);
    let templates = MailTemplates::load(folder.path()).unwrap();
    let written = |mail: &OutgoingMail| templates.render(mail, &samples::sender()).unwrap();
    let code = written(&french("twofa_login"));
    assert_eq!((code.subject.as_str(), code.text.as_str()), ("Code Example", "042137\n\nExemple SA, Paris\n"));
    assert!(code.html.contains("042137") && code.html.contains("Exemple SA, Paris"), "{}", code.html);
    let changed = written(&french("password_changed"));
    assert!(changed.text.contains("Votre mot de passe a été changé par"), "{}", changed.text);
    assert!(
        changed.html.contains("<p>Si c’était vous,") && !changed.html.contains("par quelqu’un"),
        "{}",
        changed.html
    );
    let english = samples::usual(MailKind::parse("twofa_login").unwrap(), Language::English);
    assert_eq!(written(&english), super::tests::written(&english));
}

#[test]
fn each_mistake_names_the_file_the_line_and_what_is_wrong() {
    let code = "Subject: x\n\n{{ code }}\n";
    for (name, content, said) in [
        (
            "fr/verify_email.txt",
            "Subject: x\n\n{{ code }}\n\nou {{ cod }}\n",
            "fr/verify_email.txt, line 5: unknown variable cod; there are code, device, expires_at, ",
        ),
        (
            "fr/verify_email.txt",
            "Subject: {{ code }}\n\n{{ code }}\n",
            "fr/verify_email.txt, line 1: unknown variable code",
        ),
        (
            "fr/verify_email.txt",
            "{{ code }}\n",
            "fr/verify_email.txt, line 1: must begin with \"Subject:\" and a subject",
        ),
        (
            "fr/verify_email.txt",
            "Subject: {% if false %}x{% endif %}\n\n{{ code }}\n",
            "fr/verify_email.txt, line 1: the subject must have 1 to 150 characters",
        ),
        (
            "fr/verify_email.txt",
            "Subject: x\n\nLe code {{ code }}\n",
            "fr/verify_email.txt: must contain {{ code }} once, between empty lines",
        ),
        (
            "fr/invitation.txt",
            "Subject: x\n\ny\n",
            "fr/invitation.txt: must contain {{ invitation }} once, between empty lines",
        ),
        ("fr/new_login.txt", "Subject: x\n", "fr/new_login.txt: contains no text"),
        (
            "fr/new_login.txt",
            "Subject: x\n\n{% if times %}\ny\n",
            "fr/new_login.txt, line 4: syntax error: unexpected end of input, expected end of block",
        ),
        (
            "fr/new_login.txt",
            "Subject: x\n\ny {{ until }}\n",
            "fr/new_login.txt, line 3: undefined value: this mail does not have it: ask with {% if … %} first",
        ),
        (
            "fr/new_login.txt",
            "Subject: x\n\n{% include \"_detail.txt\" %}\n",
            "fr/new_login.txt, line 3: template not found: ",
        ),
        (
            "fr/_details.txt",
            "{% for part in removed %}\n{{ part.waht }}\n{% endfor %}\n",
            "fr/_details.txt, line 2: undefined value",
        ),
        (
            "fr/_moment.txt",
            "{{ day }}.{{ mounth }}\n",
            "fr/_moment.txt, line 1: unknown variable mounth; there are day, hour, minute, month, year",
        ),
        (
            "fr/verify_email.html",
            "<p>{{ subject }}</p>\n",
            "fr/verify_email.html: must contain the code, or the parts of the text",
        ),
        ("layout.html", "<p>{{ parts[0].txt }}</p>\n", "layout.html, line 1: undefined value"),
        (
            "fr/verify_mail.txt",
            code,
            "fr/verify_mail.txt: there is no such template: see `auth-server mail preview --list`",
        ),
        ("it/verify_email.txt", code, "it: there is no such language; there are en, fr, de, es"),
    ] {
        let folder = folder(&[(name, content)]);
        let mistakes = MailTemplates::load(folder.path()).err().unwrap_or_else(|| panic!("{name} is wrong: {content}"));
        let expected = format!("{}/{said}", folder.path().display());
        assert!(mistakes.iter().all(|mistake| mistake.starts_with(&expected)), "{expected}\n{mistakes:#?}");
    }
    let missing = MailTemplates::load(Path::new("/no/such/folder")).err().unwrap();
    assert!(missing.len() == 1 && missing[0].starts_with("/no/such/folder: "), "{missing:?}");
}

#[test]
fn every_template_of_the_binary_passes_as_one_of_an_operator() {
    let all = Language::ALL.into_iter().flat_map(|language| built_in::of(language).iter());
    let own = all.map(|(name, source)| ((*name).to_owned(), (*source).to_owned()));
    let layout = (built_in::LAYOUT.to_owned(), built_in::find(built_in::LAYOUT).unwrap().to_owned());
    assert_eq!(check::mistakes(&own.chain([layout]).collect()), BTreeSet::new());
    assert!(variables_of("layout.html").contains("logo_url"));
}

#[test]
fn a_mail_is_written_even_if_a_template_fails() {
    // Past the check: it fails only for this device.
    let own = Sources::from([("fr/_device.txt".to_owned(), "{{ [][program] + 1 }}".to_owned())]);
    let mail = french("twofa_login");
    assert!(engine::render(&own, &mail, &samples::sender()).is_err());
    let templates = MailTemplates { own: own.into() };
    assert_eq!(templates.render(&mail, &samples::sender()).unwrap(), written(&mail));
}
