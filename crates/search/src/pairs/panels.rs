//! Rows by the loci that they have, so that groups of loci are chosen among shared ones only.

use std::collections::HashMap;

use rayon::prelude::*;

use super::roster::Limits;
use crate::lexicon::{Ids, LocusBits, UNLISTED, typed};

/// Rows that one thread takes at a time.
const CHUNK: usize = 1 << 16;

/// The rows with the same loci.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Panel {
    /// Loci of the rule at which the rows are typed.
    pub(super) typed: LocusBits,
    /// Those of them at which equal numbers mean equal genotypes and different numbers different
    /// ones: all but the unlisted.
    pub(super) keyed: LocusBits,
    /// Places in the list, ascending.
    pub(super) rows: Vec<u32>,
}

/// The panels of a list, the largest first. Rows with too few loci to be in a pair are in none.
pub(super) fn panels(rows: &[Ids], limits: &Limits) -> Vec<Panel> {
    let chunks: Vec<Vec<Panel>> = rows
        .par_chunks(CHUNK)
        .enumerate()
        .map(|(at, rows)| chunk(at * CHUNK, rows, limits))
        .collect();
    let mut places: HashMap<(LocusBits, LocusBits), usize> = HashMap::new();
    let mut panels: Vec<Panel> = Vec::new();
    for panel in chunks.into_iter().flatten() {
        let place = *places.entry((panel.typed, panel.keyed)).or_insert(panels.len());
        match panels.get_mut(place) {
            Some(known) => known.rows.extend(panel.rows),
            None => panels.push(panel),
        }
    }
    panels.sort_by_key(|panel| (std::cmp::Reverse(panel.rows.len()), panel.typed, panel.keyed));
    panels
}

/// The panels of neighbouring rows, the first of which stands at a place of the list.
fn chunk(start: usize, rows: &[Ids], limits: &Limits) -> Vec<Panel> {
    let mut places: HashMap<(LocusBits, LocusBits), usize> = HashMap::new();
    let mut panels: Vec<Panel> = Vec::new();
    let mut last = 0;
    for (row, ids) in (start as u32..).zip(rows) {
        let typed = typed(ids) & limits.loci;
        if typed.count_ones() < limits.matching_min {
            continue;
        }
        let keyed = typed & !unlisted(ids);
        let same = |panel: &Panel| panel.typed == typed && panel.keyed == keyed;
        if !panels.get(last).is_some_and(same) {
            last = *places.entry((typed, keyed)).or_insert(panels.len());
            if last == panels.len() {
                panels.push(Panel { typed, keyed, rows: Vec::new() });
            }
        }
        if let Some(panel) = panels.get_mut(last) {
            panel.rows.push(row);
        }
    }
    panels
}

fn unlisted(ids: &Ids) -> LocusBits {
    let unlisted = ids.iter().enumerate().filter(|(_, id)| **id == UNLISTED);
    unlisted.fold(0, |bits, (position, _)| bits | 1 << position)
}
