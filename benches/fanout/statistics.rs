//! The few numbers that the report is made of.

/// When the clients had what was sent, in ms after it was sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Latencies {
    pub p50: f64,
    pub p99: f64,
    pub last: f64,
}

pub fn median(values: &[f64]) -> f64 {
    percentile(values, 50.0)
}

/// The nearest rank; of none, not a number.
pub fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

pub fn range(values: &[f64]) -> (f64, f64) {
    (percentile(values, 0.0), percentile(values, 100.0))
}
