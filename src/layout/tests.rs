//! Pictures laid out: what holds of every one, and how some look.

use super::svg::svg;
use super::{Card, Layout, Link, Picture, Port, arrange};
use proptest::prelude::*;

fn picture(cards: &[usize], links: &[(usize, usize)]) -> Picture {
    let card = |(at, rows): (usize, &usize)| Card {
        title: format!("t{at}"),
        rows: (0..*rows).map(|r| format!("c{r}")).collect(),
        ..Card::default()
    };
    let end = |card| Port { card, row: None };
    Picture {
        cards: cards.iter().enumerate().map(card).collect(),
        links: links.iter().map(|(from, to)| Link { from: end(*from), to: end(*to) }).collect(),
    }
}

/// Who stands in which column, from left to right and from top to bottom, e.g. `0 1 | 2`.
fn columns(layout: &Layout) -> String {
    let mut order: Vec<usize> = (0..layout.cards.len()).collect();
    order.sort_by_key(|at| (layout.cards[*at].x, layout.cards[*at].y));
    let mut out = String::new();
    for (at, card) in order.iter().enumerate() {
        let next = at > 0 && layout.cards[order[at - 1]].x != layout.cards[*card].x;
        out += &format!(
            "{}{card}",
            if at == 0 {
                ""
            } else if next {
                " | "
            } else {
                " "
            }
        );
    }
    out
}

#[test]
fn cards_stand_in_layers_from_left_to_right() {
    for (links, want) in [
        (&[(0, 1), (1, 2)][..], "0 | 1 | 2"),
        (&[(2, 1), (1, 0)], "2 | 1 | 0"),
        (&[(0, 1), (0, 2), (1, 3), (2, 3)], "0 | 1 2 | 3"),
        // What feeds only the last stands beside it and not at the far left.
        (&[(0, 1), (1, 2), (3, 2)], "0 | 1 3 | 2"),
        // No crossing where none need be.
        (&[(0, 3), (0, 2), (1, 2)], "0 1 | 3 2"),
        // What goes round starts where data comes in.
        (&[(0, 1), (1, 2), (2, 1)], "0 | 1 | 2"),
    ] {
        let most = links.iter().map(|(a, b)| a.max(b) + 1).max().unwrap_or(0);
        let layout = arrange(&picture(&vec![0; most], links));
        assert_eq!(columns(&layout), want, "{links:?}");
        assert!(layout.links.iter().all(|route| route.points.len() >= 2), "{links:?}");
    }
}

#[test]
fn a_chain_runs_straight_and_a_link_past_a_card_runs_round_it() {
    let chain = arrange(&picture(&[0, 0, 0], &[(0, 1), (1, 2)]));
    assert!(chain.links.iter().flat_map(|route| &route.points).all(|(_, y)| *y == chain.links[0].points[0].1), "{chain:?}");
    let past = arrange(&picture(&[0, 4, 0], &[(0, 1), (1, 2), (0, 2)]));
    let bend = past.links[2].points[1];
    let card = past.cards[1];
    assert!(bend.1 < card.y || bend.1 > card.y + card.height, "{past:?}");
}

#[test]
fn links_end_at_the_rows_they_name() {
    let mut two = picture(&[3, 2], &[(0, 1)]);
    two.links[0] = Link { from: Port { card: 0, row: Some(2) }, to: Port { card: 1, row: Some(1) } };
    let layout = arrange(&two);
    let (from, to) = (layout.cards[0], layout.cards[1]);
    assert_eq!(
        layout.links[0].points.first(),
        Some(&(from.x + from.width, from.y + super::HEAD_HEIGHT + 2 * super::ROW_HEIGHT + super::ROW_HEIGHT / 2))
    );
    assert_eq!(layout.links[0].points.last(), Some(&(to.x, to.y + super::HEAD_HEIGHT + super::ROW_HEIGHT + super::ROW_HEIGHT / 2)));
}

