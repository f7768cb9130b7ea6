//! How property tests of this crate run.

use proptest::prelude::ProptestConfig;
use proptest::test_runner::FileFailurePersistence;

/// As many cases as `PROPTEST_CASES` says. What once failed is kept beside the other data of tests, and tried first.
pub fn config() -> ProptestConfig {
    let kept = FileFailurePersistence::SourceParallel("tests/regressions");
    ProptestConfig { failure_persistence: Some(Box::new(kept)), ..ProptestConfig::default() }
}

/// The same with `cases` cases, where each takes long, unless `PROPTEST_CASES` says how many.
pub fn cases(cases: u32) -> ProptestConfig {
    let asked = config();
    if std::env::var_os("PROPTEST_CASES").is_some() { asked } else { ProptestConfig { cases, ..asked } }
}
