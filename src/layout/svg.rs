//! The picture as a standalone SVG: light and dark by the reader's setting, readable by screen readers, names escaped, names too long
//! for their card shortened with the whole as a tooltip.

use super::text::printable;
use super::{CARD_WIDTH, HEAD_HEIGHT, Layout, Picture, ROW_HEIGHT, Route};
use crate::text::is_invisible;
use std::fmt::Write;

/// Space left of a text within its card.
const INSET: i32 = 12;
/// Size of a title, and of a row or subtitle, in tenths of a pixel. A regular letter is nine tenths as wide as a bold one ([`width`]), so the
/// 12 pixels of a row count as 10.8.
const TITLE_EM: i32 = 135;
const SMALL_EM: i32 = 108;

const STYLE: &str = "\
.ground{fill:#f7f8f8}.card{fill:#fff;stroke:#b9c5ca}.focus{stroke:#0b6e75;stroke-width:2.5}.line{stroke:#d8dfe2}\
text{font:12px system-ui,sans-serif;fill:#17242b}.title{font-size:13.5px;font-weight:600}.soft{fill:#55666f;font-size:11px}\
.link{fill:none;stroke:#5d7580;stroke-width:1.5}.back{stroke:#a3261b;stroke-dasharray:6 4}.tip{fill:#5d7580}.tip.b{fill:#a3261b}\
@media(prefers-color-scheme:dark){.ground{fill:#10181c}.card{fill:#18232a;stroke:#41545e}.focus{stroke:#4cc3cb}.line{stroke:#2c3b43}\
text{fill:#e6edf0}.soft{fill:#9fb1ba}.link{stroke:#8aa2ad}.back{stroke:#ff8f82}.tip{fill:#8aa2ad}.tip.b{fill:#ff8f82}}";

/// `picture`, laid out as `layout` says ([`super::arrange`] of the same picture). `title` is its name for screen readers and tooltips.
///
/// A picture of nothing is a small empty SVG.
pub fn svg(picture: &Picture, layout: &Layout, title: &str) -> String {
    let (width, height) = (layout.width.max(1), layout.height.max(1));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-labelledby=\"title desc\">\n<title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n<style>{STYLE}</style>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" \
         orient=\"auto\"><path class=\"tip\" d=\"M0 0 8 4 0 8z\"/></marker><marker id=\"tip-back\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" \
         markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"tip b\" d=\"M0 0 8 4 0 8z\"/></marker></defs>\n\
         <rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>\n",
        escaped(title),
        escaped(&described(picture)),
    );
    for route in &layout.links {
        if let Some(path) = curve(route) {
            let (class, tip) = if route.back { ("link back", "tip-back") } else { ("link", "tip") };
            put(&mut out, format_args!("<path class=\"{class}\" marker-end=\"url(#{tip})\" d=\"{path}\"/>\n"));
        }
    }
    for (card, place) in picture.cards.iter().zip(&layout.cards) {
        let class = if card.focus { "card focus" } else { "card" };
        put(
            &mut out,
            format_args!(
                "<g transform=\"translate({} {})\"><title>{}</title><rect class=\"{class}\" width=\"{}\" height=\"{}\" rx=\"7\"/>",
                place.x,
                place.y,
                escaped(&card.title),
                place.width,
                place.height,
            ),
        );
        text(&mut out, "title", 20, &card.title, TITLE_EM);
        text(&mut out, "soft", 37, &card.subtitle, SMALL_EM);
        if !card.rows.is_empty() {
            put(&mut out, format_args!("<path class=\"line\" d=\"M0 {HEAD_HEIGHT}h{CARD_WIDTH}\"/>"));
        }
        for (row, y) in card.rows.iter().zip((HEAD_HEIGHT + ROW_HEIGHT * 7 / 10..).step_by(ROW_HEIGHT as usize)) {
            text(&mut out, "", y, row, SMALL_EM);
        }
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
    out
}

/// What there is to see, for who does not see it.
fn described(picture: &Picture) -> String {
    /// A reader hears no more; the picture itself names all.
    const MOST: usize = 40;
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let (cards, links) = (counted(picture.cards.len(), "card"), counted(picture.links.len(), "link"));
    let mut out = format!("{cards}, {links}; data flows from left to right.");
    let ends = |link: &super::Link| Some((&picture.cards.get(link.from.card)?.title, &picture.cards.get(link.to.card)?.title));
    let mut ways: Vec<(&String, &String)> = picture.links.iter().filter_map(ends).collect();
    ways.sort();
    ways.dedup();
    for (from, to) in ways.iter().take(MOST) {
        put(&mut out, format_args!(" {from} to {to}."));
    }
    if ways.len() > MOST {
        put(&mut out, format_args!(" And {} more.", ways.len() - MOST));
    }
    out
}

