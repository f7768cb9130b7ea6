//! `headwater completions SHELL`: what a shell offers after Tab, from the rows of the commands.

use super::command::{Command, Group, HELP, Operand, Opt, Run, Takes, VERSION};
use super::{Arguments, COMMANDS, Outcome, print, serve};

/// Prints a shell's completions.
pub const COMMAND: Command = Command {
    name: "completions",
    group: Group::Meta,
    summary: "print completions for a shell",
    about: "Commands, options and the words that options take are completed; so are files and folders where they belong.",
    operand: Some(Operand { shown: "bash|zsh|fish", takes: Takes::OneOf(&["bash", "zsh", "fish"]), least: 1, most: 1 }),
    options: &[],
    examples: &[
        ("For bash, from the next login on", "headwater completions bash > /etc/bash_completion.d/headwater"),
        ("For zsh, into a folder of $fpath", "headwater completions zsh > ~/.zfunc/_headwater"),
        ("For fish", "headwater completions fish > ~/.config/fish/completions/headwater.fish"),
    ],
    run: Run::Here(run),
};

fn run(arguments: &Arguments) -> Outcome {
    let shell = arguments.operands()[0].to_string_lossy().to_lowercase();
    print(&match shell.as_str() {
        "bash" => bash(),
        "zsh" => zsh(),
        _ => fish(),
    })
}

fn options(command: &Command) -> impl Iterator<Item = &Opt> {
    command.options.iter().chain([&HELP, &VERSION])
}

fn names() -> Vec<&'static str> {
    COMMANDS.iter().map(|c| c.name).collect()
}

fn bash() -> String {
    let mut values = String::new();
    let mut rest = String::new();
    for command in COMMANDS {
        for option in options(command) {
            let offered = match option.takes {
                Takes::Nothing => continue,
                Takes::Path => "_headwater_files -f".to_owned(),
                Takes::Folder => "_headwater_files -d".to_owned(),
                takes => format!("_headwater_words {}", quoted(&takes.words().join(" "))),
            };
            values.push_str(&format!("        {}) {offered}; return ;;\n", quoted(&format!("{} --{}", command.name, option.name))));
        }
        let flags: Vec<String> = options(command).map(|option| format!("--{}", option.name)).collect();
        let operand = match command.operand.as_ref().map(|operand| operand.takes) {
            Some(Takes::Path) => "_headwater_files -f".to_owned(),
            Some(Takes::Folder) => "_headwater_files -d".to_owned(),
            Some(takes) => format!("_headwater_words {}", quoted(&takes.words().join(" "))),
            None => ":".to_owned(),
        };
        rest.push_str(&format!("        {}) flags={} operand={} ;;\n", command.name, quoted(&flags.join(" ")), quoted(&operand)));
    }
    format!(
        "\
# Completions of headwater for bash.
_headwater_words() {{ mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\"); }}
_headwater_files() {{ compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$cur\"); }}
_headwater() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} command={default} flags operand
    # `--option=value` comes in three words.
    if [[ $cur == = ]]; then cur=
    elif [[ $before == = ]]; then before=${{COMP_WORDS[COMP_CWORD - 2]}}; fi
    case ${{COMP_WORDS[1]}} in {names}) ((COMP_CWORD > 1)) && command=${{COMP_WORDS[1]}} ;; esac
    case \"$command $before\" in
{values}    esac
    case $command in
{rest}    esac
    if [[ $cur == -* ]]; then _headwater_words \"$flags\"
    elif ((COMP_CWORD == 1)); then _headwater_words {all}
    else eval \"$operand\"; fi
}}
complete -F _headwater headwater
",
        default = serve::COMMAND.name,
        names = names().join("|"),
        all = quoted(&names().join(" ")),
    )
}

fn zsh() -> String {
    let spec = |option: &Opt| {
        let help = option.help.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
        // With the sign a value may stand behind it, or come as the next word.
        let (sign, value) = match option.takes {
            Takes::Nothing => ("", String::new()),
            takes => ("=", format!(":{}:{}", option.value, zsh_action(takes))),
        };
        quoted(&format!("--{}{sign}[{help}]{value}", option.name))
    };
    let mut commands = String::new();
    let mut rest = String::new();
    for command in COMMANDS {
        commands.push_str(&format!("        {}\n", quoted(&format!("{}:{}", command.name, command.summary))));
        let mut specs: Vec<String> = options(command).map(spec).collect();
        specs.extend(command.operand.as_ref().map(|o| quoted(&format!("*:{}:{}", o.shown.replace(':', "\\:"), zsh_action(o.takes)))));
        rest.push_str(&format!("        {}) _arguments {} ;;\n", command.name, specs.join(" ")));
    }
    let top: Vec<String> = options(&serve::COMMAND).map(spec).collect();
    format!(
        "\
#compdef headwater
# Completions of headwater for zsh.
_headwater() {{
    local state line
    local -a commands=(
{commands}    )
    _arguments -C {} ':command:->command' '*::argument:->rest'
    case $state in
    command) _describe command commands ;;
    rest)
        case $line[1] in
{rest}        esac ;;
    esac
}}
if [[ $funcstack[1] == _headwater ]]; then _headwater \"$@\"; else compdef _headwater headwater; fi
",
        top.join(" ")
    )
}

fn zsh_action(takes: Takes) -> String {
    match takes {
        Takes::Path => "_files".to_owned(),
        Takes::Folder => "_files -/".to_owned(),
        takes if takes.words().is_empty() => " ".to_owned(),
        takes => format!("({})", takes.words().join(" ")),
    }
}

fn fish() -> String {
    let mut page = String::from("# Completions of headwater for fish.\ncomplete -c headwater -f\n");
    for command in COMMANDS {
        let summary = fish_quoted(command.summary);
        page.push_str(&format!("complete -c headwater -n __fish_use_subcommand -a {} -d {summary}\n", command.name));
        let mut on = format!("__fish_seen_subcommand_from {}", command.name);
        if matches!(command.run, Run::Serve) {
            on.push_str("; or __fish_use_subcommand");
        }
        let on = fish_quoted(&on);
        for option in options(command) {
            let value = match option.takes {
                Takes::Nothing => String::new(),
                takes => format!(" -r{}", fish_action(takes)),
            };
            page.push_str(&format!("complete -c headwater -n {on} -l {}{value} -d {}\n", option.name, fish_quoted(option.help)));
        }
        if let Some(operand) = &command.operand {
            page.push_str(&format!("complete -c headwater -n {on}{}\n", fish_action(operand.takes)));
        }
    }
    page
}

fn fish_action(takes: Takes) -> String {
    match takes {
        Takes::Path => " -F".to_owned(),
        Takes::Folder => " -a '(__fish_complete_directories)'".to_owned(),
        takes if takes.words().is_empty() => " -f".to_owned(),
        takes => format!(" -f -a {}", fish_quoted(&takes.words().join(" "))),
    }
}

/// One word of bash or zsh.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// One word of fish.
fn fish_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
