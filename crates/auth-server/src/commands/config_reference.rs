//! `config reference`: the generated documents of the settings.

use serde_json::{Value, json};

use crate::Failure;
use crate::output::print;
use crate::settings::{Kind, Setting, all_settings};

pub(crate) fn run(as_schema: bool) -> Result<(), Failure> {
    if as_schema {
        return print(&serde_json::to_string_pretty(&schema())?);
    }
    print(reference().trim_end())
}

/// Makes `docs/configuration.md`.
fn reference() -> String {
    let mut page = String::from(
        "# Configuration\n\nMade by `auth-server config reference`; do not edit.\n\n\
         By environment, or in `auth.toml` in the working directory, or in the file that `--config` names, where \
         `AUTH_REFRESH_IDLE_TTL` is `refresh_idle_ttl` and `AUTH_INTERNAL__BACKUPS_SERVICE__SECRET` is `secret` in \
         `[internal.backups-service]`. The environment wins. What is a *secret* may also come from a file, by its name with \
         `_FILE`: `AUTH_SECRET_KEY_FILE=/run/secrets/key`. An unknown name is an error. `auth-server config check` says what \
         is wrong, `config print` what is set and where that comes from; \
         [configuration.schema.json](configuration.schema.json) describes `auth.toml` for editors.\n\n\
         | variable | default | allowed | meaning |\n| --- | --- | --- | --- |\n",
    );
    for Setting { name, kind, default, meaning } in all_settings() {
        let default = match default.strip_prefix('(').and_then(|words| words.strip_suffix(')')) {
            Some(words) => words.replace('<', "&lt;"),
            None => format!("`{default}`"),
        };
        page.push_str(&format!("| `AUTH_{name}` | {default} | {} | {meaning} |\n", allowed(kind)));
    }
    page
}

fn allowed(kind: Kind) -> String {
    let escaped = |text: &str| text.replace('<', "&lt;");
    match kind {
        Kind::Text(form) => escaped(form),
        Kind::Secret(form) => format!("*secret*: {}", escaped(form)),
        Kind::Switch => "`on`, `off`".to_owned(),
        Kind::Number(least, most) => format!("{least}–{most}"),
        Kind::NumberOrOff(least, most) => format!("`off`, {least}–{most}"),
        Kind::Seconds(least, most) => format!("{least}–{most} s"),
        Kind::SecondsOrOff(least, most) => format!("`off`, {least}–{most} s"),
        Kind::Choice(names) => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        Kind::List(form) => format!("{}; several separated by commas", escaped(form)),
    }
}

/// Makes `docs/configuration.schema.json`: the JSON Schema (draft 2020-12) of `auth.toml`.
fn schema() -> Value {
    let mut root = table();
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!("auth.toml");
    root["description"] = json!("Made by `auth-server config reference --schema`; do not edit.");
    for setting in all_settings() {
        let path = setting.name.to_lowercase();
        insert(&mut root, &path, property(&setting));
        if matches!(setting.kind, Kind::Secret(_)) {
            insert(
                &mut root,
                &format!("{path}_file"),
                json!({ "type": "string", "description": "A file that holds it." }),
            );
        }
    }
    root
}

fn table() -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": {} })
}

/// Puts a property where its path says: `a`, `a__b`, or `a__<name>__b` for whatever name.
fn insert(root: &mut Value, path: &str, property: Value) {
    let parts: Vec<&str> = path.split("__").collect();
    let (name, tables) = (parts[parts.len() - 1], &parts[..parts.len() - 1]);
    let place = tables.iter().fold(root, |schema, part| {
        let inner = match *part {
            "<service>" | "<name>" => &mut schema["additionalProperties"],
            part => &mut schema["properties"][part],
        };
        if !inner.is_object() {
            *inner = table();
        }
        inner
    });
    place["properties"][name] = property;
}

fn property(setting: &Setting) -> Value {
    let mut schema = match setting.kind {
        Kind::Text(_) | Kind::Secret(_) => json!({ "type": "string" }),
        Kind::Switch => json!({ "type": ["boolean", "string"], "enum": [true, false, "on", "off"] }),
        Kind::Number(least, most) | Kind::Seconds(least, most) => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Kind::NumberOrOff(least, most) | Kind::SecondsOrOff(least, most) => {
            json!({ "anyOf": [{ "type": "integer", "minimum": least, "maximum": most }, { "const": "off" }, { "const": false }] })
        }
        Kind::Choice(names) => json!({ "enum": names }),
        Kind::List(_) => json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] }),
    };
    schema["description"] = json!(setting.meaning);
    schema
}
