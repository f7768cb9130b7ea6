//! Answers without a model: facts from the graph rendered as Markdown.
