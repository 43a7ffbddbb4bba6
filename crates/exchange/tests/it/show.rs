//! Values as text, so that a test is an input beside an output.

use exchange::Problem;
use exchange::genotypes::{Table, read_bytes};

/// One line for each sample: `name@row locus=alleles ...`.
pub(crate) fn samples(table: &Table) -> String {
    let mut text = String::new();
    for sample in &table.samples {
        text.push_str(&format!("{}@{}", sample.name, sample.first_row));
        for entry in sample.profile.typed() {
            text.push_str(&format!(" {}={}", entry.locus.name().replace(' ', "_"), entry.genotype));
        }
        text.push('\n');
    }
    for sample in &table.left_out {
        text.push_str(&format!("left out {}@{}\n", sample.name, sample.first_row));
    }
    text
}

/// One line for each problem: `error` or `warning`, and its sentence.
pub(crate) fn problems(problems: &[Problem]) -> String {
    let line = |problem: &Problem| {
        let severity = if problem.is_error() { "error" } else { "warning" };
        format!("{severity}: {problem}\n")
    };
    problems.iter().map(line).collect()
}

/// A genotype table and its problems.
pub(crate) fn genotypes(input: &[u8]) -> String {
    let (table, found) = read_bytes(input);
    samples(&table) + &problems(&found)
}
