//! Numbers, instants and words as people read them.

use jiff::Timestamp;
use maud::{Markup, html};

/// A number with separators: `12,345`.
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An instant: `2020-05-14 22:15Z`, with the whole of it for machines.
pub(crate) fn instant(at: Timestamp) -> Markup {
    let whole = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let short = at.strftime("%Y-%m-%d %H:%MZ").to_string();
    html! { time datetime=(whole) { (short) } }
}

/// A word of tables and files as a page writes it: `not_to_be_collected` becomes
/// `not to be collected`. Words of the trade that are abbreviated in files are written out.
pub(crate) fn words(word: &str) -> String {
    match word {
        "lpr" => "lawful permanent resident".to_owned(),
        "non_us_person" => "non-US person".to_owned(),
        "admin_detention" => "administrative detention".to_owned(),
        "port_hold" => "hold at a port of entry".to_owned(),
        "maritime" => "maritime interdiction".to_owned(),
        "encounter" => "encounter, not held".to_owned(),
        _ => word.replace('_', " "),
    }
}

/// The same with a capital at the start.
pub(crate) fn title(word: &str) -> String {
    capital(&words(word))
}

/// A sentence: capital at the start, full stop at the end.
pub(crate) fn sentence(text: &str) -> String {
    let mut sentence = capital(text.trim());
    if !sentence.ends_with(['.', '?', '!']) {
        sentence.push('.');
    }
    sentence
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    first.to_uppercase().chain(letters).collect()
}

/// A text as part of an address.
pub(crate) fn in_address(text: &str) -> String {
    let mut address = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                address.push(char::from(byte));
            }
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators() {
        for (value, expected) in [(0, "0"), (999, "999"), (1000, "1,000"), (1234567, "1,234,567")] {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn texts_read_well() {
        assert_eq!(title("not_to_be_collected"), "Not to be collected");
        assert_eq!(sentence("take another kit"), "Take another kit.");
        assert_eq!(in_address("B 1/é"), "B%201%2F%C3%A9");
        let at: Timestamp = "2020-05-14T22:15:30.5Z".parse().unwrap();
        let expected = r#"<time datetime="2020-05-14T22:15:30Z">2020-05-14 22:15Z</time>"#;
        assert_eq!(instant(at).into_string(), expected);
    }
}
