//! What mails say: every one in every language through a checker of HTML, and the templates of an operator.

use std::path::Path;
use std::process::{Command, Output};

use auth_black_box::binary;

const LANGUAGES: [&str; 4] = ["en", "fr", "de", "es"];

fn run(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = Command::new(binary());
    command.args(arguments).env_clear().envs(settings.iter().copied()).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_html_of_every_mail_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let preview = |kind: &str, language: &str| {
        let settings = [("AUTH_PRODUCT_NAME", "Pines & <Oaks>"), ("AUTH_MAIL_FROM", "\"A & <B>\" <a@example.org>")];
        let output = run(folder.path(), &["mail", "preview", kind, "--lang", language, "--html"], &settings);
        assert!(output.status.success(), "{kind} {language}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    let kinds = text(&run(folder.path(), &["mail", "preview", "--list"], &[]).stdout);
    assert!(kinds.lines().count() > 30, "{kinds}");
    std::thread::scope(|scope| {
        for language in LANGUAGES {
            let (kinds, folder) = (&kinds, &folder);
            scope.spawn(move || {
                for kind in kinds.lines() {
                    let html = preview(kind, language);
                    assert!(html.contains("Pines &amp; &lt;Oaks&gt;") && html.contains("A &amp; &lt;B&gt;"), "{html}");
                    std::fs::write(folder.path().join(format!("{kind}.{language}.html")), html).unwrap();
                }
            });
        }
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("node/mail_html.mjs");
    let checked = Command::new("node").arg(script).arg(folder.path()).output().unwrap();
    let said = format!("{}{}", text(&checked.stdout), text(&checked.stderr));
    assert!(checked.status.success(), "{said}");
    assert!(said.contains(&format!("{} documents checked", LANGUAGES.len() * kinds.lines().count())), "{said}");
}

#[test]
fn an_operator_writes_a_template_and_learns_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("texts/fr")).unwrap();
    let file = folder.path().join("texts/fr/twofa_login.txt");
    let settings = [("AUTH_MAIL_TEMPLATES", "texts")];
    let preview = ["mail", "preview", "twofa_login", "--lang", "fr"];

    std::fs::write(&file, "Subject: Bonjour\n\n{{ code }}\n\n{{ kode }}\n").unwrap();
    for arguments in [&["config", "check"][..], &["serve"], &preview] {
        let output = run(folder.path(), arguments, &settings);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let place = "AUTH_MAIL_TEMPLATES: texts/fr/twofa_login.txt, line 5: unknown variable kode; there are code, ";
        assert!(said.contains(place), "{arguments:?}: {said}");
    }
    std::fs::write(&file, "Subject: Bonjour\n\n{{ code }}\n").unwrap();
    assert!(run(folder.path(), &["config", "check"], &settings).status.success());
    let own = text(&run(folder.path(), &preview, &settings).stdout);
    assert_eq!(own, "Subject: Bonjour\n\n042137\n\nCet e-mail a été envoyé par Auth.\n");
}
