//! The names nearest to one that is not there: by how it is spelt, and when none is spelt like it, by search.

use super::best::Best;
use super::{Index, NodeHit};
use crate::graph::{Graph, NodeIx};
use crate::lineage::Kind;
use foldhash::HashMap;

/// What the parts of a name weigh, from its last: `orders` of `raw.orders` says more than `raw`. Further ones are not looked at.
const WEIGHTS: [f32; 3] = [0.6, 0.3, 0.1];
/// Letters of a part that are compared: comparing takes the product of both lengths.
const MAX_LETTERS: usize = 64;
/// Characters of a part in which its letters are looked for: one of a megabyte may have none, and all names are looked at.
const MAX_READ: usize = 4 * MAX_LETTERS;
/// Likeness of the last parts below which two names are different ones: a word of `stg_sessions` is alike, three letters of a long name
/// are not.
const LEAST: f32 = 0.3;
/// What a column is worth beside assets, when the name could be either.
const COLUMN: f32 = 0.8;
/// Search scores below this are of names that share a letter or two by chance (measured on the sample: strangers reach 0.08, slips of the
/// pen 0.3 and more).
const LEAST_FOUND: f32 = 0.15;

impl Index {
    /// What `wanted`, which names nothing here, may have been meant for, best first; `kinds` empty means all, files only when it looks like
    /// one. Of a column of a relation that is here, columns of that relation. A score above 1 is of a name that is spelt alike (1 and the
    /// likeness of the two), one below is of search.
    ///
    /// One pass over the letters of all last parts of names, by which most are told apart, and one over the names.
    pub fn nearest(&self, graph: &Graph, wanted: &str, kinds: &[Kind], limit: usize) -> Vec<NodeHit> {
        let file = is_file_name(wanted);
        let Some(mut asked) = Wanted::of(wanted, file) else { return Vec::new() };
        let fits = |kind: Kind| (kind == Kind::File) == file && (kinds.is_empty() || kinds.contains(&kind));
        let labels: Vec<Option<f32>> = self.made.names.labels().map(|(label, letters)| asked.likeness_of_label(label, letters)).collect();
        let mut like = |ix: NodeIx| {
            let label = labels[self.made.names.label(ix as usize)]?;
            let score = asked.likeness(self.made.names.line(ix as usize).trim_end(), label);
            let whole = asked.parts.len() == WEIGHTS.len() || graph.kind(ix) != Kind::Column;
            Some(NodeHit { node: ix, score: 1.0 + if whole { score } else { COLUMN * score } })
        };
        let relation = wanted.rsplit_once('.').filter(|_| !file && fits(Kind::Column)).map(|(relation, _)| graph.resolve(relation));
        let relations = relation.into_iter().flatten().filter(|ix| graph.kind(*ix).is_relation());
        let mut hits: Vec<NodeHit> = relations.flat_map(|ix| graph.columns(ix)).filter_map(&mut like).collect();
        if hits.is_empty() {
            let all = 0..graph.linked.nodes.len() as NodeIx;
            hits = all.filter(|ix| fits(graph.kind(*ix))).filter_map(&mut like).collect();
        }
        let size = |hit: &NodeHit| self.made.names.line(hit.node as usize).len();
        let order = |a: &NodeHit, b: &NodeHit| b.score.total_cmp(&a.score).then_with(|| size(a).cmp(&size(b))).then(a.node.cmp(&b.node));
        let mut best = Best::new(limit, order);
        hits.into_iter().for_each(|hit| best.add(hit));
        let mut hits = best.sorted();
        if hits.is_empty() {
            hits = self.nodes(graph, wanted, kinds, 3 * limit);
            hits.retain(|hit| hit.score >= LEAST_FOUND && (!kinds.is_empty() || fits(graph.kind(hit.node))));
            // Whole assets first: a column of the same letters is rarely meant.
            hits.sort_by_key(|hit| graph.kind(hit.node) == Kind::Column);
            hits.truncate(limit);
            hits.iter_mut().for_each(|hit| hit.score = hit.score.min(1.0));
        }
        hits
    }
}

/// Of names that [`Index::nearest`] gave for one and the same in several projects the best `limit`, without those that are not half as
/// alike as the best.
pub fn nearest_of_all<P>(mut found: Vec<(P, NodeHit)>, limit: usize) -> Vec<(P, NodeHit)> {
    found.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
    let alike = found.first().map_or(0.0, |(_, best)| best.score - 1.0);
    if alike > 0.0 {
        found.retain(|(_, hit)| hit.score - 1.0 >= alike / 2.0);
    }
    found.truncate(limit);
    found
}

