//! Thoughts that a model writes into its answer, between `<think>` and `</think>` at its beginning: servers that do not know a model's
//! habit pass them on as text.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Tells thoughts from the answer while it comes in pieces.
#[derive(Debug)]
pub enum Thoughts {
    /// What came so far may still be the beginning of its opening tag.
    Maybe(String),
    /// Thinking; the end of it, which may be the beginning of its closing tag.
    Inside(String),
    /// The answer.
    Over,
}

impl Default for Thoughts {
    fn default() -> Thoughts {
        Thoughts::Maybe(String::new())
    }
}

impl Thoughts {
    /// What of the next piece, and of what was held back, is part of the answer.
    pub fn pass(&mut self, piece: String) -> String {
        match self {
            Thoughts::Over => piece,
            Thoughts::Maybe(held) => {
                held.push_str(&piece);
                let begun = held.trim_start();
                if let Some(thought) = begun.strip_prefix(OPEN) {
                    let thought = thought.to_owned();
                    *self = Thoughts::Inside(String::new());
                    return self.pass(thought);
                }
                if OPEN.starts_with(begun) {
                    return String::new();
                }
                self.rest()
            }
            Thoughts::Inside(end) => {
                end.push_str(&piece);
                if let Some((_, said)) = end.split_once(CLOSE) {
                    let said = said.trim_start().to_owned();
                    *self = Thoughts::Over;
                    return said;
                }
                let cut = end.floor_char_boundary(end.len().saturating_sub(CLOSE.len()));
                end.drain(..cut);
                String::new()
            }
        }
    }

    /// What was held back of an answer that ends here; thoughts that did not come to an end are none of it.
    pub fn rest(&mut self) -> String {
        match std::mem::replace(self, Thoughts::Over) {
            Thoughts::Maybe(held) => held,
            Thoughts::Inside(_) | Thoughts::Over => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Thoughts;

    #[test]
    fn thoughts_at_the_beginning_are_no_part_of_the_answer_however_it_is_cut() {
        for (text, said) in [
            ("<think>é hm </thi </think>\n\nThe answer.", "The answer."),
            ("\n<think></think>The answer.", "The answer."),
            ("Plain <think>not a thought</think>.", "Plain <think>not a thought</think>."),
            ("<thin ice", "<thin ice"),
            ("<th", "<th"),
            ("<think>without end", ""),
            ("", ""),
        ] {
            let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            for first in &starts {
                for second in starts.iter().filter(|second| first <= second) {
                    let mut thoughts = Thoughts::default();
                    let pieces = [&text[..*first], &text[*first..*second], &text[*second..]];
                    let mut heard: String = pieces.iter().map(|piece| thoughts.pass((*piece).to_owned())).collect();
                    heard.push_str(&thoughts.rest());
                    assert_eq!(heard.trim_start(), said, "{pieces:?}");
                }
            }
        }
    }
}
