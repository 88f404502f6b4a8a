//! The templates that the binary contains.

use auth_domain::Language;

/// The one HTML template, which lays out the text of any mail in any language.
pub(super) const LAYOUT: &str = "layout.html";

/// The templates of one language: name and content.
type Files = &'static [(&'static str, &'static str)];

macro_rules! files {
    ($language:literal, $($name:literal,)+) => {
        &[$((
            concat!($language, "/", $name),
            include_str!(concat!("../../templates/", $language, "/", $name)),
        )),+]
    };
}

/// Lists the same files for each language. The names of those that are parts of others begin with `_`.
macro_rules! of_each_language {
    ($($language:literal: $constant:ident),+) => {
        $(const $constant: Files = files!(
            $language,
            "_circumstances.txt",
            "_details.txt",
            "_device.txt",
            "_duration.txt",
            "_expiry.txt",
            "_footer.txt",
            "_moment.txt",
            "_not_you.txt",
            "_not_you_tell_support.txt",
            "account_awaits_password.txt",
            "account_created.txt",
            "account_deleted.txt",
            "account_deletion_scheduled.txt",
            "account_restored.txt",
            "account_resumed.txt",
            "account_suspended.txt",
            "change_credentials.txt",
            "email_change_begun.txt",
            "email_changed.txt",
            "email_now_used.txt",
            "email_set_by_admin.txt",
            "identity_linked.txt",
            "identity_unlinked.txt",
            "invitation.txt",
            "new_login.txt",
            "new_password_required.txt",
            "password_changed.txt",
            "password_reset.txt",
            "password_reset_done.txt",
            "primary_factor_changed.txt",
            "recovery_code_used.txt",
            "recovery_codes_renewed.txt",
            "registration_attempted.txt",
            "reset_without_password.txt",
            "roles_changed.txt",
            "second_factor_disabled.txt",
            "second_factor_enabled.txt",
            "second_factors_reset.txt",
            "session_reuse_detected.txt",
            "session_suspicious.txt",
            "sessions_ended.txt",
            "two_factor_setup.txt",
            "twofa_login.txt",
            "verify_email.txt",
        );)+
    };
}
of_each_language!("en": ENGLISH, "fr": FRENCH, "de": GERMAN, "es": SPANISH);

/// Returns the templates of a language, the parts first.
pub(super) const fn of(language: Language) -> Files {
    match language {
        Language::English => ENGLISH,
        Language::French => FRENCH,
        Language::German => GERMAN,
        Language::Spanish => SPANISH,
    }
}

/// Returns the content of a template.
pub(super) fn find(name: &str) -> Option<&'static str> {
    if name == LAYOUT {
        return Some(include_str!("../../templates/layout.html"));
    }
    let mut all = Language::ALL.into_iter().flat_map(|language| of(language).iter());
    all.find(|(own, _)| *own == name).map(|(_, content)| *content)
}

/// Tells whether a template is only a part of others.
pub(super) fn is_part(name: &str) -> bool {
    name.contains("/_")
}