/// Whether a name is written as those of files are.
fn is_file_name(name: &str) -> bool {
    name.contains('/') || matches!(name.rsplit_once('.'), Some((_, "sql" | "py" | "md" | "ipynb" | "csv" | "json" | "txt" | "ddl")))
}

/// The parts of a name, the last first.
pub(super) fn split(name: &str, file: bool) -> impl Iterator<Item = &str> {
    name.rsplit(if file { '/' } else { '.' })
}

/// The name asked for, beside which those that are here are laid. Columns share the names of their tables and schemas, so that a part
/// is compared with each text once.
struct Wanted<'n> {
    file: bool,
    /// From the last, of which there are as many as [`WEIGHTS`] at most.
    parts: Vec<Letters>,
    /// How like a part each text is that was compared with it.
    known: HashMap<(usize, &'n str), f32>,
}

impl<'n> Wanted<'n> {
    /// `None` when the last part has no letters.
    fn of(name: &str, file: bool) -> Option<Wanted<'n>> {
        let parts: Vec<Letters> = split(name, file).take(WEIGHTS.len()).map(Letters::of).collect();
        let named = parts.first().is_some_and(|last| !last.text.is_empty());
        named.then(|| Wanted { file, parts, known: HashMap::default() })
    }

    /// How like its last part a label of these letters is, 0 to 1; `None` for the many that are told apart by it.
    fn likeness_of_label(&self, label: &str, letters: u64) -> Option<f32> {
        let last = &self.parts[0];
        let likeness = last.may_be_like(letters).then(|| last.likeness(label));
        likeness.filter(|likeness| *likeness >= LEAST)
    }

    /// How like it `name` is, whose label is so like its last part.
    fn likeness(&mut self, name: &'n str, label: f32) -> f32 {
        let Wanted { file, parts, known } = self;
        let mut compare = |at: usize, text| *known.entry((at, text)).or_insert_with(|| parts[at].likeness(text));
        let others = (1..parts.len()).zip(split(name, *file).skip(1)).map(|(at, text)| WEIGHTS[at] * compare(at, text));
        let score = WEIGHTS[0] * label + others.sum::<f32>();
        score / WEIGHTS[..parts.len()].iter().sum::<f32>()
    }
}

/// A part of a name without what is only between its words: `Order Items` is spelt as `order_items` is.
struct Letters {
    text: Vec<char>,
    mask: u64,
    pairs: Vec<(char, char)>,
}

impl Letters {
    fn of(part: &str) -> Letters {
        let text: Vec<char> = letters(part).collect();
        Letters { mask: mask(part), pairs: pairs(&text), text }
    }

    /// Whether another can be like this one, by a look at its letters: it lacks no more than half of the one that has fewer.
    fn may_be_like(&self, other: u64) -> bool {
        2 * (self.mask & other).count_ones() >= self.mask.count_ones().min(other.count_ones())
    }

    /// 1 for the same letters; less a share for each slip, of which one in three letters is a slip and more are another word; of
    /// others by the pairs of letters that both have, when they are half of the shorter's.
    fn likeness(&self, other: &str) -> f32 {
        let mut buffer = ['\0'; MAX_LETTERS];
        let count = if other.is_ascii() && other.len() <= MAX_LETTERS {
            let letters = other.bytes().filter(u8::is_ascii_alphanumeric);
            letters.zip(&mut buffer).map(|(letter, slot)| *slot = letter.to_ascii_lowercase().into()).count()
        } else {
            letters(other).zip(&mut buffer).map(|(letter, slot)| *slot = letter).count()
        };
        let other = &buffer[..count];
        let longest = self.text.len().max(other.len());
        let allowed = longest.max(3) / 3;
        // A slip at least is each letter that only one of them has.
        let of_other = other.iter().fold(0u64, |mask, letter| mask | 1 << (*letter as u32 % 64));
        let strange = (self.mask & !of_other).count_ones().max((of_other & !self.mask).count_ones());
        let slips = if strange as usize > allowed { None } else { distance(&self.text, other, allowed) };
        if let Some(slips) = slips {
            return 1.0 - slips as f32 / longest.max(1) as f32;
        }
        // Most strangers share none.
        if !other.windows(2).any(|pair| self.pairs.binary_search(&(pair[0], pair[1])).is_ok()) {
            return 0.0;
        }
        let theirs = pairs(other);
        let shared = self.pairs.iter().filter(|pair| theirs.binary_search(pair).is_ok()).count();
        // Half of the shorter name is in the longer: `revenue` in `revenue_eur`.
        if 2 * shared < self.pairs.len().min(theirs.len()).max(1) {
            return 0.0;
        }
        // Worth a bit less than a slip: words are shared by many names.
        1.6 * shared as f32 / (self.pairs.len() + theirs.len()) as f32
    }
}

