//! One line of the report: a piece of work, what it took, and the goal that it is held to.
//!
//! Goals are for 26 million persons and 1.4 million forensic profiles. At any smaller size they are
//! named and no answer is given. Absent: the measuring.

use serde::Serialize;

use super::measure::{CpuSeconds, Singles, Spent, rounded};

/// Persons from which on the goals apply.
pub(super) const NATIONAL_PERSONS: u64 = 26_000_000;

/// Forensic profiles from which on the goals apply.
pub(super) const NATIONAL_FORENSIC: u64 = 1_400_000;

/// A line of the report.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// By which another program knows the line.
    pub(super) row: String,
    pub(super) work: &'static str,
    /// How often it was done; for batches how many profiles were asked.
    pub(super) asked: u64,
    pub(super) pairs: u64,
    pub(super) p50_us: Option<f64>,
    pub(super) p99_us: Option<f64>,
    pub(super) mean_us: Option<f64>,
    pub(super) wall_s: Option<f64>,
    pub(super) cpu_s: Option<CpuSeconds>,
    /// Picoseconds of processor time (of wall time where that is not measured) for a pair.
    pub(super) ps_a_pair: Option<f64>,
    /// Candidates, pairs, or rows that a query saw.
    pub(super) found: u64,
    /// What the line is about where it is no time.
    pub(super) figure: Option<f64>,
    pub(super) figure_unit: &'static str,
    pub(super) goal: String,
    /// `None` where there is no goal at this size.
    pub(super) goal_met: Option<bool>,
}

/// What a line is held to.
pub(super) struct Goal {
    text: &'static str,
    holds: fn(&Row) -> Option<bool>,
}

pub(super) const NO_GOAL: Goal = Goal { text: "", holds: |_| None };

pub(super) const ONE_PERSON: Goal = Goal {
    text: "p50 <= 130 us, p99 <= 150 us",
    holds: |row| Some(row.p50_us? <= 130.0 && row.p99_us? <= 150.0),
};

pub(super) const ONE_FORENSIC: Goal =
    Goal { text: "p99 <= 1000 us", holds: |row| Some(row.p99_us? <= 1000.0) };

pub(super) const MANY_PERSONS: Goal =
    Goal { text: "5,000 persons: <= 0.2 cpu s", holds: |row| Some(cpu(row)? <= 0.2) };

pub(super) const ALL_PAIRS: Goal =
    Goal { text: "<= 60 s wall", holds: |row| Some(row.wall_s? <= 60.0) };

pub(super) const OLD_PANEL: Goal =
    Goal { text: "30 %: <= 2 x the base", holds: |row| Some(row.figure? <= 2.0) };

pub(super) const ALIKE: Goal = Goal { text: "<= 4 cpu s", holds: |row| Some(cpu(row)? <= 4.0) };

pub(super) const INSERT: Goal =
    Goal { text: "<= 1 ms, seen by the next query", holds: |row| Some(row.p99_us? <= 1000.0) };

pub(super) const OPENED: Goal =
    Goal { text: "<= 1000 ms", holds: |row| Some(row.p99_us? <= 1_000_000.0) };

pub(super) const REMOVED: Goal =
    Goal { text: "p99 <= 10 ms", holds: |row| Some(row.p99_us? <= 10_000.0) };

pub(super) const PERSON_BYTES: Goal =
    Goal { text: "<= 260 B a person", holds: |row| Some(row.figure? <= 260.0) };

pub(super) const FORENSIC_BYTES: Goal =
    Goal { text: "<= 400 B a forensic profile", holds: |row| Some(row.figure? <= 400.0) };

fn cpu(row: &Row) -> Option<f64> {
    row.cpu_s?.measured()
}

impl Row {
    pub(super) fn new(row: impl Into<String>, work: &'static str) -> Self {
        Self {
            row: row.into(),
            work,
            asked: 0,
            pairs: 0,
            p50_us: None,
            p99_us: None,
            mean_us: None,
            wall_s: None,
            cpu_s: None,
            ps_a_pair: None,
            found: 0,
            figure: None,
            figure_unit: "",
            goal: String::new(),
            goal_met: None,
        }
    }

    /// Each of many answers was timed by itself.
    pub(super) fn singles(self, singles: &Singles) -> Self {
        Self {
            asked: singles.len(),
            p50_us: singles.percentile(0.5),
            p99_us: singles.percentile(0.99),
            mean_us: singles.mean(),
            ..self
        }
    }

    /// The work was timed as a whole.
    pub(super) fn spent(self, spent: Spent) -> Self {
        Self { wall_s: Some(spent.wall_seconds), cpu_s: Some(spent.cpu_seconds), ..self }
    }

    /// What came of how many pairs, in the time noted before.
    pub(super) fn found(self, pairs: u64, found: u64) -> Self {
        let seconds = cpu(&self).or(self.wall_s).filter(|_| pairs > 0);
        let ps_a_pair = seconds.map(|seconds| rounded(seconds * 1e12 / pairs as f64));
        Self { pairs, found, ps_a_pair, ..self }
    }

    pub(super) fn figure(self, figure: Option<f64>, figure_unit: &'static str) -> Self {
        Self { figure: figure.map(rounded), figure_unit, ..self }
    }

    /// Holds the line to a goal, where the goal applies.
    pub(super) fn held_to(self, goal: &Goal, national: bool) -> Self {
        let text = goal.text;
        let named = if text.is_empty() { String::new() } else { format!("{text} (26 M x 1.4 M)") };
        let goal_met = if national { (goal.holds)(&self) } else { None };
        Self { goal: named, goal_met, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_answered_at_its_own_size_only() {
        let mut singles = Singles::default();
        (0..10).for_each(|_| singles.time(|| ()));
        let row = || Row::new("Q1", "").singles(&singles);
        let at_home = row().held_to(&ONE_PERSON, false);
        assert_eq!(at_home.goal, "p50 <= 130 us, p99 <= 150 us (26 M x 1.4 M)");
        assert_eq!(at_home.goal_met, None);
        assert_eq!(row().held_to(&ONE_PERSON, true).goal_met, Some(true));
        let slow = Row { p99_us: Some(151.0), ..row() };
        assert_eq!(slow.held_to(&ONE_PERSON, true).goal_met, Some(false));
        assert_eq!(Row::new("x", "").held_to(&ONE_PERSON, true).goal_met, None);
        assert_eq!(row().held_to(&NO_GOAL, true).goal, "");
    }

    #[test]
    fn time_of_a_pair_is_that_of_the_processors() {
        let spent = Spent { wall_seconds: 4.0, cpu_seconds: CpuSeconds::Measured(2.0) };
        assert_eq!(Row::new("", "").spent(spent).found(1_000_000, 3).ps_a_pair, Some(2e6));
        let spent = Spent { cpu_seconds: CpuSeconds::Not(""), ..spent };
        assert_eq!(Row::new("", "").spent(spent).found(1_000_000, 3).ps_a_pair, Some(4e6));
        assert_eq!(Row::new("", "").spent(spent).found(0, 0).ps_a_pair, None);
    }
}
