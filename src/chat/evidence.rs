//! What a question needs: nodes, edges, passages, numbered.
