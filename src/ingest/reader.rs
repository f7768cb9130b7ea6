//! One reader per file type: SQL, Python, notebooks, CSV, JSON (dbt manifests), Markdown, text.