#[test]
fn data_that_goes_round_is_marked() {
    let layout = arrange(&picture(&[0, 0, 1], &[(0, 1), (1, 0), (2, 2)]));
    assert_eq!(layout.links.iter().map(|route| route.back).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!(layout.links[1].points.first().map(|p| p.0), Some(layout.cards[1].x));
}

#[test]
fn parts_that_nothing_connects_share_the_room() {
    let layout = arrange(&picture(&[0; 100], &[]));
    let ratio = f64::from(layout.width) / f64::from(layout.height);
    assert!((0.8..3.0).contains(&ratio), "{ratio}");
}

#[test]
fn a_picture_of_nothing_is_empty_and_links_to_nowhere_are_not_drawn() {
    assert_eq!(arrange(&Picture::default()), Layout::default());
    let dangling = picture(&[0], &[(0, 7)]);
    assert!(arrange(&dangling).links[0].points.is_empty());
    assert!(!svg(&dangling, &arrange(&dangling), "one").contains("<path class=\"link"));
}

#[test]
fn the_svg_names_everything_and_trusts_nothing() {
    let mut one = picture(&[2, 0], &[(0, 1)]);
    one.cards[0].title = "<script>alert(1)</script> & \"so on\" with a name that is far too long".into();
    one.cards[1].focus = true;
    let drawn = svg(&one, &arrange(&one), "a \u{0} title");
    for part in [
        "role=\"img\"",
        "<title id=\"title\">a   title</title>",
        "prefers-color-scheme:dark",
        "2 cards, 1 link;",
        "card focus",
        ">c1<",
        "…",
    ] {
        assert!(drawn.contains(part), "{part}: {drawn}");
    }
    assert!(!drawn.contains("<script"), "{drawn}");
}

/// A random picture of up to so many cards.
fn pictures(most: usize) -> impl Strategy<Value = Picture> {
    let cards = prop::collection::vec(0usize..12, 1..most);
    cards.prop_flat_map(|rows| {
        let count = rows.len();
        let port = (0..count, prop::option::of(0usize..12)).prop_map(|(card, row)| Port { card, row });
        let links = prop::collection::vec((port.clone(), port).prop_map(|(from, to)| Link { from, to }), 0..count * 2);
        links.prop_map(move |links| Picture { links, ..picture(&rows, &[]) })
    })
}

proptest! {
    #![proptest_config(crate::properties::cases(200))]

    #[test]
    fn no_two_cards_overlap_and_all_lie_within(picture in pictures(60)) {
        let layout = arrange(&picture);
        for (at, a) in layout.cards.iter().enumerate() {
            prop_assert!(a.x >= 0 && a.y >= 0 && a.x + a.width <= layout.width && a.y + a.height <= layout.height);
            for b in &layout.cards[..at] {
                let apart = a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height;
                prop_assert!(apart, "{a:?} {b:?}");
            }
        }
        prop_assert_eq!(&layout, &arrange(&picture));
    }

    #[test]
    fn links_run_to_the_right_from_card_to_card_unless_marked(picture in pictures(60)) {
        let layout = arrange(&picture);
        for (link, route) in picture.links.iter().zip(&layout.links) {
            let (from, to) = (layout.cards[link.from.card], layout.cards[link.to.card]);
            let (first, last) = (route.points[0], route.points[route.points.len() - 1]);
            let own = link.from.card == link.to.card;
            prop_assert_eq!(first.0, if route.back && !own { from.x } else { from.x + from.width });
            prop_assert_eq!(last.0, if route.back { to.x + to.width } else { to.x });
            for (card, (_, y)) in [(from, first), (to, last)] {
                prop_assert!((card.y..=card.y + card.height).contains(&y));
            }
            if !own {
                prop_assert!(route.points.is_sorted_by(|a, b| if route.back { a.0 > b.0 } else { a.0 < b.0 }), "{:?}", route);
            }
        }
    }

    #[test]
    fn links_pass_no_card(picture in pictures(40)) {
        let layout = arrange(&picture);
        for route in &layout.links {
            for pair in route.points.windows(2).filter(|pair| pair[0].1 == pair[1].1) {
                let (left, right) = (pair[0].0.min(pair[1].0), pair[0].0.max(pair[1].0));
                let passes = |c: &super::Rect| c.x < right && c.x + c.width > left && c.y < pair[0].1 && c.y + c.height > pair[0].1;
                prop_assert!(!layout.cards.iter().any(passes), "{:?}", route);
            }
        }
    }
}

#[test]
fn five_hundred_cards_in_many_layers_are_laid_out() {
    let links: Vec<(usize, usize)> =
        (1..500).flat_map(|at| [(at * 7 % at, at), (at * 31 % at.min(40), at), (at, (at * 3) % 500)]).collect();
    let picture = picture(&(0..500).map(|at| at % 10).collect::<Vec<_>>(), &links);
    let layout = arrange(&picture);
    assert!(layout.links.iter().zip(&picture.links).all(|(route, _)| route.points.len() >= 2));
}
