//! Roles: names to which other services assign a meaning.

use std::collections::BTreeSet;
use std::fmt;

/// A role: 1–64 of `[a-z0-9_:.-]`, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Role(String);

/// A set of at most [`Roles::MAX`] roles, in alphabetical order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

/// Why a list of texts is not a set of roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRoles {
    /// The role at that index is malformed.
    #[error("must be 1 to 64 characters (a-z, 0-9, '_', ':', '.', '-') and begin with a letter")]
    Malformed {
        /// Its index, from 0.
        index: usize,
    },
    /// There are more than [`Roles::MAX`] roles.
    #[error("must have at most 32 entries")]
    TooMany,
}

impl Role {
    /// The role whose bearers may administer the service.
    pub const ADMIN: &'static str = "admin";

    /// Parses one role.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_:.-".contains(&byte);
        let well_formed =
            (1..=64).contains(&text.len()) && text.as_bytes()[0].is_ascii_lowercase() && text.bytes().all(allowed);
        well_formed.then(|| Self(text.to_owned()))
    }

    /// Returns the name of the role.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Roles {
    /// The maximum number of roles of an account.
    pub const MAX: usize = 32;

    /// Returns the roles of a new account: `user`.
    pub fn of_new_account() -> Self {
        Self(BTreeSet::from([Role("user".to_owned())]))
    }

    /// Parses a list. A role that is listed twice counts once.
    pub fn parse(texts: &[String]) -> Result<Self, InvalidRoles> {
        let mut roles = BTreeSet::new();
        for (index, text) in texts.iter().enumerate() {
            roles.insert(Role::parse(text).ok_or(InvalidRoles::Malformed { index })?);
        }
        if roles.len() > Self::MAX {
            return Err(InvalidRoles::TooMany);
        }
        Ok(Self(roles))
    }

    /// Returns the roles of both sets.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// Returns the roles that both sets contain.
    #[must_use]
    pub fn in_both(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// Returns the set with `add` and without `remove`. A role in both is removed.
    pub fn changed(&self, add: &Self, remove: &Self) -> Result<Self, InvalidRoles> {
        let roles: BTreeSet<Role> = self.0.union(&add.0).filter(|role| !remove.0.contains(*role)).cloned().collect();
        if roles.len() > Self::MAX { Err(InvalidRoles::TooMany) } else { Ok(Self(roles)) }
    }

    /// Tells whether the set contains `role`.
    pub fn contains(&self, role: &str) -> bool {
        self.iter().any(|one| one == role)
    }

    /// Returns the names of the roles, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Role::as_str)
    }
}

/// Separates the roles by spaces, as they are stored; no role contains a space.
impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let roles = Roles::parse(&texts(&["user", "admin", "user"])).unwrap();
        assert_eq!(roles.to_string(), "admin user");
        assert!(roles.contains("admin") && !roles.contains("adm"));
        let changed = roles
            .changed(&Roles::parse(&texts(&["editor", "x"])).unwrap(), &Roles::parse(&texts(&["user", "x"])).unwrap());
        assert_eq!(changed.unwrap().to_string(), "admin editor");
        assert_eq!(Roles::parse(&texts(&["user", "No"])), Err(InvalidRoles::Malformed { index: 1 }));
        assert_eq!(Roles::parse(&texts(&[""])), Err(InvalidRoles::Malformed { index: 0 }));
        let many: Vec<String> = (0..33).map(|n| format!("r{n}")).collect();
        assert_eq!(Roles::parse(&many), Err(InvalidRoles::TooMany));
    }
}
