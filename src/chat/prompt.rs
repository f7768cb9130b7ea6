//! The prompt: rules, numbered evidence within a budget, the question.
