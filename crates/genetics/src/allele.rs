//! One allele designation: a repeat count in tenths, and what kind of reading it is.
//!
//! `9.3` is nine repeats and three bases, so it is held as the integer 93, never as a float. The
//! token grammar is the field's: `9`, `9.3`, `<9`, `>15`, `12.X`, `X`, `Y`, `OL`.
//! Absent on purpose: which ladder a `<` or `>` belongs to; that is the chemistry's knowledge.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How the allele was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlleleKind {
    /// Smaller than the first rung of the ladder in use.
    Below,
    /// Sized and named.
    Exact,
    /// A microvariant of unknown size between n and n+1 (`n.X`).
    Unsized,
    /// Larger than the last rung of the ladder in use.
    Above,
    /// The X of Amelogenin.
    SexX,
    /// The Y of Amelogenin.
    SexY,
    /// A peak that fits no rung; needs a human and never leaves the laboratory.
    OffLadder,
}

/// An allele: integer tenths of a repeat, plus its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Allele {
    tenths: u16,
    kind: AlleleKind,
}

/// Why a token is not an allele. Holds the token for the reader's message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{found}' is not an allele; expected a number from 1 to 99 with at most one decimal \
         (9, 9.3), '<9', '>15', '12.X', 'X', 'Y' or 'OL'"
)]
pub struct NotAnAllele {
    /// The token as it stood in the input.
    pub found: String,
}

/// The largest whole repeat number of the grammar.
const REPEATS_MAX: u16 = 99;

impl Allele {
    /// An exactly sized allele from tenths of a repeat: 93 is `9.3`. `None` outside 1.0 to 99.9.
    pub fn exact(tenths: u16) -> Option<Self> {
        let whole = tenths / 10;
        (1..=REPEATS_MAX).contains(&whole).then_some(Self { tenths, kind: AlleleKind::Exact })
    }

    /// The off-ladder reading.
    pub const OFF_LADDER: Self = Self { tenths: 0, kind: AlleleKind::OffLadder };
    /// Amelogenin X.
    pub const X: Self = Self { tenths: 0, kind: AlleleKind::SexX };
    /// Amelogenin Y.
    pub const Y: Self = Self { tenths: 0, kind: AlleleKind::SexY };

    /// Tenths of a repeat (0 for X, Y and off-ladder).
    pub fn tenths(self) -> u16 {
        self.tenths
    }

    /// The kind of reading.
    pub fn kind(self) -> AlleleKind {
        self.kind
    }

    /// True where the two readings can be the same allele. Symmetric, not transitive:
    /// `12.X` agrees with 12.1 and with 12.2. Domain section 11.1; GENis uses the same table.
    pub fn agrees_with(self, other: Self) -> bool {
        use AlleleKind::{Above, Below, Exact, SexX, SexY, Unsized};
        let (a, b) = (self.tenths, other.tenths);
        match (self.kind, other.kind) {
            (Exact, Exact) | (Unsized, Unsized) => a == b,
            (Below, Below) | (Above, Above) | (SexX, SexX) | (SexY, SexY) => true,
            (Unsized, Exact) => a < b && b < a + 10,
            (Above, Exact) => b > a,
            (Below, Exact) => b < a,
            (Above, Unsized) => b >= a,
            (Below, Unsized) => b < a,
            (Exact, Unsized | Above | Below) | (Unsized, Above | Below) => other.agrees_with(self),
            _ => false,
        }
    }

    /// Sort key of the field's order inside a locus: `<9, 9, 9.1, 9.3, 9.X, 10, >10`.
    fn order(self) -> (u16, AlleleKind) {
        match self.kind {
            AlleleKind::Unsized => (self.tenths + 9, self.kind),
            AlleleKind::SexX | AlleleKind::SexY | AlleleKind::OffLadder => (u16::MAX, self.kind),
            _ => (self.tenths, self.kind),
        }
    }
}

impl Ord for Allele {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Allele {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for Allele {
    type Err = NotAnAllele;

