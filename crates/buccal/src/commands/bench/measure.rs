//! Clocks around work: wall time of single answers, and time of long work on wall and processors.
//!
//! Absent: what is measured, and what would be a good figure.

use std::time::Instant;

use serde::Serialize;

/// What a system says that does not count processor time.
const NOT_MEASURED: &str = "not measured";

/// Seconds of all processors together, or the words that they were not measured.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum CpuSeconds {
    /// Seconds.
    Measured(f64),
    /// Why not.
    Not(&'static str),
}

impl CpuSeconds {
    fn of(seconds: Option<f64>) -> Self {
        seconds.map_or(Self::Not(NOT_MEASURED), |seconds| Self::Measured(rounded(seconds)))
    }

    /// The seconds, where they were measured.
    pub(super) fn measured(self) -> Option<f64> {
        match self {
            Self::Measured(seconds) => Some(seconds),
            Self::Not(_) => None,
        }
    }
}

/// What a piece of work took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spent {
    pub(super) wall_seconds: f64,
    pub(super) cpu_seconds: CpuSeconds,
}

/// Does work once and takes the time of this process meanwhile.
pub(super) fn whole<T>(work: impl FnOnce() -> T) -> (T, Spent) {
    let (cpu, wall) = (cpu_seconds(), Instant::now());
    let done = work();
    let wall_seconds = rounded(wall.elapsed().as_secs_f64());
    let cpu = cpu.and_then(|before| Some(cpu_seconds()? - before));
    (done, Spent { wall_seconds, cpu_seconds: CpuSeconds::of(cpu) })
}

/// Seconds that all processors together spent for this process so far.
#[cfg(target_os = "linux")]
fn cpu_seconds() -> Option<f64> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(time.tv_sec as f64 + time.tv_nsec as f64 / 1e9)
}

#[cfg(not(target_os = "linux"))]
fn cpu_seconds() -> Option<f64> {
    None
}

/// Wall times of single answers, in microseconds.
#[derive(Debug, Default)]
pub(super) struct Singles(Vec<f64>);

impl Singles {
    /// Does work once and notes its time.
    pub(super) fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        self.0.push(begun.elapsed().as_secs_f64() * 1e6);
        done
    }

    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// All of them together.
    pub(super) fn seconds(&self) -> f64 {
        self.0.iter().sum::<f64>() / 1e6
    }

    pub(super) fn mean(&self) -> Option<f64> {
        let sum: f64 = self.0.iter().sum();
        (!self.0.is_empty()).then(|| rounded(sum / self.0.len() as f64))
    }

    /// The smallest time that at least this share of all does not exceed.
    pub(super) fn percentile(&self, share: f64) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let place = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(place.saturating_sub(1)).copied().map(rounded)
    }
}

/// Four significant digits: more are noise.
pub(super) fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let digits = 3 - value.abs().log10().floor() as i32;
    let scale = 10_f64.powi(digits.abs());
    if digits >= 0 { (value * scale).round() / scale } else { (value / scale).round() * scale }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let singles = Singles((1..=200).rev().map(f64::from).collect());
        assert_eq!(singles.percentile(0.5), Some(100.0));
        assert_eq!(singles.percentile(0.99), Some(198.0));
        assert_eq!(singles.percentile(1.0), Some(200.0));
        assert_eq!(singles.mean(), Some(100.5));
        assert_eq!(Singles(vec![7.0]).percentile(0.99), Some(7.0));
        assert_eq!(Singles::default().percentile(0.5), None);
        assert_eq!(Singles::default().mean(), None);
    }

    #[test]
    fn four_digits_are_kept() {
        for (value, expected) in
            [(0.0, 0.0), (123_456.0, 123_500.0), (1.234_56, 1.235), (0.000_123_456, 0.000_123_5)]
        {
            assert_eq!(rounded(value), expected);
        }
    }

    #[test]
    fn work_takes_time() {
        let (sum, spent) = whole(|| (0..200_000_u64).fold(0, |sum, it| sum ^ it.wrapping_mul(sum)));
        assert!(spent.wall_seconds > 0.0, "{sum} {spent:?}");
        assert_eq!(spent.cpu_seconds.measured().is_some(), cfg!(target_os = "linux"));
    }
}
