//! The lines of a partition's blocks as a stream.

use super::error::TextFault;
use super::lines::{Lines, Rules, split};
use super::plan::{Block, Planned};
use crate::bag::Element;
use crate::bag::stream::{Fail, MORE, Source, Step};
use partita_graph::Fault;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// What a line becomes: a `String`, or a pair of it and its file's path.
pub trait Line: Element + sealed::Sealed {
    /// Makes one.
    #[doc(hidden)]
    fn make(line: &str, path: &Path) -> Self;

    /// Makes one in the place of another.
    #[doc(hidden)]
    fn remake(&mut self, line: &str, path: &Path);
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for String {}

    impl Sealed for (String, String) {}
}

impl Line for String {
    fn make(line: &str, _: &Path) -> Self {
        line.to_string()
    }

    #[inline]
    fn remake(&mut self, line: &str, _: &Path) {
        self.clear();
        self.push_str(line);
    }
}

impl Line for (String, String) {
    fn make(line: &str, path: &Path) -> Self {
        (line.to_string(), path.to_string_lossy().into_owned())
    }

    fn remake(&mut self, line: &str, path: &Path) {
        self.0.remake(line, path);
        let path = path.to_string_lossy();
        if self.1 != path {
            self.1 = path.into_owned();
        }
    }
}

/// Reads the blocks of a partition one after the other.
pub(super) struct Reader {
    pub(super) files: Arc<Vec<Arc<Planned>>>,
    pub(super) blocks: std::vec::IntoIter<Block>,
    pub(super) rules: Rules,
    pub(super) current: Option<Lines>,
    /// Lines that were read to be handed out one by one.
    pub(super) pending: Pending,
}

/// Text that was read, and how much of it was handed out.
#[derive(Default)]
pub(super) struct Pending {
    text: String,
    used: usize,
}

fn fault(fault: TextFault) -> Fail {
    Box::new(Fault::failed(fault))
}

impl Reader {
    /// The block that is being read, or the next one.
    fn open(&mut self) -> Result<Option<&mut Lines>, TextFault> {
        if self.current.is_none()
            && let Some(block) = self.blocks.next()
        {
            self.current = Some(Lines::open(self.files[block.file].clone(), block, self.rules.clone())?);
        }
        Ok(self.current.as_mut())
    }

    /// Calls `sink` with each line that is left.
    fn each(&mut self, sink: &mut dyn FnMut(&str, &Path) -> Step) -> Step {
        let failed = |text: TextFault| ControlFlow::Break(Some(fault(text)));
        self.pending_lines(sink)?;
        loop {
            let lines = match self.open() {
                Ok(Some(lines)) => lines,
                Ok(None) => return MORE,
                Err(text) => return failed(text),
            };
            match lines.next_region() {
                Ok(Some(region)) => match lines.text(&region) {
                    Ok(text) => {
                        let mut rest = &*text;
                        while let Some((line, after)) = lines.split(rest) {
                            sink(line, lines.path())?;
                            rest = after;
                        }
                    }
                    Err(text) => return failed(text),
                },
                Ok(None) => self.current = None,
                Err(text) => return failed(text),
            }
        }
    }

    /// Lines that were read by `next`, before who reads changed to `drive`.
    fn pending_lines(&mut self, sink: &mut dyn FnMut(&str, &Path) -> Step) -> Step {
        let pending = std::mem::take(&mut self.pending);
        let Some(lines) = &self.current else { return MORE };
        let mut rest = &pending.text[pending.used..];
        while let Some((line, after)) = lines.split(rest) {
            sink(line, lines.path())?;
            rest = after;
        }
        MORE
    }
}

impl<L: Line> Source<L> for Reader {
    fn next(&mut self) -> Result<Option<L>, Fail> {
        loop {
            let Pending { text, used } = &mut self.pending;
            if let Some((line, after)) = split(&text[*used..], self.rules.delimiter.as_deref()) {
                let path = self.current.as_ref().map_or(Path::new(""), Lines::path);
                let made = L::make(line, path);
                *used = text.len() - after.len();
                return Ok(Some(made));
            }
            let Some(lines) = self.open().map_err(fault)? else { return Ok(None) };
            match lines.next_region().map_err(fault)? {
                Some(region) => {
                    let text = lines.text(&region).map_err(fault)?.into_owned();
                    self.pending = Pending { text, used: 0 };
                }
                None => self.current = None,
            }
        }
    }

    fn drive(&mut self, sink: &mut dyn FnMut(L) -> Step) -> Step {
        self.each(&mut |line, path| sink(L::make(line, path)))
    }

    fn drive_ref(&mut self, sink: &mut dyn FnMut(&L) -> Step) -> Step {
        let mut made: Option<L> = None;
        self.each(&mut |line, path| match &mut made {
            Some(made) => {
                made.remake(line, path);
                sink(made)
            }
            None => sink(made.insert(L::make(line, path))),
        })
    }
}
