//! A connection on which messages come and go.

use super::error::NetError;
use crate::address::Address;
use crate::frame::{Assembler, Limits, prelude};
use crate::message::{Message, MessageError, Outgoing, part};
use crate::ops::answer::answer;
use crate::ops::{Call, Handshake};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Frames up to this size are written together.
const TOGETHER: usize = 64 << 10;

/// The half that is read.
pub struct Reader {
    half: Box<dyn AsyncRead + Send + Unpin>,
    assembler: Assembler,
    address: String,
}

/// The half that is written to.
pub struct Writer {
    half: Box<dyn AsyncWrite + Send + Unpin>,
    address: String,
}

/// A connection whose handshake is done.
pub struct Connection {
    /// What comes.
    pub reader: Reader,
    /// What goes.
    pub writer: Writer,
}

/// Connects, and says what is said first; both within this time.
///
/// # Errors
/// [`NetError`] if nobody is there, or nobody who speaks as Dask does.
pub async fn connect(address: &Address, limits: Limits, within: Duration) -> Result<Connection, NetError> {
    let name = address.to_string();
    let silent = || NetError::Silent { address: name.clone(), after: within };
    let opening = async {
        let opened = TcpStream::connect((address.host.as_str(), address.port)).await;
        let stream = opened.map_err(|error| NetError::Connect { address: name.clone(), error })?;
        open(stream, &name, limits).await
    };
    timeout(within, opening).await.unwrap_or_else(|_| Err(silent()))
}

/// Takes a connection that somebody has made, and says what is said first; within this time.
///
/// # Errors
/// [`NetError`] if it is nobody who speaks as Dask does.
pub async fn accept(stream: TcpStream, limits: Limits, within: Duration) -> Result<Connection, NetError> {
    let name = stream.peer_addr().map_or_else(|_| "somebody".to_owned(), |address| address.to_string());
    let silent = || NetError::Silent { address: name.clone(), after: within };
    timeout(within, open(stream, &name, limits)).await.unwrap_or_else(|_| Err(silent()))
}

/// Both sides write first, and then read.
async fn open(stream: TcpStream, name: &str, limits: Limits) -> Result<Connection, NetError> {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a socket waits for more before it sends");
    }
    let (reader, writer) = stream.into_split();
    let reader =
        Reader { half: Box::new(reader), assembler: Assembler::new(Limits::STRANGER), address: name.to_owned() };
    let writer = Writer { half: Box::new(writer), address: name.to_owned() };
    let mut connection = Connection { reader, writer };
    connection.writer.say(&Handshake::ours()).await?;
    let theirs = connection.reader.next().await?.ok_or_else(|| NetError::Ended { address: name.to_owned() })?;
    let theirs: Result<Handshake, _> = part("the handshake", theirs.head);
    theirs.map_err(|error| NetError::Message { address: name.to_owned(), error })?;
    connection.reader.assembler.limit(limits);
    Ok(connection)
}

impl Reader {
    /// The next message; none if the other side has ended the connection between two.
    ///
    /// # Errors
    /// [`NetError`] if what comes is none. Nothing that comes after it can be understood.
    pub async fn next(&mut self) -> Result<Option<Message>, NetError> {
        loop {
            let frames = self.assembler.message().map_err(|error| self.frame(error))?;
            if let Some(frames) = frames {
                let message = Message::read(frames);
                return message.map(Some).map_err(|error| NetError::Message { address: self.address.clone(), error });
            }
            match self.half.read_buf(&mut self.assembler.space()).await {
                Ok(0) => return self.assembler.finish().map(|()| None).map_err(|error| self.frame(error)),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(NetError::Broken { address: self.address.clone(), error }),
            }
        }
    }

    fn frame(&self, error: crate::frame::FrameError) -> NetError {
        NetError::Frame { address: self.address.clone(), error }
    }

    /// Who is at the other end.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Writer {
    /// Writes a message that refers to nothing.
    ///
    /// # Errors
    /// [`NetError`] if the connection broke.
    pub async fn say<T: Serialize + ?Sized>(&mut self, head: &T) -> Result<(), NetError> {
        let frames = Outgoing::default().say(head);
        let frames = frames.map_err(|error| NetError::Message { address: self.address.clone(), error })?;
        self.write(&frames).await
    }

    /// Writes the frames of a message: small ones together, large ones as they are.
    ///
    /// # Errors
    /// [`NetError`] if the connection broke.
    pub async fn write(&mut self, frames: &[Bytes]) -> Result<(), NetError> {
        let mut together = prelude(frames).to_vec();
        for frame in frames {
            if together.len() + frame.len() <= TOGETHER {
                together.extend_from_slice(frame);
                continue;
            }
            self.put(&together).await?;
            together.clear();
            if frame.len() <= TOGETHER {
                together.extend_from_slice(frame);
            } else {
                self.put(frame).await?;
            }
        }
        self.put(&together).await?;
        self.half.flush().await.map_err(|error| self.broken(error))
    }

    async fn put(&mut self, bytes: &[u8]) -> Result<(), NetError> {
        let written = self.half.write_all(bytes).await;
        written.map_err(|error| self.broken(error))
    }

    fn broken(&self, error: io::Error) -> NetError {
        NetError::Broken { address: self.address.clone(), error }
    }
}

impl Connection {
    /// Asks, and waits for the answer for so long.
    ///
    /// # Errors
    /// [`NetError`] if there is no answer, or an error is.
    pub async fn ask(&mut self, call: &Call, within: Duration) -> Result<Message, NetError> {
        let (frames, address) = (Outgoing::default().say(&call.asked()), self.reader.address.clone());
        let frames = frames.map_err(|error| NetError::Message { address: address.clone(), error })?;
        self.ask_with(&frames, within).await
    }

    /// As [`Connection::ask`], of a question that refers to other frames.
    ///
    /// # Errors
    /// As [`Connection::ask`].
    pub async fn ask_with(&mut self, frames: &[Bytes], within: Duration) -> Result<Message, NetError> {
        let address = self.reader.address.clone();
        let asking = async {
            self.writer.write(frames).await?;
            self.reader.next().await?.ok_or_else(|| NetError::Ended { address: address.clone() })
        };
        timeout(within, asking)
            .await
            .unwrap_or_else(|_| Err(NetError::Silent { address: address.clone(), after: within }))
    }

    /// What an answer is, or the error that it is.
    ///
    /// # Errors
    /// [`NetError`] if it is an error, or makes no sense.
    pub fn read<T: DeserializeOwned>(&self, question: &str, answered: Message) -> Result<T, NetError> {
        let address = self.reader.address.clone();
        match answer(question, answered.head) {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(failed)) => Err(NetError::Refused { address, question: question.to_owned(), answer: failed.text }),
            Err(error @ MessageError::Form { .. }) | Err(error) => Err(NetError::Message { address, error }),
        }
    }
}
