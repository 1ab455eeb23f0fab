//! What logs say, and what they never say.

use crate::support::{bytes_of, gate, listener, named};
use partita_wire::{Gate, connect};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// FAULTS M9, secure default 9: a crowd of strangers is logged with process and reason, in few lines, and the token is in no log and
/// no text of anything that has it.
#[tokio::test]
async fn logs_are_bounded_and_never_have_the_token() {
    let lines = Lines::default();
    let made = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || made.clone());
    let _here = tracing::subscriber::set_default(subscriber.finish());
    let (ours, other) = (gate(), gate());
    let (_place, mut listener) = listener(&ours);
    let path = listener.path().to_path_buf();
    let mut refused = 0;
    while refused < 100 {
        tokio::select! {
            _ = listener.accept() => panic!("a stranger got in"),
            error = connect(&path, named(1), &other) => { error.unwrap_err(); refused += 1; }
        }
    }
    // One that sends the token itself, in clear, as its length and what follows.
    let good = connect(&path, named(1), &ours);
    UnixStream::connect(&path).unwrap().write_all(b"no frame at all").unwrap();
    let (accepted, connected) = tokio::join!(listener.accept(), good);
    let shown = format!("{ours:?} {:?} {:?} {listener:?}", accepted.unwrap(), connected.unwrap());
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let refusals = log.lines().filter(|line| line.contains("does not know the token")).count();
    assert!((8..=8 + 3).contains(&refusals), "{refusals} lines of 100:\n{log}");
    assert!(log.contains(&format!("process {}", std::process::id())), "{log}");
    for gate in [ours, other] {
        let Gate { token, .. } = gate;
        let bytes = bytes_of(&token);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let decimal = bytes.map(|byte| byte.to_string()).join(", ");
        for text in [&log, &shown] {
            assert!(!text.contains(&hex[..16]) && !text.contains(&decimal[..20]), "{text}");
        }
    }
}
