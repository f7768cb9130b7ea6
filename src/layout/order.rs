//! The order within layers: sweeps that put every vertex at the mean of its neighbours, as long as that leaves fewer crossings.

use super::layer::Layered;

/// Sweeps to the right and back. Measured on random graphs: after eight, hardly one crossing in a hundred goes.
const SWEEPS: usize = 8;

/// Orders each layer.
pub(super) fn order(graph: &mut Layered) {
    let mut position = vec![0; graph.rank.len()];
    for layer in &graph.layers {
        number(layer, &mut position);
    }
    let mut best = (crossings(graph, &position), graph.layers.clone());
    for _ in 0..SWEEPS {
        if best.0 == 0 {
            break;
        }
        for at in 1..graph.layers.len() {
            sort(&mut graph.layers[at], &graph.before, &mut position);
        }
        for at in (0..graph.layers.len().saturating_sub(1)).rev() {
            sort(&mut graph.layers[at], &graph.after, &mut position);
        }
        let left = crossings(graph, &position);
        if left < best.0 {
            best = (left, graph.layers.clone());
        }
    }
    graph.layers = best.1;
}

fn number(layer: &[usize], position: &mut [usize]) {
    for (at, vertex) in layer.iter().enumerate() {
        position[*vertex] = at;
    }
}

/// Sorts a layer by the mean of its neighbours in the fixed one; who has none there stays where it is.
fn sort(layer: &mut [usize], neighbours: &[Vec<usize>], position: &mut [usize]) {
    let mean = |vertex: usize| {
        let of = &neighbours[vertex];
        let sum: usize = of.iter().map(|n| position[*n]).sum();
        (!of.is_empty()).then(|| sum as f64 / of.len() as f64)
    };
    let mut moving: Vec<(f64, usize)> = layer.iter().filter_map(|v| Some((mean(*v)?, *v))).collect();
    // Stable: equal means keep their order.
    moving.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut moving = moving.into_iter();
    for place in layer.iter_mut().filter(|v| !neighbours[**v].is_empty()) {
        if let Some((_, vertex)) = moving.next() {
            *place = vertex;
        }
    }
    number(layer, position);
}

/// How many segments cross, over all layers.
pub(super) fn crossings(graph: &Layered, position: &[usize]) -> usize {
    let between = graph.layers.windows(2).map(|pair| {
        let mut ends = Vec::new();
        for vertex in &pair[0] {
            let from = ends.len();
            ends.extend(graph.after[*vertex].iter().map(|to| position[*to]));
            ends[from..].sort_unstable();
        }
        inversions(&ends, pair[1].len())
    });
    between.sum()
}

/// Pairs that stand in the wrong order, counted with a tree of sums.
fn inversions(ends: &[usize], width: usize) -> usize {
    let mut sums = vec![0; width + 1];
    let mut out = 0;
    for (earlier, end) in ends.iter().enumerate() {
        let (mut at, mut not_above) = (end + 1, 0);
        while at > 0 {
            not_above += sums[at];
            at &= at - 1;
        }
        out += earlier - not_above;
        at = end + 1;
        while at <= width {
            sums[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::inversions;

    #[test]
    fn pairs_in_the_wrong_order_are_counted() {
        for (ends, want) in [(vec![], 0), (vec![0, 1, 2], 0), (vec![2, 1, 0], 3), (vec![1, 1, 0], 2), (vec![0, 2, 1, 2], 1)] {
            assert_eq!(inversions(&ends, 3), want, "{ends:?}");
        }
    }
}
