//! The browser and the system of a device.

/// What is known of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) program: Option<&'static str>,
    pub(crate) system: Option<&'static str>,
}

impl Device {
    /// Finds the browser and the system of a user agent. Only names from fixed lists are mailed: a stranger could put any
    /// text into a user agent. The lists are in order, since browsers also name each other. Android apps are `okhttp`.
    pub(crate) fn of(user_agent: &str) -> Self {
        const PROGRAMS: [(&str, &str); 10] = [
            ("Edg", "Edge"),
            ("OPR/", "Opera"),
            ("SamsungBrowser", "Samsung Internet"),
            ("FxiOS", "Firefox"),
            ("CriOS", "Chrome"),
            ("Firefox", "Firefox"),
            ("Chrome", "Chrome"),
            ("Safari", "Safari"),
            ("okhttp", "okhttp"),
            ("curl", "curl"),
        ];
        const SYSTEMS: [(&str, &str); 7] = [
            ("Windows", "Windows"),
            ("Android", "Android"),
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Mac OS X", "macOS"),
            ("CrOS", "ChromeOS"),
            ("Linux", "Linux"),
        ];
        let find = |known: &[(&str, &'static str)]| {
            known.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name)
        };
        Self { program: find(&PROGRAMS), system: find(&SYSTEMS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named_from_fixed_lists() {
        for (user_agent, program, system) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Some("Firefox"), Some("Linux")),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                Some("Safari"),
                Some("iPhone"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                Some("Edge"),
                Some("Windows"),
            ),
            ("okhttp/4.12.0", Some("okhttp"), None),
            ("curl/8.14.1", Some("curl"), None),
            ("", None, None),
            ("Your account is blocked, go to https://evil.example/", None, None),
        ] {
            assert_eq!(Device::of(user_agent), Device { program, system }, "{user_agent}");
        }
    }
}
