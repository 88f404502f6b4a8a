//! Reads the templates of an operator.

use std::path::Path;

use auth_domain::Language;

use super::{Sources, built_in};
use crate::kind::MailKind;

/// The maximum size of a template, in bytes.
const MAX_BYTES: u64 = 256 * 1024;

/// Reads `layout.html` and the `.txt` and `.html` files in the folders of the languages; other files are left alone.
pub(super) fn read(folder: &Path) -> Result<Sources, Vec<String>> {
    let (mut own, mut mistakes) = (Sources::new(), Vec::new());
    let languages = Language::ALL.map(Language::as_str);
    match entries(folder) {
        Ok(names) => {
            for name in names {
                let path = folder.join(&name);
                if languages.contains(&name.as_str()) {
                    match entries(&path) {
                        Ok(files) => files.into_iter().for_each(|file| {
                            take(&mut own, &mut mistakes, folder, &format!("{name}/{file}"));
                        }),
                        Err(mistake) => mistakes.push(mistake),
                    }
                } else if path.is_dir() {
                    let known = languages.join(", ");
                    mistakes.push(format!("{}: there is no such language; there are {known}", path.display()));
                } else {
                    take(&mut own, &mut mistakes, folder, &name);
                }
            }
        }
        Err(mistake) => mistakes.push(mistake),
    }
    if mistakes.is_empty() { Ok(own) } else { Err(mistakes) }
}

/// Lists what is in a folder, by name; hidden files are those of editors and of volumes.
fn entries(folder: &Path) -> Result<Vec<String>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        names.extend(Some(name).filter(|name| !name.starts_with('.')));
    }
    names.sort();
    Ok(names)
}

fn take(own: &mut Sources, mistakes: &mut Vec<String>, folder: &Path, name: &str) {
    if !Path::new(name).extension().is_some_and(|extension| extension == "txt" || extension == "html") {
        return;
    }
    let path = folder.join(name);
    let content = if is_template(name) {
        content(&path)
    } else {
        Err("there is no such template: see `auth-server mail preview --list`".to_owned())
    };
    match content {
        Ok(content) => {
            own.insert(name.to_owned(), content);
        }
        Err(mistake) => mistakes.push(format!("{}: {mistake}", path.display())),
    }
}

/// Tells whether a template has that name: one in the binary, or the HTML of one kind.
fn is_template(name: &str) -> bool {
    let of_kind = || {
        let (_, file) = name.split_once('/')?;
        MailKind::parse(file.strip_suffix(".html")?)
    };
    built_in::find(name).is_some() || of_kind().is_some()
}

fn content(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_BYTES {
        return Err(format!("must have at most {} KiB", MAX_BYTES / 1024));
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    Ok(text.replace("\r\n", "\n"))
}