/// A link's way as the `d` of an SVG path: curves that are level at each of its points. `None` for a link that is not drawn.
pub fn curve(route: &Route) -> Option<String> {
    let (first, rest) = route.points.split_first()?;
    let mut path = format!("M{} {}", first.0, first.1);
    let mut at = *first;
    for (x, y) in rest.iter().copied() {
        if y == at.1 {
            put(&mut path, format_args!("H{x}"));
        } else {
            // A short turn bends out as far as it reaches down, at most.
            let pull = if (x - at.0).abs() < ROW_HEIGHT * 2 { ROW_HEIGHT } else { (x - at.0) / 2 };
            let (out, back) = if (x - at.0).abs() < ROW_HEIGHT * 2 { (pull, if x < at.0 { -pull } else { 0 }) } else { (pull, pull) };
            put(&mut path, format_args!("C{} {} {} {y} {x} {y}", at.0 + out, at.1, x - back));
        }
        at = (x, y);
    }
    Some(path)
}

/// One line of text, shortened to the card, with the whole beside it if it was.
fn text(out: &mut String, class: &str, y: i32, whole: &str, em: i32) {
    let whole = printable(whole);
    let shown = shortened(&whole, (CARD_WIDTH - 2 * INSET) * 10 * 100 / em);
    put(out, format_args!("<text class=\"{class}\" x=\"{INSET}\" y=\"{y}\">{}", escaped(&shown)));
    if shown != whole {
        put(out, format_args!("<title>{}</title>", escaped(&whole)));
    }
    out.push_str("</text>");
}

/// Width of a character in hundredths of the font's size: the bold of DejaVu Sans, the widest of the fonts that browsers take for `system-ui`,
/// rounded up to the widest of its class.
fn width(c: char) -> i32 {
    match c {
        '\'' | ',' | '.' | '/' | ':' | ';' | 'I' | 'J' | '\\' | 'i' | 'j' | 'l' | '|' | ' ' => 40,
        '!' | '(' | ')' | '-' | '[' | ']' | '"' | '*' | '_' | '`' | 'f' | 'r' | 't' => 53,
        'M' | 'W' | 'm' | 'w' | '%' | '@' => 111,
        'a'..='z' | '0'..='9' | '$' | '?' => 72,
        // A box of an ideograph and the gap to the next; a picture is as wide.
        '\u{1100}'.. => 120,
        _ => 88,
    }
}

/// As much of `text` as `room` takes, in hundredths of the font's size, its middle left out: names differ at both ends.
fn shortened(text: &str, room: i32) -> String {
    if text.chars().map(width).sum::<i32>() <= room {
        return text.to_owned();
    }
    // The sign for what is left out is as wide as the font is high.
    let (head, tail) = ((room - 100) / 2, (room - 100) - (room - 100) / 2);
    let within = |room: i32| {
        let mut left = room;
        move |c: &char| {
            left -= width(*c);
            left >= 0
        }
    };
    let head: String = text.chars().take_while(within(head)).collect();
    let tail: Vec<char> = text.chars().rev().take_while(within(tail)).collect();
    format!("{head}…{}", tail.into_iter().rev().collect::<String>())
}

/// `text` between tags or in an attribute, without what XML has no place for.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if is_invisible(c) => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn put(out: &mut String, what: std::fmt::Arguments) {
    out.write_fmt(what).expect("a String takes all");
}

#[cfg(test)]
mod tests {
    use super::{escaped, shortened};

    #[test]
    fn a_long_name_keeps_both_its_ends() {
        for (name, room, want) in [
            ("orders", 394, "orders"),
            ("orders", 393, "or…rs"),
            ("customer_orders", 700, "cust…ders"),
            ("WWWWWWWW", 700, "WW…WW"),
            ("illicitly", 437, "illicitly"),
            ("日本語の表", 600, "日本語の表"),
            ("日本語の表", 599, "日本…の表"),
            ("ab", 100, "…"),
        ] {
            assert_eq!(shortened(name, room), want, "{name} in {room}");
        }
    }

    #[test]
    fn nothing_in_a_name_is_read_as_markup() {
        assert_eq!(escaped("a<b>&\"c\"\u{1}\u{ffff}"), "a&lt;b&gt;&amp;&quot;c&quot; \u{fffd}");
    }
}
