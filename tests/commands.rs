//! The command line as a whole: what it says of itself, to people and to shells.

mod common;

use common::{TempDir, TestServer, command};
use std::io::Write;
use std::process::{Command, Output, Stdio};

fn run(args: &[&str]) -> Output {
    command(&std::env::temp_dir()).args(args).output().expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// The commands that `--help` lists.
fn commands() -> Vec<String> {
    let help = text(&run(&["--help"]).stdout);
    let listed = help.split("\nExamples:").next().expect("the commands").lines();
    listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

#[test]
fn every_command_has_help_a_line_in_the_readme_and_a_place_in_completions_and_manual() {
    let commands = commands();
    assert!(commands.len() > 5 && commands.contains(&"serve".to_owned()), "{commands:?}");
    let readme = include_str!("../README.md");
    let manual = text(&run(&["man"]).stdout);
    for name in &commands {
        let output = run(&[name, "--help"]);
        let help = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{name}");
        assert!(help.contains("\nExamples:\n") && help.contains("Exit code: 0 done"), "{name}: {help}");
        assert_eq!(text(&run(&["help", name]).stdout), help, "{name}");
        assert!(readme.contains(&format!("`headwater {name}")), "the README does not name {name}");
        assert!(manual.contains(&format!("\n.SS headwater {name}")) || name == "serve", "the manual does not name {name}");
        for shell in ["bash", "zsh", "fish"] {
            assert!(text(&run(&["completions", shell]).stdout).contains(name.as_str()), "{shell} {name}");
        }
    }
}

/// Where the Debian package takes them from; `UPDATE_EXPECT=1` writes them anew.
#[test]
fn the_package_carries_the_manual_and_the_completions_that_the_binary_prints() {
    for (file, args) in [
        ("headwater.1", &["man"][..]),
        ("headwater.bash", &["completions", "bash"]),
        ("_headwater", &["completions", "zsh"]),
        ("headwater.fish", &["completions", "fish"]),
    ] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli").join(file);
        let printed = text(&run(args).stdout);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, &printed).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == printed, "docs/cli/{file} is not what `headwater {}` prints: UPDATE_EXPECT=1 writes it", args.join(" "));
    }
}

#[test]
fn a_slip_is_told_with_the_name_that_was_meant() {
    for (args, says) in [
        (&["lineag", "x"][..], "there is no command 'lineag'; did you mean lineage?"),
        (&["frobnicate"], "there is no command 'frobnicate'\n"),
        (&["lineage", "--formt", "json"], "there is no option --formt; did you mean --format?"),
        (&["--smaple"], "there is no option --smaple; did you mean --sample?"),
        (&["lineage", "--format", "mermade", "x"], "'mermade' is none of text, json, "),
        (&["lineage", "--format", "mermade", "x"], "did you mean mermaid?"),
        (&["lineage", "--dialect", "posgres", "x"], "did you mean postgres?"),
        (&["lineage", "--schema"], "--schema needs a value: --schema FILE"),
        (&["healthcheck", "now"], "it takes no 'now'"),
        (&["healthcheck", "--format=xml"], "'xml' is none of text, json"),
        (&["completions"], "bash|zsh|fish is missing"),
        (&["diff"], "OLD and NEW are missing"),
        (&["diff", "main"], "diff: NEW is missing"),
        (&["completions", "bash", "zsh"], "'zsh' is one too many"),
        (&["serve", "-x"], "there is no option -x"),
        (&["serve", "--sample=1"], "--sample"),
    ] {
        let output = run(args);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(says), "{args:?}: {said}");
        assert!(said.contains("--help`"), "{args:?} does not say where help is: {said}");
    }
}

