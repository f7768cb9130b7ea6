//! Which repository reads what another defines: links with evidence and confidence.
