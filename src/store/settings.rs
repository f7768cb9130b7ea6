//! Settings that change while running (file limits), and the history of counts that trends are computed from.
