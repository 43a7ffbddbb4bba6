//! The machine's own figures, beside which those of a search are read.
//!
//! Memory is read once through in order, by one thread and by all, then line by line in random
//! order: each line named by the one before (latency), or known in advance (throughput). Pages are
//! as the system gives them, so that random lines also pay for looking up pages.

use std::hint::black_box;
use std::time::Instant;

use rayon::prelude::*;
use search::Simd;
use serde::Serialize;

use super::measure::rounded;
use crate::output::progress;

/// 64 bytes, as memory is read.
type Line = [u64; 8];

const LINE_BYTES: usize = size_of::<Line>();
const READS: u32 = 5;
const CHASED_LINES: u64 = 2_000_000;
const KNOWN_LINES: u64 = 8_000_000;

/// What a search runs on.
#[derive(Debug, Serialize)]
pub(super) struct Machine {
    processor: String,
    processors: usize,
    threads: usize,
    simd: &'static str,
    /// What others ask of the machine: the system's own averages.
    load_before: String,
    memory: Option<Memory>,
}

/// Figures of memory, and of how much of it was read for them.
#[derive(Debug, Serialize)]
struct Memory {
    buffer_mib: usize,
    read_one_thread_gb_per_s: f64,
    read_all_threads_gb_per_s: f64,
    random_line_latency_ns: f64,
    random_line_throughput_ns: f64,
}

impl Machine {
    /// Asks the system, and measures memory over so many MiB; none of it where that is 0.
    pub(super) fn measure(buffer_mib: usize) -> Self {
        Self {
            processor: first_value("/proc/cpuinfo", "model name"),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            threads: rayon::current_num_threads(),
            simd: Simd::best().name(),
            load_before: load(),
            memory: (buffer_mib > 0).then(|| Memory::measure(buffer_mib)),
        }
    }
}

/// The load averages of the system, or that it does not tell them.
pub(super) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let averages: Vec<&str> = text.split_whitespace().take(3).collect();
    if averages.is_empty() { "not known".to_owned() } else { averages.join(" ") }
}

/// The most memory that this process held at a time, as the system tells it.
pub(super) fn memory_most() -> String {
    first_value("/proc/self/status", "VmHWM")
}

fn first_value(file: &str, name: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    let field = fields.find(|(field, _)| field.trim() == name);
    field.map_or_else(|| "not known".to_owned(), |(_, value)| value.trim().to_owned())
}

/// A quarter of the memory that is free, in MiB, where the system tells it.
fn quarter_of_free_mib() -> Option<usize> {
    let value = first_value("/proc/meminfo", "MemAvailable");
    let kib: usize = value.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024 / 4)
}

impl Memory {
    fn measure(asked_mib: usize) -> Self {
        let buffer_mib = quarter_of_free_mib().map_or(asked_mib, |most| asked_mib.min(most)).max(1);
        let bar = progress(4, "memory of this machine");
        let lines = ring(buffer_mib * (1 << 20) / LINE_BYTES);
        bar.inc(1);
        let one = best_read(&lines, sum);
        bar.inc(1);
        let part = lines.len().div_ceil(rayon::current_num_threads()).max(1);
        let all = best_read(&lines, |lines| {
            lines.par_chunks(part).map(sum).reduce(|| 0, u64::wrapping_add)
        });
        bar.inc(1);
        let latency = chase(&lines);
        let throughput = fetch(&lines);
        bar.finish_and_clear();
        Self {
            buffer_mib,
            read_one_thread_gb_per_s: one,
            read_all_threads_gb_per_s: all,
            random_line_latency_ns: latency,
            random_line_throughput_ns: throughput,
        }
    }
}

/// Lines of which each names the next, all in one round: a shuffle of Sattolo.
fn ring(count: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = (0..count as u64).map(|place| [place; 8]).collect();
    let mut words = Words(0x9E37_79B9_7F4A_7C15);
    for place in (1..count).rev() {
        lines.swap(place, words.below(place as u64) as usize);
    }
    lines
}

fn sum(lines: &[Line]) -> u64 {
    let of_line = |line: &Line| line.iter().fold(0_u64, |sum, word| sum.wrapping_add(*word));
    lines.iter().fold(0, |sum, line| sum.wrapping_add(of_line(line)))
}

/// GB a second of the best of some readings.
fn best_read(lines: &[Line], read: impl Fn(&[Line]) -> u64) -> f64 {
    let seconds = (0..READS).map(|_| {
        let begun = Instant::now();
        black_box(read(black_box(lines)));
        begun.elapsed().as_secs_f64()
    });
    let best = seconds.fold(f64::INFINITY, f64::min);
    rounded(size_of_val(lines) as f64 / 1e9 / best)
}

/// Nanoseconds a line where each is known only when the one before has come.
fn chase(lines: &[Line]) -> f64 {
    let steps = CHASED_LINES.min(lines.len() as u64);
    let begun = Instant::now();
    let end = (0..steps).fold(0_usize, |place, _| {
        lines.get(place).and_then(|line| line.first()).map_or(0, |next| *next as usize)
    });
    black_box(end);
    rounded(begun.elapsed().as_secs_f64() * 1e9 / steps.max(1) as f64)
}

/// Nanoseconds a line where all are known in advance.
fn fetch(lines: &[Line]) -> f64 {
    let steps = KNOWN_LINES.min(lines.len() as u64);
    let mut words = Words(0xD1B5_4A32_D192_ED03);
    let begun = Instant::now();
    let sum = (0..steps).fold(0_u64, |sum, _| {
        let place = words.below(lines.len() as u64) as usize;
        let word = lines.get(place).and_then(|line| line.first());
        sum.wrapping_add(word.copied().unwrap_or(0))
    });
    black_box(sum);
    rounded(begun.elapsed().as_secs_f64() * 1e9 / steps.max(1) as f64)
}

/// Words without a pattern that a processor could foresee (xorshift of Marsaglia, 2003).
struct Words(u64);

impl Words {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((u128::from(self.0) * u128::from(end)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_one_round() {
        let lines = ring(1000);
        let mut place = 0;
        for step in 1..=1000 {
            place = lines[place][0] as usize;
            assert_eq!(place == 0, step == 1000, "{step}");
        }
        assert_eq!(sum(&lines), 8 * 999 * 1000 / 2);
    }
}
