//! The accent of the pages, in shades that can be read on light and dark surfaces.

use std::fmt;

/// The text is not a colour such as `#2f5bd0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidColour;

/// A colour: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// The contrast that text needs (WCAG 2.2, 1.4.3).
const READABLE: f64 = 4.5;
const WHITE: Colour = Colour([255; 3]);
const BLACK: Colour = Colour([0; 3]);
/// The page behind the surfaces, in the light scheme: the darkest that text in the accent is on. As in `style.css`.
const LIGHT_PAGE: Colour = Colour([0xf5, 0xf6, 0xf8]);
/// A surface in the dark scheme: the lightest that text in the accent is on.
const DARK_SURFACE: Colour = Colour([0x1d, 0x21, 0x28]);

impl Colour {
    /// Parses `#rrggbb`.
    ///
    /// # Errors
    ///
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidColour> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii());
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let number = u32::from_str_radix(digits.ok_or(InvalidColour)?, 16).map_err(|_| InvalidColour)?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }

    /// Returns the style sheet that sets the accent: as the surface of buttons, and as text.
    pub(super) fn style_sheet(self) -> String {
        let on_accent = if self.contrast(WHITE) >= self.contrast(BLACK) { WHITE } else { BLACK };
        let (light, dark) = (self.readable_on(LIGHT_PAGE, BLACK), self.readable_on(DARK_SURFACE, WHITE));
        format!(
            ":root{{--accent:{self};--on-accent:{on_accent};--accent-text:{light}}}\
             @media (prefers-color-scheme:dark){{:root{{--accent-text:{dark}}}}}\n"
        )
    }

    /// Returns the colour, mixed with as little of `other` as makes it readable.
    fn readable_on(self, surface: Self, other: Self) -> Self {
        let shades = (0..=20).map(|step| self.mixed(other, f64::from(step) / 20.0));
        shades.into_iter().find(|shade| shade.contrast(surface) >= READABLE).unwrap_or(other)
    }

    fn mixed(self, other: Self, share: f64) -> Self {
        let mix = |index: usize| {
            let [own, other] = [self.0[index], other.0[index]].map(f64::from);
            // Between the two, so within 0 to 255.
            (own + (other - own) * share).round() as u8
        };
        Self([mix(0), mix(1), mix(2)])
    }

    /// Returns the contrast ratio of two colours, 1 to 21 (WCAG 2.2).
    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance() + 0.05, other.luminance() + 0.05);
        if one > two { one / two } else { two / one }
    }

    fn luminance(self) -> f64 {
        let linear = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_six_digits() {
        assert_eq!(Colour::parse("#2F5bd0").map(|colour| colour.to_string()).as_deref(), Ok("#2f5bd0"));
        for bad in ["", "#", "2f5bd0", "#fff", "#2f5bd00", "#+f5bd0", "#é5bd0", "red", "#2f5bd0;}"] {
            assert_eq!(Colour::parse(bad), Err(InvalidColour), "{bad}");
        }
    }

    #[test]
    fn every_accent_can_be_read() {
        assert!((BLACK.contrast(WHITE) - 21.0).abs() < 0.001);
        for text in ["#2f5bd0", "#ffee00", "#000000", "#ffffff", "#7f7f7f", "#00ff00", "#0000ff", "#d81b60"] {
            let accent = Colour::parse(text).unwrap();
            assert!(accent.contrast(WHITE).max(accent.contrast(BLACK)) >= READABLE, "{text}");
            assert!(accent.readable_on(LIGHT_PAGE, BLACK).contrast(WHITE) >= READABLE, "{text}");
            assert!(accent.readable_on(DARK_SURFACE, WHITE).contrast(DARK_SURFACE) >= READABLE, "{text}");
        }
        let enough = Colour::parse("#2f5bd0").unwrap();
        assert_eq!(enough.readable_on(LIGHT_PAGE, BLACK), enough, "no shade where none is needed");
    }
}
