//! The claims about a user in an id_token or in the userinfo. Their names can be configured.

use auth_domain::account::EmailAddress;
use auth_domain::identity::{ProviderEmail, Subject};
use serde_json::{Map, Value};

/// Claims by name.
pub(crate) type ClaimMap = Map<String, Value>;

/// When an address that a provider reports counts as proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// When the claim says so.
    Claim,
    /// Always: the operator knows that the provider verifies addresses.
    Always,
    /// Never.
    Never,
}

/// The names of the claims to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// The id of the user, which never changes: a string or an integer.
    pub subject: String,
    /// The e-mail address.
    pub email: String,
    /// Whether the address is verified; read with [`Proof::Claim`].
    pub email_verified: String,
    /// When the address counts as proved.
    pub proof: Proof,
    /// Whether `"true"` is accepted for `true`.
    pub text_booleans: bool,
}

impl Default for ClaimNames {
    /// Returns the names of OpenID Connect Core section 5.1.
    fn default() -> Self {
        Self {
            subject: "sub".to_owned(),
            email: "email".to_owned(),
            email_verified: "email_verified".to_owned(),
            proof: Proof::Claim,
            text_booleans: false,
        }
    }
}

impl ClaimNames {
    /// Reads the id of the user.
    pub(crate) fn subject(&self, claims: &ClaimMap) -> Result<Subject, String> {
        let text = claims.get(&self.subject).and_then(identifier);
        let refused = || format!("the claim {:?} is missing, empty, too long or not text", self.subject);
        text.and_then(|text| Subject::parse(&text)).ok_or_else(refused)
    }

    /// Tells whether the claims contain an address.
    pub(crate) fn tell_email(&self, claims: &ClaimMap) -> bool {
        claims.get(&self.email).is_some_and(|value| !value.is_null())
    }

    /// Reads the address. A claim of the wrong type, such as `"true"` for a boolean, makes all claims unacceptable.
    pub(crate) fn email(&self, claims: &ClaimMap) -> Result<Option<ProviderEmail>, String> {
        let proved = self.proved(claims)?;
        let text = match claims.get(&self.email) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text,
            Some(_) => return Err(format!("the claim {:?} is not text", self.email)),
        };
        Ok(EmailAddress::parse(text).ok().map(|address| ProviderEmail { address, proved }))
    }

    fn proved(&self, claims: &ClaimMap) -> Result<bool, String> {
        let claimed = match claims.get(&self.email_verified) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(claimed)) => *claimed,
            Some(Value::String(text)) if self.text_booleans && text == "true" => true,
            Some(Value::String(text)) if self.text_booleans && text == "false" => false,
            Some(_) => return Err(format!("the claim {:?} is not a boolean", self.email_verified)),
        };
        Ok(match self.proof {
            Proof::Claim => claimed,
            Proof::Always => true,
            Proof::Never => false,
        })
    }
}

/// Returns a string, or an integer as a string.
pub(crate) fn identifier(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> ClaimMap {
        let Value::Object(map) = value else { panic!("an object") };
        map
    }

    fn email(names: &ClaimNames, claims: Value) -> Result<Option<(String, bool)>, String> {
        let email = names.email(&map(claims))?;
        Ok(email.map(|email| (email.address.as_str().to_owned(), email.proved)))
    }

    #[test]
    fn an_address_is_proved_when_the_claim_is_true() {
        let names = ClaimNames::default();
        let ann = |proved| Ok(Some(("ann@example.org".to_owned(), proved)));
        assert_eq!(email(&names, json!({ "email": "ann@example.org", "email_verified": true })), ann(true));
        assert_eq!(email(&names, json!({ "email": "ann@example.org", "email_verified": null })), ann(false));
        assert_eq!(email(&names, json!({ "email": "ann@example.org" })), ann(false));
        assert_eq!(email(&names, json!({ "email": "no address", "email_verified": true })), Ok(None));
        for wrong in [json!({ "email": 1 }), json!({ "email_verified": "true" }), json!({ "email_verified": 1 })] {
            assert!(email(&names, wrong.clone()).is_err(), "{wrong}");
        }
        let text = ClaimNames { text_booleans: true, ..names.clone() };
        assert_eq!(email(&text, json!({ "email": "ann@example.org", "email_verified": "true" })), ann(true));
        assert_eq!(email(&text, json!({ "email": "ann@example.org", "email_verified": "false" })), ann(false));
        assert!(email(&text, json!({ "email_verified": "yes" })).is_err());
        let never = ClaimNames { proof: Proof::Never, ..names.clone() };
        assert_eq!(email(&never, json!({ "email": "ann@example.org", "email_verified": true })), ann(false));
        let always = ClaimNames { proof: Proof::Always, ..names };
        assert_eq!(email(&always, json!({ "email": "ann@example.org" })), ann(true));
    }

    #[test]
    fn the_names_of_claims_can_be_set() {
        let names = ClaimNames {
            subject: "oid".to_owned(),
            email: "mail".to_owned(),
            email_verified: "mailOk".to_owned(),
            ..ClaimNames::default()
        };
        let claims =
            json!({ "sub": "x", "oid": 7, "email": "x@example.org", "mail": "ann@example.org", "mailOk": true });
        assert_eq!(email(&names, claims.clone()), Ok(Some(("ann@example.org".to_owned(), true))));
        assert_eq!(names.subject(&map(claims)).unwrap().as_str(), "7");
        for wrong in [json!({ "sub": "x" }), json!({ "oid": "" }), json!({ "oid": -1 }), json!({ "oid": ["x"] })] {
            assert!(names.subject(&map(wrong.clone())).is_err(), "{wrong}");
        }
    }
}
