//! What the tests share: pairs of connections, a peer written anew from the protocol's text, and a listener's process.

use bytes::Bytes;
use partita_wire::{Connection, Gate, Identity, Listener, Place, Role, Token256, VERSION, connect};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What the messages of tests say.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum Said {
    Number(u64),
    Text(String),
}

/// Who tests are: the side that listens has the number 0.
pub(crate) fn named(number: u32) -> Identity {
    let role = if number == 0 { Role::Scheduler } else { Role::Worker };
    Identity { role, number, incarnation: 1, lane: 0 }
}

pub(crate) fn gate() -> Gate {
    Gate::new(Token256::random().unwrap())
}

/// A listener in a place of its own.
pub(crate) fn listener(gate: &Gate) -> (Place, Listener) {
    let place = Place::fresh().unwrap();
    let listener = Listener::bind(&place, "test", named(0), gate.clone()).unwrap();
    (place, listener)
}

/// Two ends of one connection: that of the listener, and that of worker 1.
pub(crate) async fn pair(gate: &Gate) -> (Connection, Connection) {
    let (_place, mut listener) = listener(gate);
    let path = listener.path().to_path_buf();
    let (accepted, connected) = tokio::join!(listener.accept(), connect(&path, named(1), gate));
    (accepted.unwrap().connection, connected.unwrap())
}

pub(crate) fn segment(byte: u8, length: usize) -> Bytes {
    Bytes::from(vec![byte; length])
}

/// A frame of the protocol.
pub(crate) fn framed(body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32).to_le_bytes(), body].concat()
}

fn read_frame(stream: &mut UnixStream) -> Vec<u8> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut body = vec![0; u32::from_le_bytes(length) as usize];
    stream.read_exact(&mut body).unwrap();
    body
}

/// The bytes of a token, as they are in the pipe to a child.
pub(crate) fn bytes_of(token: &Token256) -> [u8; 32] {
    let mut bytes = Vec::new();
    token.write_to(&mut bytes).unwrap();
    bytes.try_into().unwrap()
}

/// A hello as the text of the protocol says, made without the code that is tested.
pub(crate) fn hello(gate: &Gate, us: u32, greeting: &[u8]) -> Vec<u8> {
    let mut hello = b"\x89PARTITA".to_vec();
    hello.extend_from_slice(&VERSION.to_le_bytes());
    hello.extend_from_slice(&greeting[10..14]);
    hello.extend_from_slice(&2u16.to_le_bytes());
    hello.extend_from_slice(&us.to_le_bytes());
    hello.extend_from_slice(&1u64.to_le_bytes());
    hello.extend_from_slice(&0u16.to_le_bytes());
    hello.extend_from_slice(&gate.build.to_bytes());
    hello.extend_from_slice(&[0x77; 32]);
    let mut hasher = blake3::Hasher::new_keyed(&bytes_of(&gate.token));
    hasher.update(b"partita wire: who connects").update(greeting).update(&hello);
    hello.extend_from_slice(hasher.finalize().as_bytes());
    hello
}

/// The greeting of a listener.
pub(crate) fn greeting(stream: &mut UnixStream) -> Vec<u8> {
    read_frame(stream)
}

/// A raw socket whose handshake as worker `us` is done: from here on anything can be said.
pub(crate) fn raw(path: &Path, gate: &Gate, us: u32) -> UnixStream {
    let mut stream = UnixStream::connect(path).unwrap();
    let greeting = read_frame(&mut stream);
    let hello = hello(gate, us, &greeting);
    stream.write_all(&framed(&hello)).unwrap();
    let answer = read_frame(&mut stream);
    assert_eq!((answer.len(), answer[8]), (79, 0), "welcome");
    stream
}

/// The program of hostile peers.
pub(crate) fn hostile() -> Command {
    Command::new(env!("CARGO_BIN_EXE_partita-hostile"))
}

/// A listener in a process of its own, which ends with this.
pub(crate) struct Served {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    pub(crate) path: PathBuf,
    pub(crate) gate: Gate,
    _base: tempfile::TempDir,
}

impl Served {
    /// Starts it, with further arguments.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let base = tempfile::Builder::new().prefix("wire").tempdir_in("/tmp").unwrap();
        let mut command = hostile();
        command.arg("serve").arg(base.path()).args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let gate = Gate { build: partita_graph::Token::NONE, ..gate() };
        let mut stdin = child.stdin.take().unwrap();
        gate.token.write_to(&mut stdin).unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut served = Served { child, stdin: Some(stdin), stdout, path: PathBuf::new(), gate, _base: base };
        served.path = served.line().strip_prefix("listening ").unwrap().into();
        let executable = std::fs::File::open(env!("CARGO_BIN_EXE_partita-hostile")).unwrap();
        served.gate.build = partita_graph::Token::of_reader(executable).unwrap();
        served
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().to_string()
    }

    /// What it tells of itself.
    pub(crate) fn report(&mut self) -> String {
        self.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        self.line()
    }

    /// A figure of what it tells: the number behind a name.
    pub(crate) fn figure(&mut self, name: &str) -> u64 {
        let report = self.report();
        let (_, rest) = report.split_once(name).unwrap();
        let digits: String =
            rest.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.stdin.take());
        self.child.wait().unwrap();
    }
}
