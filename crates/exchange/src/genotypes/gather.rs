//! Rows to samples: rows of one sample are brought together wherever they stand.

use std::collections::HashMap;
use std::io;

use super::draft::{Draft, Sexes};
use super::header::Layout;
use super::rows::{Ended, Samples};
use super::{LeftOut, Table};
use crate::problem::{Problem, Problems};

/// Samples in the making, all of them.
#[derive(Default)]
pub(super) struct Gathering {
    drafts: Vec<Draft>,
    by_name: HashMap<String, usize>,
}

impl Samples for Gathering {
    type Stop = io::Error;

    #[expect(clippy::expect_used, reason = "a name leads to the draft that was made for it")]
    fn draft(&mut self, name: &str, row: u64) -> Result<&mut Draft, Problem> {
        let place = match self.by_name.get(name) {
            Some(place) => *place,
            None => {
                let place = self.drafts.len();
                self.by_name.insert(name.to_owned(), place);
                let mut draft = Draft::default();
                draft.begin(name, row);
                self.drafts.push(draft);
                place
            }
        };
        Ok(self.drafts.get_mut(place).expect("a draft for every name"))
    }

    fn row_done(&mut self, _: Sexes, _: &mut Problems) -> Result<(), io::Error> {
        Ok(())
    }
}

/// Everything that was read whole.
pub(super) fn table(ended: Ended<Gathering>, layout: Layout) -> (Table, Problems) {
    let Ended { samples, mut problems, sexes, unknown_markers, .. } = ended;
    let mut table = Table { unknown_markers, layout: Some(layout), ..Table::default() };
    let mut digits_used = false;
    for mut draft in samples.drafts {
        digits_used |= draft.waits_for_sexes();
        let left_out = LeftOut { name: draft.name().to_owned(), first_row: draft.first_row() };
        match draft.finish(sexes.digits(), &mut problems) {
            Some(sample) => table.samples.push(sample),
            None => table.left_out.push(left_out),
        }
    }
    table.sex_coding = sexes.coding(digits_used);
    (table, problems)
}
