//! Words out of identifiers and prose: splitting, stop words, stems.
