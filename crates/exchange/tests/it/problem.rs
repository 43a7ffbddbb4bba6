//! Problems as sentences and as a file to send back.

use exchange::problem::{PROBLEMS_MAX, Problem, write_error_file};

#[test]
fn a_problem_is_one_sentence() {
    let problem = Problem::error(7, "9.33", "this is no allele", "a number");
    assert_eq!(problem.to_string(), "row 7: this is no allele, found '9.33'; expected a number.");
    let placed = problem.in_column("Allele 2").in_file("run.txt");
    assert_eq!(
        placed.to_string(),
        "run.txt, row 7, column 'Allele 2': this is no allele, found '9.33'; expected a number."
    );
    let withheld = Problem::withheld(7, "this is no date", "a date").in_column("date_of_birth");
    assert_eq!(
        withheld.to_string(),
        "row 7, column 'date_of_birth': this is no date (withheld); expected a date."
    );
}

#[test]
fn a_found_text_is_short_and_printable() {
    let problem = Problem::error(1, &format!("a\0b\n{}", "x".repeat(500)), "w", "r");
    assert!(problem.found.starts_with("a\u{fffd}b\u{fffd}x"));
    assert!(problem.found.chars().count() <= 81);
}

#[test]
fn the_error_file_runs_no_formula() {
    let problems = [
        Problem::error(2, "=1+2", "this is no allele", "a number, with a point").in_column("@A"),
        Problem::withheld(3, "this is no date", "a date"),
    ];
    let mut bytes = Vec::new();
    write_error_file(&problems, &mut bytes).unwrap();
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        "row,column,found,problem,expected\n\
         2,'@A,'=1+2,this is no allele,\"a number, with a point\"\n\
         3,,(withheld),this is no date,a date\n"
    );
}

#[test]
fn a_file_of_rubbish_lists_so_many_problems_and_counts_the_rest() {
    let rows = "S,FGA,?\n".repeat(PROBLEMS_MAX + 5);
    let table = format!("Sample,Marker,Allele 1\n{rows}");
    let (_, problems) = exchange::genotypes::read_bytes(table.as_bytes());
    assert_eq!(problems.len(), PROBLEMS_MAX + 1);
    let last = problems.last().unwrap();
    assert_eq!(
        last.to_string(),
        "row 10006: 5 further problems up to this row are not listed; expected the listed problems \
         to be put right first."
    );
    assert!(last.is_error());
}