#[test]
fn a_bad_setting_is_blamed_on_where_it_stands() {
    for args in [&["serve", "--port", "abc"][..], &["--port=abc"], &["impact", "x"]] {
        let dir = TempDir::new();
        let output = command(dir.path()).args(args).env("API_PORT", "abd").output().expect("the binary runs");
        let option = args.iter().any(|arg| arg.starts_with("--port"));
        let says = if option { ": --port is 'abc' but must be" } else { ": API_PORT is 'abd' but must be" };
        assert_eq!(output.status.code(), Some(64), "{args:?}");
        assert!(text(&output.stderr).contains(says), "{args:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_server_open_to_a_network_without_a_token_says_so_at_its_start() {
    let open = TestServer::spawn_binary(&["--host", "0.0.0.0"], |vars| {
        vars.insert("API_TOKEN", String::new());
    });
    open.logged("warning: API_TOKEN is empty, which is as if it were not set");
    open.logged("API_TOKEN is not set: whoever reaches 0.0.0.0:");
    let closed = TestServer::spawn_binary(&["--host", "0.0.0.0"], |vars| {
        vars.insert("API_TOKEN", "sesame".into());
    });
    closed.ready();
    assert!(!closed.log().iter().any(|line| line.contains("API_TOKEN is")), "{:?}", closed.log());
}

#[test]
fn help_and_version_are_everywhere() {
    for args in [&["--version"][..], &["-V"], &["lineage", "-V"], &["man", "--version"]] {
        assert_eq!(text(&run(args).stdout), format!("headwater {}\n", env!("CARGO_PKG_VERSION")), "{args:?}");
    }
    assert_eq!(text(&run(&["-h"]).stdout), text(&run(&["help"]).stdout));
    assert!(text(&run(&["serve", "-h"]).stdout).contains("SHUTDOWN_GRACE_SECS [7]"));
}

/// What bash offers at the end of these words.
fn offered(words: &[&str]) -> Vec<String> {
    let dir = TempDir::new();
    std::fs::create_dir(dir.path().join("models and more")).expect("a folder");
    std::fs::write(dir.path().join("mine.sql"), "").expect("a file");
    let script = text(&run(&["completions", "bash"]).stdout);
    let quoted: Vec<String> = words.iter().map(|w| format!("'{w}'")).collect();
    let ask =
        format!("COMP_WORDS=({})\nCOMP_CWORD={}\n_headwater\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n", quoted.join(" "), words.len() - 1);
    let mut bash = Command::new("bash").current_dir(dir.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("bash");
    bash.stdin.take().expect("piped").write_all((script + &ask).as_bytes()).expect("bash reads");
    let mut list: Vec<String> = text(&bash.wait_with_output().expect("bash ends").stdout).lines().map(str::to_owned).collect();
    list.sort();
    list
}

#[test]
fn bash_offers_commands_options_words_and_files() {
    assert_eq!(offered(&["headwater", "lin"]), ["lineage"]);
    assert_eq!(offered(&["headwater", "--sa"]), ["--sample"]);
    assert_eq!(offered(&["headwater", "lineage", "--f"]), ["--format"]);
    assert_eq!(offered(&["headwater", "lineage", "--format", "me"]), ["mermaid"]);
    assert_eq!(offered(&["headwater", "lineage", "--dialect", "data"]), ["databricks"]);
    // Bash takes these apart at the sign.
    assert_eq!(offered(&["headwater", "lineage", "--dialect", "=", "data"]), ["databricks"]);
    assert_eq!(offered(&["headwater", "diff", "--fail-on", "="]), ["any", "breaking"]);
    assert_eq!(offered(&["headwater", "lineage", "--schema", "m"]), ["mine.sql", "models and more"]);
    assert_eq!(offered(&["headwater", "lineage", "x.sql", "mi"]), ["mine.sql"]);
    assert_eq!(offered(&["headwater", "serve", "--data", "m"]), ["models and more"]);
    assert_eq!(offered(&["headwater", "help", "comp"]), ["completions"]);
}

#[test]
fn the_manual_is_roff_without_complaint() {
    let page = run(&["man"]).stdout;
    let Ok(mut groff) = Command::new("groff")
        .args(["-man", "-ww", "-Tutf8", "-K", "utf8"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
    else {
        // Not every machine has groff; the page is made all the same.
        return assert!(text(&page).starts_with(".TH HEADWATER 1"));
    };
    groff.stdin.take().expect("piped").write_all(&page).expect("groff reads");
    let output = groff.wait_with_output().expect("groff ends");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(shown.contains("a bad setting") && shown.contains("longest a stop waits"), "{shown}");
}

#[test]
fn who_has_closed_standard_error_still_gets_the_exit_code() {
    for (args, code) in [(&["frobnicate"][..], 2), (&["completions"], 2), (&["lineage", "nowhere"], 1), (&["serve", "--port", "many"], 64)]
    {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let status = command(&std::env::temp_dir()).args(args).stdout(Stdio::null()).stderr(writer).status().expect("the binary runs");
        assert_eq!(status.code(), Some(code), "{args:?}");
    }
}
