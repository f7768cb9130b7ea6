//! Whether a question is in another language than English, which the rules are written for.

/// Words that ask, in German, French, Spanish, Italian, Portuguese, Dutch, Polish, Swedish, Danish, Norwegian and Turkish, as far as
/// neither English nor the data of companies has one that is written so (a card, the error rate of words).
const ASKING: &[&str] = &[
    "welche",
    "welcher",
    "welches",
    "welchen",
    "welchem",
    "woher",
    "wohin",
    "warum",
    "wieso",
    "wann",
    "wieviele",
    "wie",
    "zeige",
    "zeig",
    "nenne",
    "erkläre",
    "gibt",
    "quelles",
    "quelle",
    "quels",
    "quel",
    "qui",
    "où",
    "combien",
    "pourquoi",
    "montre",
    "montrez",
    "donne",
    "donnez",
    "explique",
    "cuáles",
    "cuales",
    "cuál",
    "qué",
    "quién",
    "quien",
    "quiénes",
    "dónde",
    "donde",
    "cuántas",
    "cuántos",
    "cuantas",
    "cuantos",
    "cómo",
    "muestra",
    "muéstrame",
    "muestrame",
    "quali",
    "quale",
    "dove",
    "quante",
    "quanti",
    "perché",
    "mostra",
    "mostrami",
    "elenca",
    "quais",
    "quem",
    "quantas",
    "quantos",
    "mostre",
    "welke",
    "waar",
    "waarom",
    "hoeveel",
    "które",
    "jakie",
    "skąd",
    "pokaż",
    "vilka",
    "vilken",
    "hvilke",
    "hvilken",
    "hvor",
    "hangi",
    "nereden",
];
/// Other words that are common in these, and not in English.
const COMMON: &[&str] = &[
    "der",
    "das",
    "den",
    "dem",
    "und",
    "von",
    "aus",
    "ist",
    "sind",
    "es",
    "mit",
    "für",
    "auf",
    "wird",
    "werden",
    "wenn",
    "ich",
    "bei",
    "nutzt",
    "nutzen",
    "verwenden",
    "verwendet",
    "les",
    "des",
    "du",
    "est",
    "sont",
    "dans",
    "une",
    "avec",
    "sur",
    "il",
    "et",
    "que",
    "qu",
    "si",
    "la",
    "le",
    "je",
    "el",
    "los",
    "las",
    "del",
    "son",
    "en",
    "una",
    "por",
    "hay",
    "gli",
    "di",
    "dei",
    "sono",
    "che",
    "per",
    "os",
    "da",
    "das",
    "dos",
    "são",
    "het",
    "een",
    "van",
    "zijn",
    "er",
    "som",
    "och",
    "og",
    "fra",
    "från",
];
/// Words that a question in English holds, and none in those languages.
const ENGLISH: &[&str] = &[
    "what", "which", "who", "whose", "where", "when", "why", "how", "show", "list", "give", "tell", "find", "does", "are", "the", "and",
    "that", "depends", "depend", "feeds", "uses", "reads", "writes", "breaks", "of", "from", "to", "with", "tables", "columns", "views",
    "my", "if",
];

/// Whether the words around the names are of another language, or of another script.
pub fn is_foreign(question: &str) -> bool {
    let (mut asking, mut common, mut english, mut latin, mut others) = (0, 0, 0, 0, 0);
    for word in question.split(|c: char| c.is_whitespace() || "?!,;:()¿¡？。，、«»“”".contains(c)).filter(|word| !word.is_empty())
    {
        // A name may be of any language.
        if word.contains(['.', '_', '`', '"', '[', '*', '%', '#']) {
            continue;
        }
        let lower = word.to_lowercase();
        let part = lower.rsplit(['\'', '’']).next().unwrap_or(&lower);
        let letters = || lower.chars().filter(|c| c.is_alphabetic());
        // Latin letters, with all their accents, come before those of other scripts.
        latin += letters().filter(|c| *c < '\u{370}').count();
        others += letters().filter(|c| *c >= '\u{370}').count();
        asking += usize::from(ASKING.contains(&part));
        common += usize::from(COMMON.contains(&part));
        english += usize::from(ENGLISH.contains(&lower.as_str()));
    }
    english == 0 && (others > latin || asking > 0 && asking + common > 1 || asking > 0 && latin > 10 || common > 2)
}

#[cfg(test)]
mod tests {
    use super::is_foreign;

    #[test]
    fn a_question_in_another_language_is_told_from_one_in_english() {
        for text in [
            "Welche Tabellen nutzt dbo.orders?",
            "Was passiert, wenn ich dbo.orders lösche und wer nutzt es?",
            "quelles sont les vues qui lisent dbo.orders ?",
            "d'où viennent les données de `orders` ?",
            "¿Qué tablas hay?",
            "¿de dónde vienen los datos de ventas?",
            "Quali viste leggono dbo.orders?",
            "quais tabelas existem",
            "welke tabellen zijn er",
            "哪些表使用 dbo.orders？",
            "какие таблицы используют dbo.orders",
            "どのテーブルが orders を使っていますか",
        ] {
            assert!(is_foreign(text), "{text}");
        }
        for text in [
            "what depends on заказы?",
            "which columns does der_kunde have",
            "list the tables",
            "raw.orders",
            "orders",
            "dove",
            "la liga",
            "upstream of si.es.und",
            "show qual_score",
            "tables",
            "why?",
            "PII in marts",
            "visa card payments",
            "qual per region",
        ] {
            assert!(!is_foreign(text), "{text}");
        }
    }
}
