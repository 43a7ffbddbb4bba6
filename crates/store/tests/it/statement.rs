//! Every SQL text of the crate is accepted by both engines.

use store::{audit, custody, envelope, index, job, migration};

use crate::ground::Ground;

fn every_statement_can_be_prepared(ground: &Ground) {
    let shared = [migration::SQL, audit::SQL, audit::checkpoint::SQL, audit::verify::SQL, job::SQL];
    let custody_side = [shared.as_slice(), &[envelope::SQL], custody::SQL].concat();
    let index_side = [shared.as_slice(), index::SQL].concat();
    let another = ground.another();
    for (database, lists) in [(ground.custody(), custody_side), (another.index(), index_side)] {
        for sql in lists.concat() {
            database.write(|tx| tx.prepare(sql)).unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
        assert!(database.write(|tx| tx.prepare("SELECT no_such_column FROM event")).is_err());
    }
}

contract! {
    every_statement_can_be_prepared
}
