//! Which rows are brought together by which loci, so that no pair can be missed.
//!
//! Every pair of rows that could be alike is met: either all rows of its two panels are compared,
//! or they are joined on at least D + 1 disjoint groups of loci that both panels have.
//!
//! The few large panels are joined with each other on D + 1 groups, as large as can be; or, where
//! these would let too many strangers meet, on every two of D + 2 groups, of which the pair agrees
//! on two. Rows of the many small panels are joined all at once on more, smaller groups, of which
//! each row uses those that it has; rows that have too few are compared with everything.
//!
//! Groups decide speed only: they are balanced by how rarely two rows agree on them.

use std::borrow::Cow;
use std::iter;

use super::panels::Panel;
use super::roster::{Limits, Roster};
use crate::lexicon::{LOCI, LocusBits, UNLISTED, positions};

/// Rows looked at to learn how often two rows agree at a locus.
const SAMPLE: usize = 50_000;

/// Loci on whose genotypes rows are brought together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    pub(super) loci: LocusBits,
    /// Share of pairs of rows that agree on it.
    chance: f64,
}

/// A piece of work: rows of a list against those of another, or, without another, against each
/// other. Rows may stand in both lists; no row is its own pair.
pub(super) enum Work<'a> {
    /// Compare rows that agree on a group, which all of them have.
    Join { group: Group, left: Cow<'a, [u32]>, right: Option<&'a [u32]> },
    /// Compare all.
    All { left: Cow<'a, [u32]>, right: Option<Cow<'a, [u32]>> },
}

impl Work<'_> {
    /// Steps of progress that the work will tell.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Join { left, right, .. } => (left.len() + right.map_or(0, <[u32]>::len)) as u64,
            Self::All { left, .. } => left.len() as u64,
        }
    }
}

/// When the work is cut in which way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    /// Panels that are joined each by itself.
    pub(super) large_max: usize,
    /// A panel is large where it has this share of the rows, as one part in so many.
    pub(super) large_part: usize,
    /// Rows that are compared with all others without a join.
    pub(super) few: usize,
    /// A join is worth it where no more than this share of pairs is expected to meet.
    pub(super) chance_max: f64,
    /// What it costs to compare two rows that meet, where to deal a row for a join costs 1.
    pub(super) meeting_cost: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { large_max: 12, large_part: 200, few: 16, chance_max: 0.25, meeting_cost: 3.0 }
    }
}

/// The works that together meet every pair that could be alike.
pub(super) fn plan<'a>(
    roster: &Roster,
    panels: &'a [Panel],
    limits: &Limits,
    settings: &Settings,
) -> Vec<Work<'a>> {
    let planner = Planner { chances: chances(roster, limits.loci), limits, settings };
    let total: usize = panels.iter().map(|panel| panel.rows.len()).sum();
    let large = panels
        .iter()
        .take(settings.large_max)
        .take_while(|panel| panel.rows.len() * settings.large_part >= total)
        .count();
    let (large, small) = panels.split_at_checked(large).unwrap_or((panels, &[]));
    let mut works = Vec::new();
    for (number, one) in large.iter().enumerate() {
        planner.within(one, &mut works);
        for other in large.iter().skip(number + 1) {
            planner.between(one, other, &mut works);
        }
        planner.small_with_large(small, one, large, &mut works);
    }
    planner.small_with_small(small, large.first(), &mut works);
    works
}

struct Planner<'p> {
    chances: [f64; LOCI],
    limits: &'p Limits,
    settings: &'p Settings,
}

