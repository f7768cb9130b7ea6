//! The process: arguments, settings, signals, and restarting with everything still there.

mod common;

use common::{TempDir, command};

#[test]
fn usage_and_settings_have_their_own_exit_codes() {
    let dir = TempDir::new();
    for (args, variables, code, says) in [
        (&["--help"][..], &[][..], 0, "headwater [serve]"),
        (&["serve", "--help"], &[], 0, "SHUTDOWN_GRACE_SECS"),
        (&["--version"], &[], 0, env!("CARGO_PKG_VERSION")),
        (&["healthcheck", "--help"], &[], 0, "--server"),
        (&["--nonsense"], &[], 2, "--nonsense"),
        (&["nonsense"], &[], 2, "nonsense"),
        (&["serve", "--port"], &[], 2, "--port"),
        (&["serve", "--port", "70000"], &[], 64, "API_PORT is '70000'"),
        (&[], &[("API_PORT", "x")], 64, "API_PORT is 'x'"),
        (&[], &[("SHUTDOWN_GRACE_SECS", "-1")], 64, "SHUTDOWN_GRACE_SECS is '-1'"),
        (&["healthcheck", "--server", "http://127.0.0.1:1"], &[], 1, "not ready"),
    ] {
        let output = command(dir.path()).args(args).envs(variables.iter().copied()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?} {variables:?}: {text}");
        assert!(text.contains(says), "{args:?} {variables:?}: {text}");
    }
}
