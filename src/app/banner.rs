//! What a newcomer reads when the sandbox starts.

use super::sandbox::Sandbox;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;

/// Prints the address, a token per role, and what to look at.
pub(super) fn sandbox(address: SocketAddr, data: &Path, sandbox: &Sandbox) {
    let zone = sandbox.zone;
    let now = sandbox.account.clock().now().with_timezone(&zone).format("%a %-d %b %Y %H:%M %Z");
    let mut text = format!(
        "\nSANDBOX: a simulated account with simulated students; nothing here is real.\n\
         It is {now}; time runs up to {} times as fast as yours.\n\n\
         Page     http://{address}/\n\
         Posture  http://{address}/v1/posture\n\
         State    {}{}\n\n\
         Tokens (Authorization: Bearer ...)\n",
        sandbox.speed,
        data.display(),
        if sandbox.account.resumed() { " (resumed)" } else { "" },
    );
    for (role, secret) in &sandbox.secrets {
        text.push_str(&format!("  {:<10} {secret}\n", role.as_str()));
    }
    text.push_str(
        "\nWatch: web servers rise before the first exam, nobody can take one away during it, and they are\n\
         given back after the last deadline. Add an exam of your own: README, \"Add an exam\". Stop: Ctrl-C;\n\
         start again, and the simulated account has gone on meanwhile.\n\n",
    );
    // A closed standard output is no reason not to serve.
    let _ = std::io::stdout().write_all(text.as_bytes());
}
