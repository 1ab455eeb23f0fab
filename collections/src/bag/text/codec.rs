//! Compressed text: which format a file is in, and its decoders and encoders.

use serde::{Deserialize, Serialize};
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

/// How text files are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compression {
    /// By the file's extension: `.gz`, `.zst`, `.bz2`, `.xz`; anything else is not compressed.
    #[default]
    Infer,
    /// Not at all.
    None,
    /// gzip, of one or several members (as `bgzip` and `cat a.gz b.gz` make them).
    Gzip,
    /// Zstandard, of one or several frames.
    Zstd,
    /// bzip2, of one or several streams.
    Bzip2,
    /// xz, of one or several streams.
    Xz,
}

/// Bytes that are read from a compressed file at a time.
const BUFFER: usize = 128 << 10;

impl Compression {
    /// The compression of one file.
    pub(crate) fn of(self, path: &Path) -> Self {
        if self != Compression::Infer {
            return self;
        }
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => Compression::Gzip,
            Some("zst") => Compression::Zstd,
            Some("bz2") => Compression::Bzip2,
            Some("xz") => Compression::Xz,
            _ => Compression::None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Compression::Infer | Compression::None => "text",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Bzip2 => "bzip2",
            Compression::Xz => "xz",
        }
    }

    /// Reads a file's text.
    pub(crate) fn decoder<R: Read + 'static>(self, file: R) -> io::Result<Box<dyn Read>> {
        let buffered = |file: R| BufReader::with_capacity(BUFFER, file);
        Ok(match self {
            Compression::Infer | Compression::None => Box::new(file),
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(buffered(file))),
            Compression::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(buffered(file))?),
            Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(buffered(file))),
            Compression::Xz => Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(buffered(file))),
        })
    }
}

/// Writes text to a file.
pub(crate) enum Encoder<W: Write> {
    Plain(W),
    Gzip(flate2::write::GzEncoder<W>),
    Zstd(zstd::stream::write::Encoder<'static, W>),
    Bzip2(bzip2::write::BzEncoder<W>),
    Xz(liblzma::write::XzEncoder<W>),
}

/// xz's own default; the others' defaults are their libraries'.
const XZ_LEVEL: u32 = 6;

impl<W: Write> Encoder<W> {
    pub(crate) fn new(compression: Compression, file: W) -> io::Result<Self> {
        Ok(match compression {
            Compression::Infer | Compression::None => Encoder::Plain(file),
            Compression::Gzip => Encoder::Gzip(flate2::write::GzEncoder::new(file, flate2::Compression::default())),
            Compression::Zstd => {
                let mut encoder = zstd::stream::write::Encoder::new(file, 0)?;
                // The other formats have one always.
                encoder.include_checksum(true)?;
                Encoder::Zstd(encoder)
            }
            Compression::Bzip2 => Encoder::Bzip2(bzip2::write::BzEncoder::new(file, bzip2::Compression::default())),
            Compression::Xz => Encoder::Xz(liblzma::write::XzEncoder::new(file, XZ_LEVEL)),
        })
    }

    /// Writes what is left, and gives the file back.
    pub(crate) fn finish(self) -> io::Result<W> {
        match self {
            Encoder::Plain(file) => Ok(file),
            Encoder::Gzip(encoder) => encoder.finish(),
            Encoder::Zstd(encoder) => encoder.finish(),
            Encoder::Bzip2(encoder) => encoder.finish(),
            Encoder::Xz(encoder) => encoder.finish(),
        }
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Encoder::Plain(writer) => writer,
            Encoder::Gzip(writer) => writer,
            Encoder::Zstd(writer) => writer,
            Encoder::Bzip2(writer) => writer,
            Encoder::Xz(writer) => writer,
        }
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer().flush()
    }
}
