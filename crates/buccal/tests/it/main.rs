//! The binary as a person or another program uses it: arguments in, text and exit codes out.

#[cfg(test)]
mod ground;

#[cfg(test)]
mod audit;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod booking;
#[cfg(test)]
mod candidate;
#[cfg(test)]
mod candidate_rank;
#[cfg(test)]
mod cmf;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod eligibility;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod pairs;
#[cfg(test)]
mod rarity;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod report;
#[cfg(test)]
mod typing;
#[cfg(test)]
mod world;
