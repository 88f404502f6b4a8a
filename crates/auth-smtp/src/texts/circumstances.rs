//! When something happened, where, and for how long: how mails say it.

use std::time::Duration;

use auth_domain::Timestamp;
use auth_domain::mail::OutgoingMail;
use time::OffsetDateTime;

/// Says when it happened, and from which network and device.
pub(super) fn circumstances(mail: &OutgoingMail) -> String {
    let network = mail.client.network();
    format!("{}\nIP address range: {network}\nDevice: {}", time_of(mail), device(mail.client.user_agent()))
}

/// Says only when it happened: the network and the device of an administrator or a service are no business of the user's.
pub(super) fn time_of(mail: &OutgoingMail) -> String {
    format!("Time: {}", when(mail.at))
}

/// Names the browser and the system of a user agent. Only names from fixed lists are mailed: a stranger could put any text
/// into a user agent. The lists are in order, since browsers also name each other.
fn device(user_agent: &str) -> String {
    const PROGRAMS: [(&str, &str); 10] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
        ("okhttp", "an Android app"),
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
    match (find(&PROGRAMS), find(&SYSTEMS)) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "unknown".to_owned(),
    }
}

/// Says until when a code can be used, and how long that is from the time at which it was requested: a mail may be sent late,
/// and is the same at every attempt.
pub(super) fn expiry(requested_at: Timestamp, expires_at: Timestamp) -> String {
    let lifetime = in_words(expires_at.since(requested_at));
    format!("It can be used once and expires {lifetime} after it was requested, at {}.", when(expires_at))
}

/// Returns a duration in at most two units: `10 minutes`, `1 hour 30 minutes`.
pub(super) fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [
        ("day", seconds / 86_400),
        ("hour", seconds / 3_600 % 24),
        ("minute", seconds / 60 % 60),
        ("second", seconds % 60),
    ];
    let largest = units.iter().position(|(_, count)| *count > 0).unwrap_or(units.len() - 1);
    let told = units.iter().skip(largest).take(2).filter(|(_, count)| *count > 0 || duration.as_secs() == 0);
    let words: Vec<String> =
        told.map(|(unit, count)| format!("{count} {unit}{}", if *count == 1 { "" } else { "s" })).collect();
    words.join(" ")
}

/// Returns the time to the minute, in UTC: the reader's time zone is not known.
pub(super) fn when(at: Timestamp) -> String {
    let time = OffsetDateTime::from_unix_timestamp(at.as_seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, hour, minute) = (time.date(), time.hour(), time.minute());
    format!("{:04}-{:02}-{:02} {hour:02}:{minute:02} UTC", date.year(), u8::from(date.month()), date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_at_most_two_units() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (600, "10 minutes"),
            (90, "1 minute 30 seconds"),
            (5_400, "1 hour 30 minutes"),
            (3_601, "1 hour"),
            (90_061, "1 day 1 hour"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn devices_are_named_from_fixed_lists() {
        for (user_agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            ("curl/8.14.1", "curl"),
            ("", "unknown"),
            ("Your account is blocked, go to https://evil.example/", "unknown"),
        ] {
            assert_eq!(device(user_agent), name);
        }
    }
}
