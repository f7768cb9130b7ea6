//! Scoring: BM25, n-gram cosine, graph lift, and their sum.
