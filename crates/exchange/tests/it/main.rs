//! Tests of the readers and writers: text in, text out; properties; and the real files of a data
//! folder where one is at hand.

#[cfg(test)]
mod show;
#[cfg(test)]
mod genotypes;
#[cfg(test)]
mod genotypes_properties;
#[cfg(test)]
mod genotypes_streamed;
#[cfg(test)]
mod parquet_tables;
#[cfg(test)]
mod real_files;
#[cfg(test)]
mod booking_feed;
#[cfg(test)]
mod manifest;
#[cfg(test)]
mod frequencies;
#[cfg(test)]
mod cmf;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod niem;
#[cfg(test)]
mod candidates;
#[cfg(test)]
mod problem;
