//! Pictures of lineage: cards in layers, data flowing from left to right. Pure.
//!
//! [`arrange`] gives every card a place and every link a way, after Sugiyama: links that go round are turned (`layer`), cards are put
//! in layers and each layer in an order with few crossings (`order`), and then moved to where their links run straight (`place`).
//! [`svg`] and [`text`] write the picture down. The same picture always comes out the same.

mod layer;
mod order;
mod place;
pub mod svg;
#[cfg(test)]
mod tests;
pub mod text;

/// Width of a card, in pixels as all lengths here: a name of 26 characters.
pub const CARD_WIDTH: i32 = 232;
/// Height of a card's head: the title, and a line under it.
pub const HEAD_HEIGHT: i32 = 48;
/// Height of one row.
pub const ROW_HEIGHT: i32 = 22;
/// Space under the rows of a card that has some.
const FOOT_HEIGHT: i32 = 6;
/// Between cards of one layer.
const CARD_GAP: i32 = 20;
/// Between two layers, at least: room for a link to bend.
const LAYER_GAP: i32 = 72;
/// What each link between two layers widens their gap by, up to [`MAX_LAYER_GAP`].
const LINK_GAP: i32 = 4;
const MAX_LAYER_GAP: i32 = 220;
/// Between parts of the picture that nothing connects.
const PART_GAP: i32 = 40;
/// Around it all.
const MARGIN: i32 = 16;

/// Something to draw: cards, and links between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// What [`Port::card`] counts. Of what is otherwise equal, earlier cards stand further up.
    pub cards: Vec<Card>,
    /// From where data comes to where it goes. One between cards that are not there is not drawn.
    pub links: Vec<Link>,
}

/// A table, a view, a file, … with the columns that are shown of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Card {
    /// Its name.
    pub title: String,
    /// A line below, e.g. `view · marts`.
    pub subtitle: String,
    /// Names of its columns, from top to bottom; empty for a card that is closed.
    pub rows: Vec<String>,
    /// What the picture is about: drawn with a stronger border.
    pub focus: bool,
}

/// A link of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Link {
    /// Where data comes from.
    pub from: Port,
    /// Where it goes.
    pub to: Port,
}

/// An end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Port {
    /// Index into [`Picture::cards`].
    pub card: usize,
    /// Index into [`Card::rows`]; `None`, or one that is not there, is the card's head.
    pub row: Option<usize>,
}

/// Where everything stands; `x` grows to the right, `y` downwards.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Of the whole.
    pub width: i32,
    /// Of the whole.
    pub height: i32,
    /// For each card of the picture.
    pub cards: Vec<Rect>,
    /// For each link of the picture.
    pub links: Vec<Route>,
}

/// A card's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rect {
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// Always [`CARD_WIDTH`].
    pub width: i32,
    /// By its rows.
    pub height: i32,
}

/// The way of a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// From where data comes to where it goes; horizontal at each point. Empty for a link to a card that is not there.
    pub points: Vec<(i32, i32)>,
    /// It runs from right to left, or back into its own card: data goes round here.
    pub back: bool,
}

impl Card {
    fn height(&self) -> i32 {
        let rows = i32::try_from(self.rows.len()).unwrap_or(i32::MAX / ROW_HEIGHT / 2);
        HEAD_HEIGHT + if rows > 0 { rows * ROW_HEIGHT + FOOT_HEIGHT } else { 0 }
    }

    /// How far below the card's upper edge links of `row` begin and end.
    fn port(&self, row: Option<usize>) -> i32 {
        match row.filter(|row| *row < self.rows.len()) {
            Some(row) => HEAD_HEIGHT + row as i32 * ROW_HEIGHT + ROW_HEIGHT / 2,
            None => HEAD_HEIGHT / 2,
        }
    }
}

/// Gives everything in the picture its place.
///
/// Cards never overlap. O((cards + bends) log cards) for each of a fixed number of sweeps, where a card whose links reach over several
/// layers makes one bend in each.
pub fn arrange(picture: &Picture) -> Layout {
    let mut out = Layout {
        cards: picture.cards.iter().map(|c| Rect { x: 0, y: 0, width: CARD_WIDTH, height: c.height() }).collect(),
        links: vec![Route::default(); picture.links.len()],
        ..Layout::default()
    };
    let parts: Vec<Part> = parts(picture).into_iter().map(|cards| Part::arrange(picture, cards)).collect();
    let corners = shelves(&parts, &mut out);
    for (part, corner) in parts.iter().zip(corners) {
        part.write(picture, corner, &mut out);
    }
    for (link, route) in picture.links.iter().zip(&mut out.links) {
        if link.from.card == link.to.card && link.from.card < picture.cards.len() {
            *route = round(&picture.cards[link.from.card], out.cards[link.from.card], link);
        }
    }
    out
}

