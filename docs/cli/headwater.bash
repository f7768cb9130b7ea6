# Completions of headwater for bash.
_headwater_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
_headwater_files() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen "$1" -- "$cur"); }
_headwater() {
    local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=serve flags operand
    # `--option=value` comes in three words.
    if [[ $cur == = ]]; then cur=
    elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD - 2]}; fi
    case ${COMP_WORDS[1]} in serve|healthcheck|backup|restore|check|upload|ask|impact|lineage|diff|completions|man|help) ((COMP_CWORD > 1)) && command=${COMP_WORDS[1]} ;; esac
    case "$command $before" in
        'serve --host') _headwater_words ''; return ;;
        'serve --port') _headwater_words ''; return ;;
        'serve --data') _headwater_files -d; return ;;
        'healthcheck --server') _headwater_words ''; return ;;
        'healthcheck --format') _headwater_words 'text json'; return ;;
        'backup --data') _headwater_files -d; return ;;
        'backup --format') _headwater_words 'text json'; return ;;
        'restore --data') _headwater_files -d; return ;;
        'restore --format') _headwater_words 'text json'; return ;;
        'check --data') _headwater_files -d; return ;;
        'check --format') _headwater_words 'text json'; return ;;
        'upload --project') _headwater_words ''; return ;;
        'upload --repository') _headwater_words ''; return ;;
        'upload --dialect') _headwater_words 'auto tsql postgres mysql duckdb spark bigquery snowflake oracle fabric redshift presto trino hive sqlite athena databricks clickhouse teradata'; return ;;
        'upload --server') _headwater_words ''; return ;;
        'upload --format') _headwater_words 'text json'; return ;;
        'ask --mode') _headwater_words 'graph semantic deep text'; return ;;
        'ask --model') _headwater_words ''; return ;;
        'ask --project') _headwater_words ''; return ;;
        'ask --server') _headwater_words ''; return ;;
        'ask --format') _headwater_words 'text json'; return ;;
        'impact --depth') _headwater_words ''; return ;;
        'impact --project') _headwater_words ''; return ;;
        'impact --server') _headwater_words ''; return ;;
        'impact --format') _headwater_words 'text json'; return ;;
        'lineage --dialect') _headwater_words 'auto tsql postgres mysql duckdb spark bigquery snowflake oracle fabric redshift presto trino hive sqlite athena databricks clickhouse teradata'; return ;;
        'lineage --schema') _headwater_files -f; return ;;
        'lineage --format') _headwater_words 'text json svg mermaid dot'; return ;;
        'diff --fail-on') _headwater_words 'breaking any'; return ;;
        'diff --dialect') _headwater_words 'auto tsql postgres mysql duckdb spark bigquery snowflake oracle fabric redshift presto trino hive sqlite athena databricks clickhouse teradata'; return ;;
        'diff --format') _headwater_words 'text json markdown'; return ;;
    esac
    case $command in
        serve) flags='--sample --host --port --data --help --version' operand=':' ;;
        healthcheck) flags='--server --format --help --version' operand=':' ;;
        backup) flags='--force --data --format --help --version' operand='_headwater_files -f' ;;
        restore) flags='--data --format --help --version' operand='_headwater_files -f' ;;
        check) flags='--data --format --help --version' operand=':' ;;
        upload) flags='--project --create --repository --dialect --server --format --help --version' operand='_headwater_files -f' ;;
        ask) flags='--mode --model --project --server --format --help --version' operand='_headwater_words '\'''\''' ;;
        impact) flags='--depth --fail --project --server --format --help --version' operand='_headwater_words '\'''\''' ;;
        lineage) flags='--dialect --schema --format --jsonl --help --version' operand='_headwater_files -f' ;;
        diff) flags='--fail-on --dialect --format --help --version' operand='_headwater_files -f' ;;
        completions) flags='--help --version' operand='_headwater_words '\''bash zsh fish'\''' ;;
        man) flags='--help --version' operand=':' ;;
        help) flags='--help --version' operand='_headwater_words '\''serve healthcheck backup restore check upload ask impact lineage diff completions man help'\''' ;;
    esac
    if [[ $cur == -* ]]; then _headwater_words "$flags"
    elif ((COMP_CWORD == 1)); then _headwater_words 'serve healthcheck backup restore check upload ask impact lineage diff completions man help'
    else eval "$operand"; fi
}
complete -F _headwater headwater