impl Planner<'_> {
    fn groups_needed(&self) -> usize {
        self.limits.differing_max as usize + 1
    }

    fn can_match(&self, one: &Panel, other: &Panel) -> bool {
        (one.typed & other.typed).count_ones() >= self.limits.matching_min
    }

    /// True where a join on the groups is better than to compare all.
    fn worth(&self, groups: &[Group]) -> bool {
        groups.len() >= self.groups_needed()
            && groups.iter().map(|group| group.chance).sum::<f64>() <= self.settings.chance_max
    }

    fn within<'a>(&self, panel: &'a Panel, works: &mut Vec<Work<'a>>) {
        let rows = panel.rows.len() as f64;
        let groups = self.keys(panel.keyed, rows, rows * rows / 2.0);
        if panel.rows.len() <= self.settings.few || !self.worth(&groups) {
            works.push(Work::All { left: Cow::Borrowed(&panel.rows), right: None });
            return;
        }
        let join = |group| Work::Join { group, left: Cow::Borrowed(&panel.rows), right: None };
        works.extend(groups.into_iter().map(join));
    }

    fn between<'a>(&self, one: &'a Panel, other: &'a Panel, works: &mut Vec<Work<'a>>) {
        if !self.can_match(one, other) {
            return;
        }
        let (left, right) = (&other.rows, &one.rows);
        let [ours, theirs] = [left, right].map(|rows| rows.len() as f64);
        let groups = self.keys(one.keyed & other.keyed, ours + theirs, ours * theirs);
        if left.len() <= self.settings.few || !self.worth(&groups) {
            let right = Some(Cow::Borrowed(&right[..]));
            works.push(Work::All { left: Cow::Borrowed(left), right });
            return;
        }
        let join = |group| Work::Join { group, left: Cow::Borrowed(left), right: Some(right) };
        works.extend(groups.into_iter().map(join));
    }

    /// What large panels are joined on: D + 1 groups, or the unions of every two of D + 2. Fewer
    /// joins, or fewer strangers that meet in them: whichever costs less.
    fn keys(&self, loci: LocusBits, rows: f64, pairs: f64) -> Vec<Group> {
        let single = groups(loci, self.groups_needed(), &self.chances);
        let parts = groups(loci, self.groups_needed() + 1, &self.chances);
        let united = parts.iter().enumerate().flat_map(|(number, one)| {
            let others = parts.iter().skip(number + 1);
            others.map(|other| Group {
                loci: one.loci | other.loci,
                chance: one.chance * other.chance,
            })
        });
        let united: Vec<Group> = united.collect();
        let cost = |keys: &[Group]| {
            let chance: f64 = keys.iter().map(|key| key.chance).sum();
            keys.len() as f64 * rows + pairs * chance * self.settings.meeting_cost
        };
        if !united.is_empty() && cost(&united) < cost(&single) { united } else { single }
    }

    /// Of 2 D + 3 groups a row may lack several and still have enough.
    fn many_groups(&self) -> usize {
        2 * self.groups_needed() + 1
    }

    /// Groups are chosen among the loci of the large panel, and for rows that have too few of these
    /// among the loci that it shares with each other large panel: an old kit lacks many loci. First
    /// few large groups, for rows that lack little; then many small ones.
    fn small_with_large<'a>(
        &self,
        small: &'a [Panel],
        large: &'a Panel,
        models: &[Panel],
        works: &mut Vec<Work<'a>>,
    ) {
        let mut rest: Vec<&Panel> =
            small.iter().filter(|panel| self.can_match(panel, large)).collect();
        let mut tried = Vec::new();
        let few_large_groups = self.groups_needed() + 1;
        let loci = iter::once(large).chain(models).map(|model| model.keyed & large.keyed);
        let choices = loci.flat_map(|loci| [(loci, few_large_groups), (loci, self.many_groups())]);
        for (loci, count) in choices {
            if rest.is_empty() || tried.contains(&(loci, count)) {
                continue;
            }
            tried.push((loci, count));
            let groups = groups(loci, count, &self.chances);
            let (joined, left) = self.spread(rest, groups, |_| self.groups_needed());
            let right = &large.rows[..];
            let join =
                |(group, left)| Work::Join { group, left: Cow::Owned(left), right: Some(right) };
            works.extend(joined.into_iter().map(join));
            rest = left;
        }
        if !rest.is_empty() {
            let right = Some(Cow::Borrowed(&large.rows[..]));
            works.push(Work::All { left: Cow::Owned(rows(&rest)), right });
        }
    }

    /// Of G groups, two rows that each have at least (G + D + 1) / 2 have D + 1 in common.
    fn small_with_small<'a>(
        &self,
        small: &'a [Panel],
        model: Option<&Panel>,
        works: &mut Vec<Work<'a>>,
    ) {
        let loci = model.map_or(self.limits.loci, |panel| panel.keyed);
        let groups = groups(loci, self.many_groups(), &self.chances);
        let needed = |groups: usize| (groups + self.groups_needed()).div_ceil(2);
        let small: Vec<&Panel> = small.iter().collect();
        let (joined, rest) = self.spread(small.clone(), groups, needed);
        let join = |(group, left)| Work::Join { group, left: Cow::Owned(left), right: None };
        works.extend(joined.into_iter().map(join));
        if !rest.is_empty() {
            let all = Some(Cow::Owned(rows(&small)));
            works.push(Work::All { left: Cow::Owned(rows(&rest)), right: all });
        }
    }

    /// The rows of small panels by group that they have, and the panels that have too few groups.
    fn spread<'a>(
        &self,
        panels: Vec<&'a Panel>,
        groups: Vec<Group>,
        needed: impl Fn(usize) -> usize,
    ) -> (Vec<(Group, Vec<u32>)>, Vec<&'a Panel>) {
        let needed = if self.worth(&groups) { needed(groups.len()) } else { usize::MAX };
        let has = |panel: &Panel, group: &Group| group.loci & !panel.keyed == 0;
        let (rich, rest): (Vec<&Panel>, Vec<&Panel>) = panels
            .iter()
            .partition(|panel| groups.iter().filter(|group| has(panel, group)).count() >= needed);
        if rich.iter().map(|panel| panel.rows.len()).sum::<usize>() <= self.settings.few {
            return (Vec::new(), panels);
        }
        let joined = groups.into_iter().map(|group| {
            let having: Vec<&Panel> =
                rich.iter().copied().filter(|panel| has(panel, &group)).collect();
            (group, rows(&having))
        });
        (joined.filter(|(_, rows)| !rows.is_empty()).collect(), rest)
    }
}

