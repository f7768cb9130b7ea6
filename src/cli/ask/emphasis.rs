//! Markdown's emphasis as a terminal shows it, while the text still comes.

use crate::cli::terminal::Style;

/// Takes text piece by piece; a mark may be cut in two by their border.
pub struct Emphasis {
    style: Style,
    bold: bool,
    code: bool,
    /// Between the fences of a block, where marks are what they are.
    fenced: bool,
    /// The same mark over and over, whose end has not come yet.
    run: String,
}

impl Emphasis {
    /// With nothing emphasised; without colours the text stays as it came.
    pub fn new(style: Style) -> Emphasis {
        Emphasis { style, bold: false, code: false, fenced: false, run: String::new() }
    }

    /// What is shown of the next piece. It leaves the terminal plain: who reads may end it at any time.
    pub fn shown(&mut self, piece: &str) -> String {
        if self.style.bold.is_empty() {
            return piece.to_owned();
        }
        let mut out = self.begun();
        for c in piece.chars() {
            if !self.run.starts_with(c) {
                self.settle(&mut out, c);
            }
            if matches!(c, '*' | '`') { self.run.push(c) } else { out.push(c) }
        }
        self.over(out)
    }

    /// What is left when no more comes.
    pub fn end(&mut self) -> String {
        let mut out = self.begun();
        self.settle(&mut out, ' ');
        self.over(out)
    }

    /// The run has its end, which `next` follows: it was a mark, or is text.
    fn settle(&mut self, out: &mut String, next: char) {
        let run = std::mem::take(&mut self.run);
        let (on, mark) = match run.as_str() {
            "**" if !self.code && !self.fenced && (self.bold || !next.is_whitespace()) => (&mut self.bold, self.style.bold),
            "`" if !self.fenced => (&mut self.code, self.style.name),
            text => {
                self.fenced ^= text.starts_with("```");
                return out.push_str(text);
            }
        };
        *on = !*on;
        if *on {
            return out.push_str(mark);
        }
        out.push_str(self.style.plain);
        out.push_str(&self.begun());
    }

    fn begun(&self) -> String {
        let part = |on: bool, code: &'static str| if on { code } else { "" };
        part(self.bold, self.style.bold).to_owned() + part(self.code, self.style.name)
    }

    fn over(&self, mut out: String) -> String {
        if self.bold || self.code {
            out.push_str(self.style.plain);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_shown_as_what_they_mean_however_the_text_is_cut() {
        let style = Style { bold: "<b>", name: "<n>", plain: "</>", ..Style::default() };
        for (text, shown) in [
            ("**2 assets** read `raw.o`.", "<b>2 assets</> read <n>raw.o</>."),
            ("a * b, 2 ** 3 is ***", "a * b, 2 ** 3 is ***"),
            ("`a**b` and **`c`**.", "<n>a**b</> and <b><n>c</><b></>."),
            ("```sql\nSELECT `a` ** 2\n```\n`x`.", "```sql\nSELECT `a` ** 2\n```\n<n>x</>."),
            ("", ""),
        ] {
            let whole = |pieces: &[&str]| {
                let mut emphasis = Emphasis::new(style);
                let out: String = pieces.iter().map(|piece| emphasis.shown(piece)).collect();
                out + &emphasis.end()
            };
            let bare = |text: String| text.replace("</>", "").replace("<b>", "").replace("<n>", "");
            assert_eq!(whole(&[text]), shown);
            for cut in 0..text.len() {
                assert_eq!(bare(whole(&[&text[..cut], &text[cut..]])), bare(shown.to_owned()), "{text} cut at {cut}");
            }
            let plain = Emphasis::new(Style::default()).shown(text);
            assert_eq!(plain, text);
        }
    }
}
