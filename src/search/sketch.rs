//! Cosines at a glance: two bits a dimension, compared by counting bits.
//!
//! A direction is turned so that no dimension stands out, and each of its values becomes one of four levels. What is lost does not depend
//! on the vectors (the turn sees to that), so neither does how many must be compared in full afterwards.

/// What four levels on either side keep of a cosine: 1 less the distortion of the best four equal steps for values that are spread
/// normally (J. Max, 1960).
const KEPT: f32 = 1.0 - 0.1188;
/// Between the levels, in deviations: the step of those four.
const STEP: f32 = 0.9957;

/// Sketches of vectors that all have the same number of dimensions, one after the other.
#[derive(Debug, Default)]
pub(super) struct Sketches {
    /// Words of a sketch: the signs, then which values are outer ones.
    words: usize,
    bits: Vec<u64>,
    /// 1 / length, by row.
    scale: Vec<f32>,
}

impl Sketches {
    /// Adds that of `values` as the next row.
    pub(super) fn push(&mut self, values: &[i8]) {
        let (bits, scale) = sketch(values);
        self.words = bits.len();
        self.bits.extend(bits);
        self.scale.push(scale);
    }

    /// About the cosine of each row and `values`, in order.
    pub(super) fn cosines(&self, values: &[i8]) -> Vec<f32> {
        let (query, scale) = sketch(values);
        let (signs, outer) = query.split_at(query.len() / 2);
        let nine = 9 * values.len() as i32;
        let cosine = |(row, length): (&[u64], &f32)| {
            let (s, o) = row.split_at(signs.len());
            let apart: u32 = (0..signs.len()).map(|i| apart([s[i], o[i]], [signs[i], outer[i]])).sum();
            (nine - 2 * apart as i32) as f32 * scale * length / KEPT
        };
        self.bits.chunks_exact(self.words.max(1)).zip(&self.scale).map(cosine).collect()
    }
}

/// By how much the products of two levels fall short of 9, halved.
// A level is 2 × sign + inner sign, so a product is 9, 3, 1, -1, -3 or -9 and falls short by 0, 3, 4, 5, 6 or 9: sums of 5, 3 and 1, which
// are three bits to count where the products of signs are four. Counting is what takes the time.
fn apart([s, o]: [u64; 2], [signs, outer]: [u64; 2]) -> u32 {
    let (far, a, b) = (s ^ signs, s ^ outer, o ^ signs);
    let (both, either) = (a & b, a ^ b);
    5 * far.count_ones() + 3 * (both | either & !far).count_ones() + (both | either & far).count_ones()
}

/// The bits of a sketch and 1 / its length.
fn sketch(values: &[i8]) -> (Vec<u64>, f32) {
    let turned = turn(values);
    let deviation = (turned.iter().map(|v| v * v).sum::<f32>() / turned.len().max(1) as f32).sqrt();
    let words = turned.len().div_ceil(64);
    let mut bits = vec![0u64; 2 * words];
    let mut squares = 0;
    for (i, v) in turned.iter().enumerate() {
        let (up, outer) = (*v >= 0.0, v.abs() > STEP * deviation);
        // 3, 1, -1 and -3 are 2 ± 1 and -2 ± 1.
        bits[i / 64] |= u64::from(up) << (i % 64);
        bits[words + i / 64] |= u64::from(up == outer) << (i % 64);
        squares += if outer { 9 } else { 1 };
    }
    (bits, 1.0 / (squares.max(1) as f32).sqrt())
}

/// `values` in other axes, the same for all: signs flipped by chance, then a Walsh–Hadamard transform of every `n`th value, `n` being the
/// odd part of their number.
fn turn(values: &[i8]) -> Vec<f32> {
    let size = 1 << values.len().max(1).trailing_zeros();
    let parts = values.len() / size;
    let flipped = |i: usize| {
        let sign = if ((i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
        sign * f32::from(values[i])
    };
    let mut turned: Vec<f32> = (0..parts).flat_map(|part| (0..size).map(move |i| part + i * parts)).map(flipped).collect();
    for part in turned.chunks_exact_mut(size) {
        let mut half = 1;
        while half < size {
            for pair in part.chunks_exact_mut(2 * half) {
                let (low, high) = pair.split_at_mut(half);
                for (a, b) in low.iter_mut().zip(high) {
                    (*a, *b) = (*a + *b, *a - *b);
                }
            }
            half *= 2;
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_say_by_how_much_a_product_of_levels_falls_short() {
        let level = |sign: u64, inner: u64| 2 * (2 * sign as i32 - 1) + 2 * inner as i32 - 1;
        for n in 0..16u64 {
            let [s, o, signs, outer] = [n & 1, n >> 1 & 1, n >> 2 & 1, n >> 3 & 1];
            assert_eq!(9 - 2 * apart([s, o], [signs, outer]) as i32, level(s, o) * level(signs, outer), "{n:04b}");
        }
    }
}
