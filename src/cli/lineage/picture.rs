//! The lineage of files as a picture: linked as a server would link them, then drawn.

use super::files::{File, said};
use crate::graph::link::link;
use crate::graph::{Graph, NodeIx};
use crate::layout::{Card, Link, Picture, Port, arrange, svg};
use crate::lineage::Relation;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Tables of one picture: of more, nobody sees anything, and each row of cards takes longer than the one before.
const MAX_CARDS: usize = 2_000;
/// Columns shown of a card; the rest are counted.
const MAX_ROWS: usize = 20;

/// All relations, and what flows between their columns; between relations themselves only where no column is known to.
///
/// # Errors
/// A line, when there are more than [`MAX_CARDS`].
pub fn svg_of(files: Vec<File>) -> Result<String, String> {
    let title = match files.as_slice() {
        [one] => format!("Lineage of {}", one.path),
        many => format!("Lineage of {} files", many.len()),
    };
    let files: Vec<_> = files.into_iter().map(|file| (file.path, Arc::new(file.script.facts))).collect();
    let picture = picture(&Graph::build("lineage", link("lineage", &said(&files), &[])));
    if picture.cards.len() > MAX_CARDS {
        let many = picture.cards.len();
        return Err(format!("{many} tables are more than a picture holds ({MAX_CARDS}): name fewer files, or take --format dot"));
    }
    Ok(svg::svg(&picture, &arrange(&picture), &title))
}

fn picture(graph: &Graph) -> Picture {
    let mut picture = Picture::default();
    let mut ports: HashMap<NodeIx, Port> = HashMap::new();
    for ix in (0..graph.linked.nodes.len() as NodeIx).filter(|ix| graph.kind(*ix).is_relation()) {
        let (card, node) = (picture.cards.len(), graph.node(ix));
        ports.insert(ix, Port { card, row: None });
        let columns = graph.columns(ix);
        let mut rows: Vec<String> = columns.iter().take(MAX_ROWS).map(|column| graph.node(*column).label().to_owned()).collect();
        if columns.len() > MAX_ROWS {
            rows.push(format!("… {} more", columns.len() - MAX_ROWS));
        }
        ports.extend(columns.iter().enumerate().map(|(row, column)| (*column, Port { card, row: Some(row.min(MAX_ROWS)) })));
        picture.cards.push(Card { title: node.name().into_owned(), subtitle: node.kind.to_string(), rows, focus: false });
    }
    let flows = graph.linked.edges.iter().filter(|edge| edge.relation == Relation::Derives);
    let links = flows.filter_map(|edge| Some(Link { from: *ports.get(&edge.to)?, to: *ports.get(&edge.from)? }));
    let links: HashSet<Link> = links.collect();
    let by_columns: HashSet<(usize, usize)> = links.iter().filter(|l| l.to.row.is_some()).map(|l| (l.from.card, l.to.card)).collect();
    // A filter's column leads to the relation as a whole: the curve of the relation says the same.
    let drawn = |link: &Link| link.to.row.is_some() || (link.from.row.is_none() && !by_columns.contains(&(link.from.card, link.to.card)));
    picture.links = links.into_iter().filter(drawn).collect();
    picture.links.sort_unstable();
    picture
}
