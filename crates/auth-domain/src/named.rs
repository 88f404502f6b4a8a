//! Enums that are stored or sent as text. One list defines the variants, their names and the way back, so that none can
//! be forgotten.

/// Declares such an enum with `ALL` in the order of declaration, `as_str` and `parse`.
macro_rules! named {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_meta])* $variant),+
        }

        impl $name {
            /// All variants, in the order of declaration.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            /// Returns the name of the variant.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }

            /// Returns the variant with this name.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|named| named.as_str() == text)
            }
        }
    };
}

pub(crate) use named;
