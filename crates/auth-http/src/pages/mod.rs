//! The sign-in and account pages: what the service embeds of `clients/pages`, and the settings that change its looks.
//! `page_routes.rs` serves them.

mod colour;
mod files;
mod html;
mod texts;

pub use colour::{Colour, InvalidColour};
pub use files::{Logo, Pages, PagesOptions};
pub(crate) use html::{View, Written, escape};
