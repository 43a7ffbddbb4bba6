//! Proofs about every rule set, and faults planted to see that the proofs find them.
//!
//! They need the solver cvc5; `proof/run` installs it and runs them. Without it they fail.

#[cfg(test)]
mod reading;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod planted;
#[cfg(test)]
mod document;
