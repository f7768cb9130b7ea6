//! Files into passages of bounded size, cut at statements and blank lines.