/// The cards that are connected, part by part, in the order of their first cards.
fn parts(picture: &Picture) -> Vec<Vec<usize>> {
    let mut above: Vec<usize> = (0..picture.cards.len()).collect();
    fn top(above: &mut [usize], mut at: usize) -> usize {
        while above[at] != at {
            above[at] = above[above[at]];
            at = above[at];
        }
        at
    }
    for link in picture.links.iter().filter(|l| l.from.card.max(l.to.card) < picture.cards.len()) {
        let (a, b) = (top(&mut above, link.from.card), top(&mut above, link.to.card));
        above[a.max(b)] = a.min(b);
    }
    let mut parts: Vec<Vec<usize>> = vec![Vec::new(); picture.cards.len()];
    for card in 0..picture.cards.len() {
        parts[top(&mut above, card)].push(card);
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// A connected part of the picture, its corner at 0, 0.
struct Part {
    cards: Vec<usize>,
    graph: layer::Layered,
    /// Left edge of each layer.
    lefts: Vec<i32>,
    /// Upper edge of each card; height of each bend.
    ys: Vec<i32>,
    width: i32,
    height: i32,
}

impl Part {
    fn arrange(picture: &Picture, cards: Vec<usize>) -> Part {
        let mut graph = layer::layered(picture, &cards);
        order::order(&mut graph);
        let ys = place::place(&graph, picture, &cards);
        let mut lefts = Vec::with_capacity(graph.layers.len());
        let mut x = 0;
        for layer in 0..graph.layers.len() {
            lefts.push(x);
            let links = i32::try_from(graph.segments_after(layer)).unwrap_or(i32::MAX / LINK_GAP);
            x += CARD_WIDTH + (LAYER_GAP + links.saturating_mul(LINK_GAP)).min(MAX_LAYER_GAP);
        }
        let width = lefts.last().map_or(0, |x| x + CARD_WIDTH);
        let bottoms = cards.iter().zip(&ys).map(|(card, y)| y + picture.cards[*card].height());
        let height = bottoms.chain(ys.iter().copied()).max().unwrap_or(0);
        Part { cards, graph, lefts, ys, width, height }
    }

    fn write(&self, picture: &Picture, (left, top): (i32, i32), out: &mut Layout) {
        let x = |vertex: usize| left + self.lefts[self.graph.rank[vertex]];
        for (vertex, card) in self.cards.iter().enumerate() {
            out.cards[*card].x = x(vertex);
            out.cards[*card].y = top + self.ys[vertex];
        }
        for way in &self.graph.ways {
            let link = &picture.links[way.link];
            // The end that stands further left first.
            let (first, last) = if way.turned { (link.to, link.from) } else { (link.from, link.to) };
            let end = |port: Port| out.cards[port.card].y + picture.cards[port.card].port(port.row);
            let mut points = vec![(out.cards[first.card].x + CARD_WIDTH, end(first))];
            for bend in way.bends.iter().copied() {
                let y = top + self.ys[bend];
                points.extend([(x(bend), y), (x(bend) + CARD_WIDTH, y)]);
            }
            points.push((out.cards[last.card].x, end(last)));
            if way.turned {
                points.reverse();
            }
            out.links[way.link] = Route { points, back: way.turned };
        }
    }
}

/// Where each part's corner goes: beside each other until a row is as long as the longest, or as the whole would be wide if it were
/// three by two; then below.
fn shelves(parts: &[Part], out: &mut Layout) -> Vec<(i32, i32)> {
    let area: f64 = parts.iter().map(|p| f64::from(p.width + PART_GAP) * f64::from(p.height + PART_GAP)).sum();
    let widest = parts.iter().map(|p| p.width).max().unwrap_or(0);
    let limit = widest.max((area * 1.5).sqrt() as i32);
    let (mut x, mut y, mut tallest) = (0, 0, 0);
    let mut corners = Vec::with_capacity(parts.len());
    for part in parts {
        if x > 0 && x + part.width > limit {
            (x, y, tallest) = (0, y + tallest + PART_GAP, 0);
        }
        corners.push((MARGIN + x, MARGIN + y));
        tallest = tallest.max(part.height);
        out.width = out.width.max(x + part.width + 2 * MARGIN);
        out.height = out.height.max(y + tallest + 2 * MARGIN);
        x += part.width + PART_GAP;
    }
    corners
}

/// The way of a link from a card to itself: out on the right and back in there.
fn round(card: &Card, place: Rect, link: &Link) -> Route {
    let right = place.x + place.width;
    let (from, to) = (place.y + card.port(link.from.row), place.y + card.port(link.to.row));
    let (from, to) = if from == to { (from - ROW_HEIGHT / 4, to + ROW_HEIGHT / 4) } else { (from, to) };
    Route { points: vec![(right, from), (right + LAYER_GAP / 3, (from + to) / 2), (right, to)], back: true }
}
