//! How the runs of each task of a swarm go: drawn once for each task, so that it is the same whatever else happens.

use crate::model::{End, Model, Run, Start};
use crate::universe::Number;
use smallvec::SmallVec;
use std::sync::Arc;
use std::time::Duration;

/// How the runs of a task go.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// How long each takes.
    pub duration: Duration,
    /// When each gives its thread back, if it does.
    pub secede: Option<Duration>,
    /// The size of its value.
    pub nbytes: u64,
    /// How the first runs end, other than well.
    pub first: SmallVec<[End; 2]>,
    /// Whether all further runs end with an error.
    pub fails: bool,
}

impl Course {
    /// Whether every run ends well, on the thread that it began on.
    pub fn is_plain(&self) -> bool {
        self.first.is_empty() && !self.fails && self.secede.is_none()
    }

    /// The same without anything that goes wrong.
    #[must_use]
    pub fn plain(&self) -> Self {
        Course { first: SmallVec::new(), fails: false, secede: None, ..self.clone() }
    }
}

/// The courses of all tasks.
#[derive(Clone, Debug)]
pub struct Courses(pub Arc<[Course]>);

impl Model for Courses {
    fn run(&mut self, start: Start) -> Run {
        let Some(course) = self.0.get(start.number as usize) else {
            return Run { duration: Duration::ZERO, secede: None, end: End::Error };
        };
        let end = match course.first.get(start.before as usize) {
            Some(end) => *end,
            None if course.fails => End::Error,
            None => End::Value { nbytes: course.nbytes },
        };
        Run { duration: course.duration, secede: course.secede, end }
    }

    fn data_nbytes(&mut self, number: Number) -> u64 {
        self.0.get(number as usize).map_or(8, |course| course.nbytes)
    }
}