fn letters(part: &str) -> impl Iterator<Item = char> {
    part.chars().take(MAX_READ).filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(MAX_LETTERS)
}

/// Of each letter of a part a bit, which others may share.
pub(super) fn mask(part: &str) -> u64 {
    if part.is_ascii() && part.len() <= MAX_LETTERS {
        let letters = part.bytes().filter(u8::is_ascii_alphanumeric);
        return letters.fold(0, |mask, b| mask | 1 << (b.to_ascii_lowercase() % 64));
    }
    letters(part).fold(0, |mask, c| mask | 1 << (c as u32 % 64))
}

fn pairs(letters: &[char]) -> Vec<(char, char)> {
    let mut pairs: Vec<(char, char)> = letters.iter().copied().zip(letters.iter().copied().skip(1)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// Letters to add, drop, change or swap with their neighbour to make `b` of `a`; `None` when they are more than `most`.
pub fn distance(a: &[char], b: &[char], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut rows = vec![0; 3 * (b.len() + 1)];
    let (mut above, rest) = rows.split_at_mut(b.len() + 1);
    let (mut row, mut next) = rest.split_at_mut(b.len() + 1);
    row.iter_mut().zip(0..).for_each(|(slips, at)| *slips = at);
    for (i, x) in a.iter().enumerate() {
        next[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let mut least = (row[j + 1] + 1).min(next[j] + 1).min(row[j] + usize::from(x != y));
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(above[j - 1] + 1);
            }
            next[j + 1] = least;
        }
        // No row has less than the least of the one above it.
        if next.iter().all(|slips| *slips > most) {
            return None;
        }
        std::mem::swap(&mut above, &mut row);
        std::mem::swap(&mut row, &mut next);
    }
    Some(row[b.len()]).filter(|slips| *slips <= most)
}

#[cfg(test)]
mod tests {
    use super::{Index, NodeHit, Wanted, distance, mask, nearest_of_all};
    use crate::graph::fixture::graph;
    use crate::lineage::Kind;

    const SHOP: &str = "table raw.orders(id, status, customer_id, total_amount)
        table raw.order_items(order_id, line_no, quantity)
        table raw.order_addresses(order_id, street)
        table raw.customers(customer_id, email, full_name)
        table raw.payments(payment_id, order_id, status)
        view staging.stg_orders = id:raw.orders.id status:raw.orders.status
        view staging.stg_order_items = order_id:raw.order_items.order_id
        view staging.stg_sessions <- raw.orders
        view marts.daily_revenue = revenue_eur:staging.stg_orders.id
        table marts.category(category_id, title)
        proc marts.load_orders
        table WebEvents(EventId)";

    #[test]
    fn the_nearest_name_to_a_misspelt_one_comes_first() {
        let graph = graph(SHOP);
        let index = Index::build(&graph, Vec::new());
        for (wanted, kinds, nearest) in [
            // A letter missing, too many, wrong, swapped.
            ("raw.ordrs", &[][..], "raw.orders"),
            ("raw.orderss", &[], "raw.orders"),
            ("raw.orderz", &[], "raw.orders"),
            ("raw.odrers", &[], "raw.orders"),
            ("raw.oxdyrs", &[], "raw.orders"),
            ("rwa.ordres", &[], "raw.orders"),
            ("raw.order_itmes", &[], "raw.order_items"),
            // The wrong schema, a schema too many, none.
            ("rew.orders", &[], "raw.orders"),
            ("sales.orders", &[], "raw.orders"),
            ("stage.stg_order", &[], "staging.stg_orders"),
            ("mart.daily_revenue", &[], "marts.daily_revenue"),
            ("warehouse.raw.ordrs", &[], "raw.orders"),
            ("ordrs", &[], "raw.orders"),
            // The wrong number, case, spelling of words.
            ("raw.order", &[], "raw.orders"),
            ("raw.customer", &[], "raw.customers"),
            ("marts.categories", &[], "marts.category"),
            ("RAW.ORDRS", &[], "raw.orders"),
            ("webevent", &[], "WebEvents"),
            ("web_events", &[], "WebEvents"),
            ("raw.OrderItems", &[], "raw.order_items"),
            ("order itms", &[], "raw.order_items"),
            ("daily revenu", &[], "marts.daily_revenue"),
            ("[raw].[ordrs]", &[], "raw.orders"),
            // A word of a name.
            ("revenue", &[], "marts.daily_revenue"),
            ("raw.sessions", &[], "staging.stg_sessions"),
            // A column of a relation that is here, of one that is not, of no relation.
            ("raw.orders.statuss", &[], "raw.orders.status"),
            ("raw.payments.staus", &[], "raw.payments.status"),
            ("orders.total", &[], "raw.orders.total_amount"),
            ("raw.ordrs.status", &[], "raw.orders.status"),
            ("raw.customers.emial", &[], "raw.customers.email"),
            ("custmer_id", &[], "raw.orders.customer_id"),
            // Files, and only files.
            ("g.sql", &[], "f.sql"),
            ("raw.ordrs", &[Kind::View], "staging.stg_orders"),
            ("marts.load_order", &[Kind::Procedure], "marts.load_orders"),
        ] {
            let hits = index.nearest(&graph, wanted, kinds, 3);
            let found: Vec<_> = hits.iter().map(|hit| graph.node(hit.node).name()).collect();
            assert_eq!(found.first().map(|name| &**name), Some(nearest), "{wanted}: {found:?}");
            assert!(hits.iter().all(|hit| hit.score > 1.0) && hits.len() <= 3, "{wanted}: {hits:?}");
        }
        for stranger in ["frobnicate", "x", "", ".", "...", "日本", "zzz.qqq", "nosuch.sql"] {
            let hits = index.nearest(&graph, stranger, &[], 3);
            assert!(hits.iter().all(|hit| hit.score <= 1.0), "{stranger}: {hits:?}");
        }
        let long = index.nearest(&graph, &"orders".repeat(10_000), &[], 3);
        assert!(long.len() <= 3);
    }

    #[test]
    fn of_what_several_projects_have_nothing_is_told_that_is_far_from_the_best() {
        for (scores, told) in
            [(&[1.2, 1.9, 1.5, 1.44][..], &[1.9, 1.5][..]), (&[1.9, 0.9], &[1.9]), (&[0.4, 0.9, 0.2, 0.3], &[0.9, 0.4, 0.3]), (&[], &[])]
        {
            let found = scores.iter().map(|score| ((), NodeHit { node: 0, score: *score })).collect();
            let best: Vec<f32> = nearest_of_all(found, 3).into_iter().map(|(_, hit)| hit.score).collect();
            assert_eq!(best, told);
        }
    }

    #[test]
    fn a_part_is_compared_once_with_each_text_and_only_beside_a_last_part_that_is_alike() {
        let columns: String = (0..500).map(|n| format!("table shop{}.table{}(column{})\n", n % 2, n, n % 50)).collect();
        let graph = graph(&columns);
        let index = Index::build(&graph, Vec::new());
        let labels: Vec<(&str, u64)> = index.made.names.labels().collect();
        assert_eq!(labels.iter().filter(|(label, _)| label.starts_with("column")).count(), 50, "of 500 columns: {labels:?}");
        let names: Vec<String> = (0..5000).map(|n| format!("shop{}.table{}.column{}", n % 2, n % 5, n % 50)).collect();
        for (name, alike, compared) in [
            ("shpo.tabel.colum", true, 5 + 2),
            ("tabel.colum", true, 5),
            ("colum", true, 0),
            ("shop.table.nmuloc", false, 0),
            ("shop.table.zzz", false, 0),
        ] {
            let mut wanted = Wanted::of(name, false).unwrap();
            for name in &names {
                let label = name.rsplit('.').next().unwrap();
                let likeness = wanted.likeness_of_label(label, mask(label));
                assert_eq!(likeness.is_some(), alike, "{name}");
                likeness.map(|likeness| wanted.likeness(name, likeness));
            }
            assert_eq!(wanted.known.len(), compared, "{name}");
        }
        // Letters far from the start are not looked for, however long the name.
        let long = format!("{}orders", "_".repeat(1 << 20));
        assert_eq!(Wanted::of("orders", false).unwrap().likeness_of_label(&long, mask(&long)), None);
    }

    #[test]
    fn slips_are_counted_up_to_the_most_that_is_asked_for() {
        for (a, b, slips) in [
            ("", "", 0),
            ("orders", "orders", 0),
            ("ordrs", "orders", 1),
            ("odrers", "orders", 1),
            ("rwa", "raw", 1),
            ("abcd", "badc", 2),
            ("ca", "abc", 3),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("abcdef", "uvwxyz", 6),
        ] {
            let [a, b] = [a, b].map(|text| text.chars().collect::<Vec<char>>());
            for most in 0..8 {
                let expect = (slips <= most).then_some(slips);
                assert_eq!([distance(&a, &b, most), distance(&b, &a, most)], [expect; 2], "{a:?} {b:?} {most}");
            }
        }
    }
}
