//! The binary as a person or another program uses it: arguments in, text and exit codes out.

mod ground;

mod audit;
mod candidate;
mod demo;
mod eligibility;
mod kill;
mod pages;
mod reference;
mod typing;
