//! Which groups of loci to order a panel by, and what a query costs in each.
//!
//! The costs are a plain model with measured constants (nanoseconds on one core of a server of
//! 2023): they decide speed only. A group is worth what it saves the queries that are expected.

use crate::groups::GROUP_LOCI;
use crate::simd::LANES;

/// Queries that stand for all that are expected.
pub(crate) const WORKLOAD: usize = 256;

/// Finding where a cell starts.
const CELL_COST: f64 = 3.0;
/// Looking at a block.
const BLOCK_COST: f64 = 25.0;
/// Comparing one row in full.
const ROW_COST: f64 = 20.0;
/// Groups that are tried.
const CANDIDATES_MAX: usize = 5_000;

/// What a query costs in a group: `loci` are the group's, those of its cell first; `shares` the
/// share of rows that satisfy the query at each locus; `cells` the cells that satisfy it.
pub(crate) fn cost(loci: &[usize], shares: &[f64], cells: f64, rows: usize) -> f64 {
    let share = |loci: &[usize]| -> f64 { loci.iter().filter_map(|at| shares.get(*at)).product() };
    let in_cells = rows as f64 * share(loci.get(..GROUP_LOCI - 1).unwrap_or(loci));
    let whole = rows as f64 * share(loci);
    let blocks = in_cells / LANES as f64 + whole.min(cells);
    cells * CELL_COST + blocks * BLOCK_COST
}

/// What it costs to compare every row.
pub(crate) fn cost_of_all(rows: usize) -> f64 {
    rows as f64 * ROW_COST
}

/// The cheapest `wanted` groups of which no two share a locus, with their cost; groups are given by
/// cost and set of loci.
pub(crate) fn disjoint(groups: &[(f64, u64)], wanted: usize) -> Option<(f64, Vec<usize>)> {
    let mut order: Vec<usize> = (0..groups.len()).collect();
    let cost = |at: &usize| groups.get(*at).map_or(f64::INFINITY, |group| group.0);
    order.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
    let mut best = None;
    choose(groups, &order, wanted, 0, 0.0, &mut Vec::new(), &mut best);
    best
}

fn choose(
    groups: &[(f64, u64)],
    left: &[usize],
    wanted: usize,
    taken: u64,
    cost: f64,
    chosen: &mut Vec<usize>,
    best: &mut Option<(f64, Vec<usize>)>,
) {
    if best.as_ref().is_some_and(|best| best.0 <= cost) {
        return;
    }
    if chosen.len() == wanted {
        *best = Some((cost, chosen.clone()));
        return;
    }
    for (place, at) in left.iter().enumerate() {
        if let Some((own, loci)) = groups.get(*at)
            && loci & taken == 0
        {
            chosen.push(*at);
            let left = left.get(place + 1..).unwrap_or(&[]);
            choose(groups, left, wanted, taken | loci, cost + own, chosen, best);
            chosen.pop();
        }
    }
}

/// Groups of loci for a panel, chosen one after the other, each the one that then saves most.
/// `expected` holds for each expected query the share of rows that satisfy it at each locus.
pub(crate) fn groups(expected: &[Vec<f64>], rows: usize, wanted: usize) -> Vec<Vec<usize>> {
    let loci = expected.first().map_or(0, Vec::len);
    let mean = |at: usize| -> f64 { expected.iter().filter_map(|query| query.get(at)).sum() };
    let mut best_first: Vec<usize> = (0..loci).collect();
    best_first.sort_by(|a, b| mean(*a).total_cmp(&mean(*b)));
    let candidates = subsets(&best_first, GROUP_LOCI.min(loci.max(1)));
    let costs: Vec<Vec<f32>> = candidates
        .iter()
        .map(|group| expected.iter().map(|shares| alone(group, shares, rows) as f32).collect())
        .collect();
    let sets: Vec<u64> =
        candidates.iter().map(|group| group.iter().fold(0, |bits, at| bits | 1 << at)).collect();
    let all = cost_of_all(rows) as f32;
    let mut best = vec![all; expected.len()];
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < wanted.min(candidates.len()) {
        let gain = |at: usize| -> f32 {
            let pairs = with_partner(at, &chosen, &costs, &sets, all);
            best.iter().zip(pairs).map(|(best, pair)| (best - pair).max(0.0)).sum()
        };
        let next = (0..candidates.len())
            .filter(|at| !chosen.contains(at))
            .map(|at| (gain(at), at))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, next)) = next else { break };
        if !chosen.is_empty() {
            let pairs: Vec<f32> = with_partner(next, &chosen, &costs, &sets, all).collect();
            best.iter_mut().zip(pairs).for_each(|(best, pair)| *best = best.min(pair));
        }
        chosen.push(next);
    }
    chosen.into_iter().filter_map(|at| candidates.get(at).cloned()).collect()
}

/// The cost of a query in a group by itself, in cells that hold what the shares say.
fn alone(group: &[usize], shares: &[f64], rows: usize) -> f64 {
    // The number of codes is not known here; a share of one fiftieth stands for one code.
    let cell = group.get(..GROUP_LOCI - 1).unwrap_or(group);
    let codes = cell.iter().filter_map(|at| shares.get(*at));
    let cells = codes.map(|share| (share * 50.0).max(1.0)).product();
    cost(group, shares, cells, rows)
}

/// For each query, the cost of a group together with its cheapest partner among the chosen; of the
/// group alone, where none is chosen yet.
fn with_partner<'a>(
    at: usize,
    chosen: &'a [usize],
    costs: &'a [Vec<f32>],
    sets: &'a [u64],
    all: f32,
) -> impl Iterator<Item = f32> + 'a {
    let set = sets.get(at).copied().unwrap_or(u64::MAX);
    let partners: Vec<&Vec<f32>> = chosen
        .iter()
        .filter(|other| sets.get(**other).is_some_and(|other| other & set == 0))
        .filter_map(|other| costs.get(*other))
        .collect();
    let own = costs.get(at).map_or(&[][..], Vec::as_slice);
    own.iter().enumerate().map(move |(query, own)| {
        let partner = partners.iter().filter_map(|costs| costs.get(query));
        let partner = partner.fold(f32::INFINITY, |least, cost| least.min(*cost));
        if chosen.is_empty() { *own } else { (own + partner).min(all) }
    })
}

/// All subsets of a size, each in the order given, as long as there are not too many.
fn subsets(loci: &[usize], size: usize) -> Vec<Vec<usize>> {
    let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..size {
        let longer = sets.iter().flat_map(|set| {
            let from = set.last().and_then(|last| loci.iter().position(|at| at == last));
            let rest = loci.get(from.map_or(0, |from| from + 1)..).unwrap_or(&[]);
            rest.iter().map(move |at| [set.as_slice(), &[*at]].concat())
        });
        sets = longer.collect();
    }
    sets.truncate(CANDIDATES_MAX);
    sets
}