fn rows(panels: &[&Panel]) -> Vec<u32> {
    panels.iter().flat_map(|panel| &panel.rows).copied().collect()
}

/// Disjoint groups that hold all the loci, as equally rare as can be: each locus goes, the most
/// telling first, to the group that tells least so far. None where there are too few loci.
fn groups(loci: LocusBits, count: usize, chances: &[f64; LOCI]) -> Vec<Group> {
    let mut telling: Vec<(f64, usize)> = positions(loci)
        .map(|position| (chances.get(position).copied().unwrap_or(1.0), position))
        .collect();
    if telling.len() < count {
        return Vec::new();
    }
    telling.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut groups = vec![Group { loci: 0, chance: 1.0 }; count];
    for (number, (chance, position)) in telling.into_iter().enumerate() {
        // Each group gets one of the first loci, so that none stays empty.
        let least = groups
            .iter()
            .enumerate()
            .max_by(|(_, one), (_, other)| (one.chance).total_cmp(&other.chance));
        let place = if number < count { number } else { least.map_or(0, |(place, _)| place) };
        if let Some(group) = groups.get_mut(place) {
            group.loci |= 1 << position;
            group.chance *= chance;
        }
    }
    groups
}

/// For each locus the share of pairs of rows that have the same genotype there.
fn chances(roster: &Roster, loci: LocusBits) -> [f64; LOCI] {
    let step = roster.len().div_ceil(SAMPLE).max(1);
    let mut chances = [1.0; LOCI];
    for (position, chance) in chances.iter_mut().enumerate() {
        if loci >> position & 1 == 0 {
            continue;
        }
        let genotypes = roster.lexicon().loci().get(position).map_or(0, |it| it.genotypes().len());
        let mut counts = vec![0.0_f64; genotypes];
        let ids = roster.rows().iter().step_by(step).filter_map(|ids| ids.get(position));
        for id in ids.filter(|id| **id != 0 && **id != UNLISTED) {
            if let Some(count) = counts.get_mut(usize::from(*id)) {
                *count += 1.0;
            }
        }
        let seen: f64 = counts.iter().sum();
        let pairs: f64 = counts.iter().map(|count| count * (count - 1.0)).sum();
        if seen > 1.0 {
            *chance = (pairs / (seen * (seen - 1.0))).clamp(1e-4, 1.0);
        }
    }
    chances
}
