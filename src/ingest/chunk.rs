//! Files into passages of bounded size, cut at statements and blank lines.

pub use crate::store::files::Passage;

/// Most lines of one passage: about a screen, what a reader takes in and a prompt can hold ten of.
pub const MAX_LINES: usize = 40;
/// Most bytes of one passage (about 2,000 characters of code): ten of them fit the context of a small model.
pub const MAX_BYTES: usize = 2_000;
/// A passage of this many lines ends where the next statement begins, so that short statements share one and long ones have their own.
const ENOUGH_LINES: usize = 12;
/// Most passages of one file: 10 MB of text. A data dump past it is not worth searching line by line.
pub const MAX_PASSAGES: usize = 5_000;

/// Cuts `text` into passages. `starts` are the 1-based lines on which statements begin, in any order. Every line is in exactly one
/// passage, line ends included (a line longer than [`MAX_BYTES`] in several that carry the same number), up to [`MAX_PASSAGES`]; the second value is the
/// first line left out, if any.
pub fn passages(text: &str, starts: &[u32]) -> (Vec<Passage>, Option<u32>) {
    let mut starts = starts.to_vec();
    starts.sort_unstable();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut out = Vec::new();
    let mut first = 0;
    while first < lines.len() {
        if out.len() >= MAX_PASSAGES {
            return (out, Some(first as u32 + 1));
        }
        if lines[first].len() > MAX_BYTES {
            split_line(lines[first], first as u32 + 1, &mut out);
            first += 1;
            continue;
        }
        let end = cut(&lines, first, &starts);
        out.push(Passage { line: first as u32 + 1, line_end: end as u32, text: lines[first..end].concat() });
        first = end;
    }
    (out, None)
}

/// One past the last line (from 0) of the passage that begins at line `first` (from 0).
fn cut(lines: &[&str], first: usize, starts: &[u32]) -> usize {
    let mut bytes = 0;
    let mut end = first;
    let mut blank = None;
    let mut statement = None;
    while end < lines.len() && end - first < MAX_LINES && bytes + lines[end].len() <= MAX_BYTES {
        if end > first && starts.binary_search(&(end as u32 + 1)).is_ok() {
            if end - first >= ENOUGH_LINES {
                return end;
            }
            statement = Some(end);
        }
        bytes += lines[end].len();
        end += 1;
        if lines[end - 1].trim().is_empty() {
            blank = Some(end);
        }
    }
    if end == lines.len() || starts.binary_search(&(end as u32 + 1)).is_ok() {
        return end;
    }
    // It overflowed inside a statement: leave that statement to the next passage, else cut after a blank line in the second half.
    statement.or(blank.filter(|b| b - first > (end - first) / 2)).unwrap_or(end)
}

/// A line too long for one passage, in pieces that end between characters. Stops at [`MAX_PASSAGES`].
fn split_line(mut line: &str, number: u32, out: &mut Vec<Passage>) {
    while !line.is_empty() && out.len() < MAX_PASSAGES {
        let mut at = line.len().min(MAX_BYTES);
        while !line.is_char_boundary(at) {
            at -= 1;
        }
        let (head, rest) = line.split_at(at);
        out.push(Passage { line: number, line_end: number, text: head.to_owned() });
        line = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_passage_ends_where_a_statement_begins_once_it_is_long_enough() {
        let text: String = (1..=30).map(|n| format!("line {n}\n")).collect();
        let (found, rest) = passages(&text, &[1, 5, 15, 28]);
        assert_eq!(found.iter().map(|p| (p.line, p.line_end)).collect::<Vec<_>>(), [(1, 14), (15, 27), (28, 30)]);
        assert_eq!(rest, None);
    }

    #[test]
    fn a_statement_that_overflows_moves_whole_to_the_next_passage() {
        let text: String = (1..=60).map(|n| format!("line {n}\n")).collect();
        let (found, _) = passages(&text, &[1, 11]);
        assert_eq!((found[0].line, found[0].line_end, found[1].line), (1, 10, 11));
    }

    #[test]
    fn past_the_limit_the_first_line_left_out_is_named() {
        let text = format!("{}\n", "x".repeat(MAX_BYTES - 1)).repeat(MAX_PASSAGES + 3);
        let (found, rest) = passages(&text, &[]);
        assert_eq!((found.len(), rest), (MAX_PASSAGES, Some(MAX_PASSAGES as u32 + 1)));
    }

    proptest! {
        #![proptest_config(crate::properties::cases(64))]

        #[test]
        fn every_line_is_covered_once_and_passages_are_bounded(
            lines in proptest::collection::vec("[a-zé ;]{0,90}", 0..200),
            long in proptest::collection::vec((0usize..200, 2_000usize..9_000), 0..3),
            starts in proptest::collection::vec(1u32..220, 0..40),
            ended in any::<bool>(),
        ) {
            let mut lines = lines;
            for (at, length) in long {
                if let Some(line) = lines.get_mut(at) { *line = "ü".repeat(length) }
            }
            let mut text = lines.join("\n");
            if ended { text.push('\n') }
            let (found, rest) = passages(&text, &starts);
            prop_assert_eq!(rest, None);
            prop_assert_eq!(found.iter().map(|p| p.text.as_str()).collect::<String>(), text.clone());
            let mut offset = 0;
            for p in &found {
                prop_assert!(p.text.len() <= MAX_BYTES && (p.line_end - p.line) < MAX_LINES as u32 && !p.text.is_empty());
                prop_assert_eq!(p.line as usize, text[..offset].matches('\n').count() + 1);
                offset += p.text.len();
                let last = offset - usize::from(p.text.ends_with('\n'));
                prop_assert_eq!(p.line_end as usize, text[..last].matches('\n').count() + 1);
            }
        }
    }
}
