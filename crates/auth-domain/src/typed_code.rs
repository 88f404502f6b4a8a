//! Codes as people enter them: read from a screen or a mail, typed on any keyboard, or pasted with surrounding text.

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use zeroize::Zeroizing;

/// Normalises a code: drops white space, dashes and format characters of any script, and turns decimal digits of any
/// script into ASCII.
pub fn normalise(text: &str) -> Zeroizing<String> {
    let mut code = Zeroizing::new(String::with_capacity(text.len()));
    code.extend(
        text.chars()
            .filter(|character| !is_separator(*character))
            .map(|character| digit(character).and_then(|digit| char::from_digit(digit, 10)).unwrap_or(character)),
    );
    code
}

fn category(character: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(character)
}

fn is_separator(character: char) -> bool {
    let dash_or_format = || {
        matches!(
            category(character),
            GeneralCategory::DashPunctuation | GeneralCategory::Format | GeneralCategory::SpaceSeparator
        )
    };
    // The minus sign is a mathematical symbol that looks like a dash.
    character.is_whitespace() || character == '\u{2212}' || dash_or_format()
}

/// Returns the value of a decimal digit. Unicode assigns them in runs of ten, zero first (stability policy).
fn digit(character: char) -> Option<u32> {
    let is_digit =
        |number: u32| char::from_u32(number).is_some_and(|one| category(one) == GeneralCategory::DecimalNumber);
    let number = u32::from(character);
    if !is_digit(number) {
        return None;
    }
    let first = (0..number).rev().take_while(|before| is_digit(*before)).last().unwrap_or(number);
    Some((number - first) % 10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        for typed in [
            "123456",
            " 123 456\n",
            "123-456",
            "123\u{2013}456",
            "123\u{2212}456",
            "\u{200b}123\u{a0}\u{202f}456\u{feff}",
            "\u{2066}123456\u{2069}",
            "١٢٣٤٥٦",
            "१२३४५६",
            "１２３４５６",
            "𝟏𝟚𝟥𝟰𝟻6",
        ] {
            assert_eq!(normalise(typed).as_str(), "123456", "{typed:?}");
        }
        assert_eq!(normalise("½Ⅷ²一a").as_str(), "½Ⅷ²一a", "numbers that are no decimal digits stay");
    }

    proptest! {
        #[test]
        fn nothing_panics_and_twice_is_once(text in ".{0,40}") {
            let once = normalise(&text);
            prop_assert_eq!(&normalise(&once), &once);
        }
    }
}
