//! Spellings of columns: what a name stands for, and what it may have been meant to be.
//!
//! Names are compared folded (without case and separators). A slip is one letter changed, left
//! out, put in, or swapped with its neighbour; slips are reported and never read as meant.

use std::borrow::Cow;

use genetics::Locus;

use crate::cells::fold;

/// Spellings that name the sample, the surest first (folded).
pub(super) const SAMPLE: [&str; 7] = [
    "samplename",
    "sample",
    "sampleid",
    "specimenname",
    "specimennumber",
    "specimenid",
    "specimen",
];
/// Spellings that name the marker (folded).
pub(super) const MARKER: [&str; 4] = ["marker", "locus", "markername", "locusname"];
/// Columns that analysis software writes and that nothing here needs.
const NOT_NEEDED: [&str; 46] = [
    "Status",
    "Sample File",
    "Sample File Name",
    "Sample ID",
    "Comments",
    "Comment",
    "Remark",
    "Remarks",
    "Sample Type",
    "Specimen Category",
    "SFN",
    "Analysis Method",
    "Panel",
    "Size Standard",
    "Custom Control",
    "Matrix",
    "Run Name",
    "Run Date & Time",
    "Instrument Type",
    "Instrument ID",
    "Plate ID",
    "Cap",
    "Well",
    "SE",
    "REF",
    "SQO",
    "ARNM",
    "SOS",
    "SQ",
    "SSPK",
    "MIX",
    "OMR",
    "CGQ",
    "GQ",
    "Profile ID",
    "Dye",
    "Size",
    "Peak Area",
    "Area",
    "Data Point",
    "Mutation",
    "Pop",
    "Population",
    "Case Number",
    "Reads",
    "Repeat Sequence",
];

/// The number of `allele7` for the word `allele`.
pub(super) fn numbered(name: &str, word: &str) -> Option<u32> {
    let digits = name.strip_prefix(word)?;
    let short = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    short.then(|| digits.parse().ok()).flatten().filter(|number| *number > 0)
}

/// The locus of `D3S1358`, `D3S1358_1`, `D3S1358.2`, `Penta D 1`, `vWA Allele 2`.
pub(super) fn locus_of(name: &str) -> Option<Locus> {
    Locus::from_name(name).or_else(|| Locus::from_name(unnumbered(name)?))
}

/// The name before a number that a separator or the word allele sets off.
pub(super) fn unnumbered(name: &str) -> Option<&str> {
    let separators = [' ', '_', '.', '-', '#', '('];
    let open = name.trim_end_matches(')');
    let base = open.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let bare = base.trim_end_matches(separators);
    let cut = bare.len().checked_sub("allele".len()).filter(|cut| bare.is_char_boundary(*cut));
    let word = cut.and_then(|cut| bare.split_at_checked(cut));
    match word {
        Some((before, word)) if word.eq_ignore_ascii_case("allele") => {
            Some(before.trim_end_matches(separators))
        }
        _ => (base.len() < open.len() && bare.len() < base.len()).then_some(bare),
    }
}

/// The locus whose heights a column holds: `Height` after its locus, or `D3S1358 Height`.
pub(super) fn height_of(name: &str, folded: &str, last: Option<Locus>) -> Option<Locus> {
    if matches!(folded, "height" | "heights") || numbered(folded, "height").is_some() {
        return last;
    }
    let lower = name.to_ascii_lowercase();
    let start = lower.find("height")?;
    let (before, after) = (name.get(..start)?, name.get(start + "height".len()..)?);
    let number = after.trim_matches(|c: char| !c.is_alphanumeric());
    let sound = number.bytes().all(|byte| byte.is_ascii_digit());
    locus_of(before.trim_end_matches([' ', '_', '.', '-', '#'])).filter(|_| sound)
}

/// True for a column that is known and not needed, also when numbered (`UD3`, `Size 8`).
pub(super) fn is_known(folded: &str) -> bool {
    let bare = folded.trim_end_matches(|letter: char| letter.is_ascii_digit());
    SAMPLE.contains(&folded)
        || matches!(bare, "ud" | "height")
        || NOT_NEEDED.iter().any(|name| fold(name) == bare)
}

/// The spelling of an unknown marker column without the number of its allele.
pub(super) fn marker_spelling(name: &str) -> &str {
    unnumbered(name).unwrap_or(name)
}

/// ` ('Smaple Name' is one slip away)` where some column is that near to a needed one.
pub(super) fn slip(cells: &[Cow<'_, str>], needed: &str) -> String {
    let near = cells.iter().find(|cell| one_slip(&fold(cell), &fold(needed)));
    near.map(|cell| format!(" ('{cell}' is one slip away)")).unwrap_or_default()
}

/// The known column, not a locus, that is one slip away from a column that is not known. Loci are
/// no part of it: real markers outside the list (`DYS444`) lie one letter from listed ones.
pub(super) fn misspelt_column(folded: &str) -> Option<&'static str> {
    let names = ["Sample Name", "Marker", "Allele", "Height"].into_iter().chain(NOT_NEEDED);
    let slipped = |name: &&str| name.len() > 4 && one_slip(folded, &fold(name));
    if is_known(folded) || locus_of(folded).is_some() {
        return None;
    }
    names.into_iter().find(slipped)
}

/// The known column or locus that is one slip away.
pub(super) fn near(folded: &str) -> Option<&'static str> {
    let names = ["Sample Name", "Marker", "Allele", "Height"];
    let loci = Locus::all().map(Locus::name);
    names
        .into_iter()
        .chain(NOT_NEEDED)
        .chain(loci)
        .filter(|name| name.len() > 4)
        .find(|name| one_slip(folded, &fold(name)))
}

/// True where one letter was changed, left out, put in, or swapped with its neighbour.
pub(super) fn one_slip(found: &str, meant: &str) -> bool {
    let (found, meant): (Vec<char>, Vec<char>) = (found.chars().collect(), meant.chars().collect());
    let same = found.iter().zip(&meant).take_while(|(a, b)| a == b).count();
    let (found, meant) =
        (found.get(same..).unwrap_or_default(), meant.get(same..).unwrap_or_default());
    match (found, meant) {
        ([], []) => false,
        ([_, found_rest @ ..], _) if found_rest == meant => true,
        (_, [_, meant_rest @ ..]) if found == meant_rest => true,
        ([_, found_rest @ ..], [_, meant_rest @ ..]) if found_rest == meant_rest => true,
        ([a, b, found_rest @ ..], [c, d, meant_rest @ ..]) => {
            (a, b) == (d, c) && found_rest == meant_rest
        }
        _ => false,
    }
}
