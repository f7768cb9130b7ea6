//! The row of `headwater serve`; the program itself runs it.

use super::command::{Command, DATA, Group, Opt, Run, Takes};

/// Runs the server.
pub const COMMAND: Command = Command {
    name: "serve",
    group: Group::Server,
    summary: "run the server (the default command)",
    about: "Runs until SIGTERM or Ctrl-C, which drain first: what is in flight may finish, the store is closed. SIGHUP reads \
            `.env` and credential files anew.",
    operand: None,
    options: &[
        Opt::flag("sample", "ingest the bundled sample warehouse first"),
        Opt::setting("host", "H", Takes::Text, "API_HOST", "address to bind (API_HOST)"),
        Opt::setting("port", "P", Takes::Text, "API_PORT", "port to bind, 0 picks a free one (API_PORT)"),
        DATA,
    ],
    examples: &[
        ("Look around with something in it", "headwater serve --sample"),
        ("For others too: with a token, on every address", "API_TOKEN=… ADMIN_TOKEN=… headwater serve --host 0.0.0.0"),
        ("A second one, with a store of its own", "headwater serve --port 8001 --data ./other"),
    ],
    run: Run::Serve,
};
