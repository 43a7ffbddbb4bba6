//! Which groups of loci to order a panel by, and what a query costs in each.
//!
//! The loci of a panel are dealt into two halves, and every group lies within one. So a candidate
//! that may differ at one locus agrees at a whole half, and not at the loci of a group alone.
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

/// The loci of a panel, by place, in two halves that rule out about as much. `expected` holds for
/// each expected query the share of rows that satisfy it at each locus.
pub(crate) fn halves(expected: &[Vec<f64>]) -> [u64; 2] {
    let (mut one, mut other) = (0, 0);
    for (turn, place) in best_first(expected).into_iter().enumerate() {
        // One, then two and two in turn: neither half has all that are better.
        let half = if turn.div_ceil(2).is_multiple_of(2) { &mut one } else { &mut other };
        *half |= 1 << place;
    }
    [one, other]
}

fn best_first(expected: &[Vec<f64>]) -> Vec<usize> {
    let loci = expected.first().map_or(0, Vec::len);
    let mean = |at: usize| -> f64 { expected.iter().filter_map(|query| query.get(at)).sum() };
    let mut best_first: Vec<usize> = (0..loci).collect();
    best_first.sort_by(|a, b| mean(*a).total_cmp(&mean(*b)));
    best_first
}

/// A group that may be made.
struct Candidate {
    loci: Vec<usize>,
    set: u64,
    half: usize,
    /// What each expected query costs in it.
    costs: Vec<f32>,
}

/// Groups of loci within the halves of a panel, chosen one after the other, each the one that then
/// saves most; the last so that, if loci suffice, either half has two without a common locus, for
/// queries that may differ at more than one.
pub(crate) fn groups(
    expected: &[Vec<f64>],
    halves: [u64; 2],
    rows: usize,
    wanted: usize,
) -> Vec<Vec<usize>> {
    let candidates = candidates(expected, halves, rows);
    let all = cost_of_all(rows) as f32;
    let mut best = vec![all; expected.len()];
    let mut chosen: Vec<&Candidate> = Vec::new();
    while chosen.len() < wanted {
        let lacking = lacking(&chosen, &candidates);
        let last = wanted - chosen.len() <= lacking.len();
        let free = |at: &&Candidate| {
            let new = chosen.iter().all(|chosen| chosen.set != at.set);
            new && (!last || lacking.contains(&at.half) && completes(at, &chosen))
        };
        let gain = |at: &Candidate| -> f32 {
            let pairs = with_partner(at, &chosen, all);
            best.iter().zip(pairs).map(|(best, pair)| (best - pair).max(0.0)).sum()
        };
        let next = candidates.iter().filter(free).map(|at| (gain(at), at));
        let Some((_, next)) = next.max_by(|a, b| a.0.total_cmp(&b.0)) else { break };
        if !chosen.is_empty() {
            let pairs: Vec<f32> = with_partner(next, &chosen, all).collect();
            best.iter_mut().zip(pairs).for_each(|(best, pair)| *best = best.min(pair));
        }
        chosen.push(next);
    }
    chosen.into_iter().map(|chosen| chosen.loci.clone()).collect()
}

/// All groups of each half, of four loci, and of what is left of the half beside four.
fn candidates(expected: &[Vec<f64>], halves: [u64; 2], rows: usize) -> Vec<Candidate> {
    let best_first = best_first(expected);
    let of_half = |(half, places): (usize, u64)| {
        let loci: Vec<usize> =
            best_first.iter().copied().filter(|place| places >> place & 1 == 1).collect();
        let size = GROUP_LOCI.min(loci.len());
        let rest = loci.len() - size;
        let mut sets = if size > 0 { subsets(&loci, size) } else { Vec::new() };
        if (1..size).contains(&rest) {
            sets.extend(subsets(&loci, rest));
        }
        let candidate = |loci: Vec<usize>| Candidate {
            set: loci.iter().fold(0, |bits, at| bits | 1 << at),
            half,
            costs: expected.iter().map(|shares| alone(&loci, shares, rows) as f32).collect(),
            loci,
        };
        sets.into_iter().map(candidate).collect::<Vec<_>>()
    };
    halves.into_iter().enumerate().flat_map(of_half).collect()
}

/// The halves without two groups that share no locus, though they could have them.
fn lacking(chosen: &[&Candidate], candidates: &[Candidate]) -> Vec<usize> {
    let lacks = |half: &usize| {
        let of_half = |at: &&&Candidate| at.half == *half;
        let has = chosen.iter().filter(of_half).any(|at| completes(at, chosen));
        !has && candidates.iter().any(|at| at.half == *half && completes(at, chosen))
    };
    [0, 1].into_iter().filter(lacks).collect()
}

/// True where a chosen group of the same half shares no locus with this one.
fn completes(at: &Candidate, chosen: &[&Candidate]) -> bool {
    chosen.iter().any(|other| other.half == at.half && other.set & at.set == 0)
}

/// The cost of a query in a group by itself, in cells that hold what the shares say.
fn alone(group: &[usize], shares: &[f64], rows: usize) -> f64 {
    // The number of codes is not known here; a share of one fiftieth stands for one code.
    let cell = group.get(..GROUP_LOCI - 1).unwrap_or(group);
    let codes = cell.iter().filter_map(|at| shares.get(*at));
    let cells = codes.map(|share| (share * 50.0).max(1.0)).product();
    cost(group, shares, cells, rows)
}

/// For each query, the cost of a group together with its cheapest partner among the chosen of the
/// other half; of the group alone, where none is chosen yet.
fn with_partner(at: &Candidate, chosen: &[&Candidate], all: f32) -> impl Iterator<Item = f32> {
    let partners: Vec<&Candidate> =
        chosen.iter().copied().filter(|other| other.half != at.half).collect();
    at.costs.iter().enumerate().map(move |(query, own)| {
        let partner = partners.iter().filter_map(|other| other.costs.get(query));
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
