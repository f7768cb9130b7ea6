//! Text that comes from elsewhere and is shown: names, paths, messages.

/// Whether a character is not shown but obeyed, by a terminal or by who lays text out: control characters, and the marks that turn text
/// around (a name that reads `gpj.sql` and is not).
pub fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{061C}' | '\u{FEFF}')
}
