//! A 32-bit shadow of the alleles at one locus, from which a mismatch can be proved.
//!
//! Each exact allele sets one bit; two alleles may share a bit, so a shadow can prove that two
//! genotypes disagree but never that they agree. A locus that is not typed, or that holds a reading
//! other than an exact one (`<9`, `12.X`, `OL`), has the shadow [`OPEN`], which proves nothing.

use genetics::{Level, Locus};

use crate::packed::{PackedLocus, PackedProfile};

/// Loci that have a shadow: those at the first places of the stable order, which are the autosomal
/// ones (a test holds that). Others are searched too, but only by full comparison.
pub(crate) const SHADED_LOCI: usize = 24;

/// The shadow that proves nothing.
pub(crate) const OPEN: u32 = u32::MAX;

/// The shadows of one profile, by position of the locus.
pub(crate) fn signatures(profile: &PackedProfile) -> [u32; SHADED_LOCI] {
    let mut signatures = [OPEN; SHADED_LOCI];
    for packed in profile.loci() {
        if let Some(slot) = signatures.get_mut(packed.locus.position()) {
            *slot = signature(&packed);
        }
    }
    signatures
}

fn signature(packed: &PackedLocus) -> u32 {
    packed
        .exact_tenths()
        .map_or(OPEN, |tenths| tenths.fold(0, |bits, tenths| bits | allele_bit(tenths)))
}

/// Whole repeats take neighbouring bits, microvariants the far ones: few loci have more than 32
/// alleles in use.
fn allele_bit(tenths: u16) -> u32 {
    let (whole, bases) = (tenths / 10, tenths % 10);
    1 << ((whole + 10 * bases) % 32)
}

/// True where two shadows prove that the genotypes do not reach a level. An allele whose bit the
/// other shadow lacks has no partner there.
#[inline(always)]
pub(crate) fn disagree(one: u32, other: u32, wanted: Level) -> bool {
    let (only_one, only_other) = (one & !other != 0, other & !one != 0);
    match wanted {
        Level::High => (only_one | only_other) & (one != OPEN) & (other != OPEN),
        Level::Moderate => only_one & only_other,
        Level::Low => one & other == 0,
        Level::Mismatch => false,
    }
}

/// The place of a locus, given by its position, in the order in which loci rule out most strangers:
/// by the chance that two unrelated people agree at moderate stringency, computed from the NIST
/// 1036 frequencies (Steffen et al. 2017). It decides speed only.
pub(crate) fn telling(position: usize) -> usize {
    const ORDER: [Locus; SHADED_LOCI] = [
        Locus::Se33,
        Locus::PentaE,
        Locus::D2s1338,
        Locus::D1s1656,
        Locus::D18s51,
        Locus::D12s391,
        Locus::Fga,
        Locus::D6s1043,
        Locus::PentaD,
        Locus::D21s11,
        Locus::D8s1179,
        Locus::Vwa,
        Locus::D19s433,
        Locus::D7s820,
        Locus::D16s539,
        Locus::Th01,
        Locus::D13s317,
        Locus::D10s1248,
        Locus::D2s441,
        Locus::D22s1045,
        Locus::D3s1358,
        Locus::Csf1po,
        Locus::D5s818,
        Locus::Tpox,
    ];
    let place = ORDER.iter().position(|locus| locus.position() == position);
    place.unwrap_or(SHADED_LOCI)
}

#[cfg(test)]
mod tests {
    use super::*;
    use genetics::LocusSet;

    #[test]
    fn the_shaded_loci_are_the_autosomal_ones() {
        let places: Vec<_> = LocusSet::autosomal().iter().map(Locus::position).collect();
        assert_eq!(places, (0..SHADED_LOCI).collect::<Vec<_>>());
        let mut order: Vec<_> = places.iter().map(|place| telling(*place)).collect();
        order.sort_unstable();
        assert_eq!(order, places);
    }
}
