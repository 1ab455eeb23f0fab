//! A listener to be attacked, in a process of its own, so that its memory and descriptors are its own.

use super::{Error, runtime, set_descriptors};
use partita_wire::{Connection, Gate, Identity, Listener, Place, Role, Token256};
use std::io::{BufRead, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub(crate) fn run(base: &Path, descriptors: Option<u64>, open: bool) -> Result<(), Error> {
    if descriptors.is_some() {
        set_descriptors(descriptors)?;
    }
    let token = Token256::read_from(std::io::stdin().lock())?;
    let place = Place::fresh_in(base)?;
    let (tell, asked) = unbounded_channel();
    std::thread::spawn(move || {
        // The end of stdin, or of this process, ends it.
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    runtime()?.block_on(serve(&place, Gate::new(token), asked, open))
}

async fn serve(place: &Place, gate: Gate, mut asked: UnboundedReceiver<String>, open: bool) -> Result<(), Error> {
    let us = Identity { role: Role::Scheduler, number: 0, incarnation: 0, lane: 0 };
    let mut listener = Listener::bind(place, "hostile", us, gate)?;
    if open {
        std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o711))?;
        std::fs::set_permissions(listener.path(), std::fs::Permissions::from_mode(0o666))?;
    }
    say(&format!("listening {}", listener.path().display()))?;
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                tokio::spawn(echo(accepted?.connection));
            }
            line = asked.recv() => match line {
                Some(_) => say(&format!("{:?}; pending {}; {}", listener.refusals(), listener.pending(), memory()))?,
                None => return Ok(()),
            },
        }
    }
}

/// Sends each message back.
async fn echo(connection: Connection) {
    let (sender, mut receiver) = connection.split::<u64, u64>();
    while let Ok(Some(message)) = receiver.next().await {
        if let Err(error) = sender.send(&message.head, message.segments) {
            tracing::debug!("{error}");
            return;
        }
    }
}

/// Memory of this process: now, and the most so far.
fn memory() -> String {
    // Without file descriptors this cannot be read.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_else(|error| format!("VmRSS: {error}"));
    let lines = status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS"));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join("; ")
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
