//! How output looks: for people on a terminal, plain where it is not one.

use crate::text::is_invisible;
use std::io::{self, IsTerminal, Write};

/// Marks of style, all empty where nothing shows them.
#[derive(Clone, Copy, Default)]
pub struct Style {
    /// What matters.
    pub bold: &'static str,
    /// What helps.
    pub dim: &'static str,
    /// A name, a piece of code.
    pub name: &'static str,
    /// Good news.
    pub good: &'static str,
    /// Bad news.
    pub bad: &'static str,
    /// Ends any of them.
    pub plain: &'static str,
    /// A person reads this: columns are lined up.
    pub terminal: bool,
}

impl Style {
    /// For what is written to `stream`: plain unless it is a terminal, without colours when `NO_COLOR` is set to anything.
    pub fn of(stream: &impl IsTerminal) -> Style {
        let terminal = stream.is_terminal();
        let colours = terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        if !colours {
            return Style { terminal, ..Style::default() };
        }
        Style { bold: "\x1b[1m", dim: "\x1b[2m", name: "\x1b[36m", good: "\x1b[32m", bad: "\x1b[31m", plain: "\x1b[0m", terminal }
    }
}

/// Says something beside the output, on standard error. Who closed that, as the end of a pipe does, is not told.
pub fn aside(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Rows with their cells lined up on a terminal, and parted by tabs elsewhere, for `cut` and its like.
pub fn table(out: &mut impl Write, style: Style, indent: &str, rows: &[Vec<String>]) -> io::Result<()> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| one_line(cell)).collect();
        if !style.terminal {
            writeln!(out, "{}", cells.join("\t"))?;
            continue;
        }
        let mut line = indent.to_owned();
        for (cell, width) in cells.iter().zip(&widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Text that came from elsewhere, on one line and without what a terminal would obey.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect()
}

/// Text that came from elsewhere, without what a terminal would obey; line ends stay.
pub fn harmless(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || *c == '\t' || !is_invisible(*c)).collect()
}

/// `3 files`, `1 file`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Bytes as people say them: `512 B`, `1.5 MiB`.
pub fn bytes(count: u64) -> String {
    let mut size = count as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if size < 1024.0 {
            return if unit == "B" { format!("{size:.0} B") } else { format!("{size:.1} {unit}") };
        }
        size /= 1024.0;
    }
    format!("{size:.1} TiB")
}
