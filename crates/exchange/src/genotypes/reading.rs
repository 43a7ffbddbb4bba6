//! The cells of one locus in one row: tokens to alleles with their heights.
//!
//! Amelogenin may be written in digits whose meaning (1 and 2, or 0 and 1) shows only when the
//! whole file has been seen; such readings stay digits until then.

use genetics::{Allele, AlleleKind, Genotype, Locus};
use serde::Serialize;

/// How the sex alleles are written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SexCoding {
    /// X and Y.
    Letters,
    /// 1 is X and 2 is Y; 0 pads.
    OneTwo,
    /// 0 is X and 1 is Y: a 0 stands before a 1 somewhere, and no 2 stands anywhere.
    ZeroOne,
}

/// What the cells of one locus say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Alleles, repeats and all, each with the height that the table gives.
    Alleles(Vec<(Allele, Option<u32>)>),
    /// Digits 0, 1, 2 at Amelogenin.
    SexDigits(Vec<(u8, Option<u32>)>),
}

/// Why cells are no reading: which cell, what stood there, what is wrong, what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotAReading {
    pub(super) place: usize,
    pub(super) found: String,
    pub(super) wrong: String,
    pub(super) right: String,
}

/// One allele token, where it stood, and the text of its height.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) place: usize,
    pub(super) text: &'a str,
    pub(super) height: &'a str,
}

impl Token<'_> {
    fn fault(&self, wrong: impl Into<String>, right: impl Into<String>) -> NotAReading {
        let (found, place) = (self.text.to_owned(), self.place);
        NotAReading { place, found, wrong: wrong.into(), right: right.into() }
    }

    fn height(&self) -> Option<u32> {
        let (whole, fraction) = self.height.split_once('.').unwrap_or((self.height, ""));
        let sound = fraction.bytes().all(|byte| byte.is_ascii_digit());
        whole.parse().ok().filter(|_| sound)
    }
}

/// True for the ways in which software writes that there is nothing.
pub(super) fn is_absent(text: &str) -> bool {
    matches!(text, "" | "-" | "--")
        || ["NA", "N/A", "NULL"].iter().any(|no| text.eq_ignore_ascii_case(no))
}

/// Cuts a cell that lists alleles, and the cell that lists their heights, at the same places.
pub(super) fn list<'a>(
    place: usize,
    alleles: &'a str,
    heights: &'a str,
) -> impl Iterator<Item = Token<'a>> {
    let cut = |letter: char| matches!(letter, ',' | ';' | '/');
    // "N/A" is one token although lists may be cut at a slash.
    let alleles = if is_absent(alleles) { "" } else { alleles };
    let mut heights = heights.split(cut);
    alleles.split(cut).map(move |text| {
        let height = heights.next().unwrap_or_default().trim();
        Token { place, text: text.trim(), height }
    })
}

/// Reads the tokens of one locus. Without any allele the reading is empty.
pub(super) fn read<'a>(
    locus: Locus,
    tokens: impl Iterator<Item = Token<'a>>,
) -> Result<Reading, NotAReading> {
    let mut alleles = Vec::new();
    let mut digits = Vec::new();
    let mut padded = false;
    for token in tokens.filter(|token| !is_absent(token.text)) {
        let text = token.text;
        match (locus, text) {
            (Locus::Amelogenin, "0" | "1" | "2") => {
                digits.push((text.bytes().map(|byte| byte - b'0').sum(), token.height()));
            }
            (_, "0") => padded = true,
            _ if padded => {
                let wrong = "an allele stands after a 0, which means that there is none";
                return Err(token.fault(wrong, "0 only after the last allele"));
            }
            _ => alleles.push((allele(locus, &token)?, token.height())),
        }
        if !digits.is_empty() && !alleles.is_empty() {
            let wrong = "sex is written in letters and in digits at once";
            return Err(token.fault(wrong, "X and Y, or digits, in one cell"));
        }
    }
    Ok(if digits.is_empty() { Reading::Alleles(alleles) } else { Reading::SexDigits(digits) })
}

fn allele(locus: Locus, token: &Token<'_>) -> Result<Allele, NotAReading> {
    let sexual = locus == Locus::Amelogenin;
    let allele = token.text.parse::<Allele>().ok().filter(|allele| match allele.kind() {
        AlleleKind::OffLadder => true,
        AlleleKind::SexX | AlleleKind::SexY => sexual,
        _ => !sexual,
    });
    allele.ok_or_else(|| {
        let right = if sexual {
            "X, Y or OL, or the digits 1 and 2"
        } else {
            "a number from 1 to 99 with at most one decimal after a point, '<9', '>15', '12.X' \
             or 'OL'"
        };
        token.fault(format!("this is no allele of {locus}"), right)
    })
}

/// The distinct alleles; `None` where there is none.
pub(super) fn genotype(alleles: &[(Allele, Option<u32>)]) -> Result<Option<Genotype>, String> {
    if alleles.is_empty() {
        return Ok(None);
    }
    let genotype = Genotype::new(alleles.iter().map(|(allele, _)| *allele));
    genotype.map(Some).map_err(|error| error.to_string())
}

/// Turns the digits of one reading into X and Y.
pub(super) fn sexes(
    digits: &[(u8, Option<u32>)],
    coding: SexCoding,
) -> Result<Vec<(Allele, Option<u32>)>, &'static str> {
    let mut alleles = Vec::new();
    let mut padded = false;
    for (digit, height) in digits {
        let allele = match (coding, digit) {
            (SexCoding::ZeroOne, 0) | (SexCoding::OneTwo, 1) => Allele::X,
            (SexCoding::ZeroOne, 1) | (SexCoding::OneTwo, 2) => Allele::Y,
            (SexCoding::OneTwo, 0) => {
                padded = true;
                continue;
            }
            _ => return Err("the digits at Amelogenin fit neither 1 and 2 nor 0 and 1"),
        };
        if padded {
            return Err("0 stands before another digit although the file writes 1 and 2");
        }
        alleles.push((allele, *height));
    }
    Ok(alleles)
}