    fn from_str(token: &str) -> Result<Self, NotAnAllele> {
        parse(token.trim()).ok_or_else(|| NotAnAllele { found: token.to_owned() })
    }
}

fn parse(token: &str) -> Option<Allele> {
    match token {
        "X" | "x" => return Some(Allele::X),
        "Y" | "y" => return Some(Allele::Y),
        "OL" | "ol" | "Ol" => return Some(Allele::OFF_LADDER),
        _ => {}
    }
    if let Some(number) = token.strip_prefix('<') {
        return Some(Allele { tenths: tenths(number)?, kind: AlleleKind::Below });
    }
    if let Some(number) = token.strip_prefix('>') {
        return Some(Allele { tenths: tenths(number)?, kind: AlleleKind::Above });
    }
    if let Some(whole) = token.strip_suffix(".X").or_else(|| token.strip_suffix(".x")) {
        return Some(Allele { tenths: whole_repeats(whole)? * 10, kind: AlleleKind::Unsized });
    }
    Some(Allele { tenths: tenths(token)?, kind: AlleleKind::Exact })
}

/// Tenths of `9` or `9.3`; `9.0` is `9` as spreadsheets write it.
fn tenths(number: &str) -> Option<u16> {
    let (whole, bases) = match number.split_once('.') {
        None => (number, 0),
        Some((whole, bases)) if bases.len() == 1 => (whole, bases.parse::<u16>().ok()?),
        Some(_) => return None,
    };
    Some(whole_repeats(whole)? * 10 + bases)
}

fn whole_repeats(digits: &str) -> Option<u16> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|whole| (1..=REPEATS_MAX).contains(whole))
}

impl fmt::Display for Allele {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, bases) = (self.tenths / 10, self.tenths % 10);
        match self.kind {
            AlleleKind::SexX => return out.write_str("X"),
            AlleleKind::SexY => return out.write_str("Y"),
            AlleleKind::OffLadder => return out.write_str("OL"),
            AlleleKind::Unsized => return write!(out, "{whole}.X"),
            AlleleKind::Below => out.write_str("<")?,
            AlleleKind::Above => out.write_str(">")?,
            AlleleKind::Exact => {}
        }
        if bases == 0 { write!(out, "{whole}") } else { write!(out, "{whole}.{bases}") }
    }
}

impl Serialize for Allele {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Allele {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let token = String::deserialize(deserializer)?;
        token.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allele(token: &str) -> Allele {
        token.parse().unwrap()
    }

    #[test]
    fn order_is_the_fields() {
        let mut alleles: Vec<_> =
            [">10", "10", "9.3", "<9", "9.1", "9", "9.X"].map(allele).to_vec();
        alleles.sort();
        let text: Vec<_> = alleles.iter().map(ToString::to_string).collect();
        assert_eq!(text.join(" "), "<9 9 9.1 9.3 9.X 10 >10");
    }

    #[test]
    fn nine_point_three_is_not_nine_point_thirty() {
        assert_eq!(allele("9.3").tenths(), 93);
        assert!("9.30".parse::<Allele>().is_err());
        assert_eq!(allele("9.0"), allele("9"));
    }

    #[test]
    fn agreement_table() {
        let check = |a: &str, b: &str, expected: bool| {
            assert_eq!(allele(a).agrees_with(allele(b)), expected, "{a} with {b}");
            assert_eq!(allele(b).agrees_with(allele(a)), expected, "{b} with {a}");
        };
        for (a, b) in [("9.3", "9.3"), ("12.X", "12.2"), ("12.X", "12.X"), (">15", "17")] {
            check(a, b, true);
        }
        for (a, b) in [("<9", "<10"), (">15", ">17"), (">12", "12.X"), ("<13", "12.X")] {
            check(a, b, true);
        }
        for (a, b) in [("9", "9.3"), ("12.X", "12"), ("12.X", "13"), ("12.X", "13.X")] {
            check(a, b, false);
        }
        for (a, b) in [(">15", "15"), ("<9", "9"), ("<9", ">15"), ("X", "Y"), ("OL", "OL")] {
            check(a, b, false);
        }
    }

    #[test]
    fn strangers_are_refused_with_the_remedy() {
        for token in ["", "0", "100", "9.", ".3", "9,3", "-1", "9.33", "<", "12.Y", "NULL", "1e2"] {
            let error = token.parse::<Allele>().unwrap_err().to_string();
            assert!(error.contains("expected a number from 1 to 99"), "{token}: {error}");
        }
    }

    proptest! {
        #[test]
        fn text_round_trips(whole in 1u16..=99, bases in 0u16..=9, kind in 0u8..4) {
            let number = if bases == 0 { format!("{whole}") } else { format!("{whole}.{bases}") };
            let token = match kind {
                0 => number,
                1 => format!("<{number}"),
                2 => format!(">{number}"),
                _ => format!("{whole}.X"),
            };
            prop_assert_eq!(allele(&token).to_string(), token);
        }

        #[test]
        fn never_panics(token in "\\PC{0,12}") {
            let _ = token.parse::<Allele>();
        }
    }
}
