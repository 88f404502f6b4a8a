//! Takes the raw texts one by one, gives them a meaning, and keeps the mistakes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::source::{Gathered, Raw, SettingsError};
use super::table::{self, Kind};
use super::value::{number, switch};

/// What is set and was not taken yet, and the mistakes that were found.
pub(super) struct Reader {
    raw: BTreeMap<String, Raw>,
    mistakes: Vec<String>,
}

impl Reader {
    pub(super) fn new(gathered: Gathered) -> Self {
        Self { raw: gathered.raw, mistakes: gathered.mistakes }
    }

    /// Takes what is set under a name of the table.
    pub(super) fn take(&mut self, name: &str) -> Option<Raw> {
        debug_assert!(table::find(name).is_some(), "{name} is read but is not in the table");
        self.raw.remove(name)
    }

    /// Returns the services that have settings of the kind `INTERNAL` or `WEBHOOKS`, in capitals.
    pub(super) fn service_names(&self, kind: &str) -> BTreeSet<String> {
        let of_service = |name: &String| {
            let rest = name.strip_prefix(kind)?.strip_prefix("__")?;
            Some(rest.split_once("__")?.0.to_owned())
        };
        self.raw.keys().filter_map(of_service).collect()
    }

    /// Tells whether any setting with this prefix is set.
    pub(super) fn has_any(&self, prefix: &str) -> bool {
        self.raw.keys().any(|name| name.starts_with(prefix))
    }

    /// Notes what is wrong with the settings.
    pub(super) fn mistake(&mut self, mistake: impl Into<String>) {
        self.mistakes.push(mistake.into());
    }

    /// Returns what `parse` makes of the text; `default` where none is set, or a wrong one.
    pub(super) fn parse<T>(&mut self, name: &str, default: T, parse: impl FnOnce(&str) -> Result<T, String>) -> T {
        let Some(raw) = self.take(name) else { return default };
        match parse(&raw.text) {
            Ok(value) => value,
            Err(mistake) => {
                self.mistake(format!("{} {mistake}", raw.place));
                default
            }
        }
    }

    /// Returns a number within the range of the table; `None` where nothing is set and the default is none.
    pub(super) fn number_if_set<N: TryFrom<u64>>(&mut self, name: &str) -> Option<N> {
        let (kind, default) = table::find(name)
            .map_or((Kind::Number(0, 0), None), |setting| (setting.kind, setting.default.parse().ok()));
        let range = match kind {
            Kind::Number(least, most)
            | Kind::NumberOrOff(least, most)
            | Kind::Seconds(least, most)
            | Kind::SecondsOrOff(least, most) => least..=most,
            _ => 0..=0,
        };
        let is_plain = matches!(kind, Kind::Number(..) | Kind::NumberOrOff(..));
        let what = if is_plain { "whole number" } else { "whole number of seconds" };
        let parsed = self.parse(name, default, |text| number(text, range, what).map(Some));
        parsed.and_then(|number| N::try_from(number).ok())
    }

    /// Returns a number within the range of the table.
    pub(super) fn number<N: TryFrom<u64> + Default>(&mut self, name: &str) -> N {
        self.number_if_set(name).unwrap_or_default()
    }

    pub(super) fn seconds(&mut self, name: &str) -> Duration {
        Duration::from_secs(self.number(name))
    }

    pub(super) fn seconds_or_off(&mut self, name: &str) -> Option<Duration> {
        if self.raw.get(name).is_none_or(|raw| *raw.text == "off") {
            self.take(name);
            return None;
        }
        // 0 is out of range: a mistake that was noted.
        Some(self.seconds(name))
    }

    /// Returns a number within the range of the table; `None` where it is off.
    pub(super) fn number_or_off<N: TryFrom<u64>>(&mut self, name: &str) -> Option<N> {
        if self.raw.get(name).is_some_and(|raw| *raw.text == "off") {
            self.take(name);
            return None;
        }
        self.number_if_set(name)
    }

    /// Tells whether somebody wrote something there, and nobody has taken it yet.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.raw.contains_key(name)
    }

    /// Returns the default in the table.
    pub(super) fn default_of(&self, name: &str) -> String {
        table::find(name).map(|setting| setting.default).unwrap_or_default()
    }

    pub(super) fn switch(&mut self, name: &str) -> bool {
        let default = table::find(name).is_some_and(|setting| setting.default == "on");
        self.parse(name, default, switch)
    }

    /// Returns `settings` where nothing is wrong. What nobody took is a mistake too, of this program: it is in the table,
    /// and without any effect.
    pub(super) fn finish<T>(mut self, settings: T) -> Result<T, SettingsError> {
        let unread = self
            .raw
            .values()
            .map(|raw| format!("{} has no effect because the service does not read it: please report this", raw.place));
        self.mistakes.extend(unread);
        if self.mistakes.is_empty() { Ok(settings) } else { Err(SettingsError(self.mistakes)) }
    }
}
