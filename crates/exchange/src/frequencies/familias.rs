//! The text of Familias and its relatives: the locus on a line of its own, below it one allele a
//! line with its frequency, a blank line behind. It tells neither population nor sample size.

use genetics::Locus;

use crate::frequencies::gather::{Gather, Place};
use crate::problem::Problem;

/// Reads the lines of a file.
pub(super) fn read(lines: &[String], gather: &mut Gather<'_>) {
    let Some(population) = gather.population_unsaid() else {
        let wrong = "the file names no population";
        gather.problem(Problem::error(1, "", wrong, "the population, given with the file"));
        return;
    };
    let mut locus: Option<Locus> = None;
    let mut is_below_name = false;
    for (row, line) in (1..).zip(lines) {
        let line = line.trim();
        let place = Place { row, column: "allele and frequency" };
        let cells: Vec<&str> = line.split([' ', '\t', ';', ',']).collect();
        match cells.as_slice() {
            [""] => is_below_name = false,
            _ if !is_below_name => {
                is_below_name = true;
                locus = gather.locus(line, Place { row, column: "locus" });
                if let Some(locus) = locus {
                    gather.open(&population, locus, None, place);
                }
            }
            [allele, .., frequency] => {
                if let Some(locus) = locus {
                    gather.add(&population, locus, allele, frequency, place);
                }
            }
            _ => {
                let right = "an allele and its frequency, or a blank line before the next locus";
                gather.problem(place.error(line, "one value on the line", right));
            }
        }
    }
}
