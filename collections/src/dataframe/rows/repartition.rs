//! Other partitions for the same rows.

use crate::dataframe::DataFrame;
use crate::dataframe::facts::{Divisions, Facts};
use crate::dataframe::layers::{Built, frame_task};
use crate::dataframe::stacks::stacked_as;
use crate::dataframe::travel::Columns;
use crate::identity::Identity;
use partita_graph::{Engine, Input, RunError};
use polars::prelude as pl;
use std::ops::Range;
use std::sync::Arc;

partita_graph::travels!(Piece { part, nth, of });

/// A piece of a partition: the `nth` of so many of equal length.
#[derive(Clone, Copy)]
struct Piece {
    part: usize,
    nth: usize,
    of: usize,
}

impl Piece {
    fn range(self, rows: usize) -> Range<usize> {
        let cut = |nth: usize| (nth as u128 * rows as u128 / self.of as u128) as usize;
        cut(self.nth)..cut(self.nth + 1)
    }
}

impl DataFrame {
    /// The same rows, in the same order, in this many partitions (0 counts as 1); Dask's `repartition(npartitions=…)`.
    ///
    /// Fewer: neighbours are put together. More: partitions are cut into pieces of about equal length. No row is copied,
    /// and no partition waits for others than it is made of.
    ///
    /// ```
    /// use partita_collections::{bag, dataframe::{DataFrame, polars::prelude::df}};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3, 4, 5])?, 3);
    /// assert_eq!(bag::on_reference(&frame.repartition(2).partition_lengths())?, [1, 4]);
    /// assert_eq!(frame.repartition(5).npartitions(), 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn repartition(&self, npartitions: usize) -> Self {
        DataFrame::built(self.try_repartition(npartitions))
    }

    #[track_caller]
    fn try_repartition(&self, npartitions: usize) -> Built<Self> {
        let (old, new) = (self.sound()?.npartitions(), npartitions.clamp(1, u32::MAX as usize));
        if old == new {
            return Ok(self.clone());
        }
        let bound = |nth: usize, of: usize, into: usize| (nth as u128 * of as u128 / into as u128) as usize;
        let plans = match old > new {
            true => (0..new).map(|nth| (bound(nth, old, new)..bound(nth + 1, old, new)).map(whole).collect()).collect(),
            false if old == 0 => vec![Vec::new(); new],
            false => (0..old)
                .flat_map(|part| pieces(part, bound(part + 1, new, old) - bound(part, new, old)))
                .map(|piece| vec![piece])
                .collect(),
        };
        Ok(self.replanned(self.identity("repartition").data(&(new as u64)), plans))
    }

    /// The same rows, in partitions of about this many bytes at most; Dask's `repartition(partition_size=…)`.
    ///
    /// The sizes of the partitions must be known to plan this, so they are computed here, on `engine`, as Dask does.
    /// Partitions that are too large are cut into pieces of equal length, then neighbours are put together as long as
    /// they are small enough.
    ///
    /// # Errors
    /// Whatever went wrong while the sizes were computed.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, polars::prelude::df};
    /// use partita_graph::Reference;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => (0..100i64).collect::<Vec<_>>())?, 10);
    /// assert_eq!(frame.repartition_bytes(160, &Reference)?.npartitions(), 5);
    /// assert_eq!(frame.repartition_bytes(40, &Reference)?.npartitions(), 20);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn repartition_bytes(&self, bytes: usize, engine: &impl Engine) -> Result<Self, RunError> {
        let sizes = self.memory_usage_per_partition();
        let graph = crate::Collection::graph(&sizes).check()?;
        let sizes = crate::Collection::assemble(&sizes, engine.run(graph)?)?;
        let bytes = bytes.max(1) as u64;
        let mut plans: Vec<Vec<Piece>> = Vec::new();
        let mut filled = 0;
        for (part, size) in sizes.into_iter().enumerate() {
            let cuts = size.div_ceil(bytes).max(1);
            let each = size.div_ceil(cuts);
            for piece in pieces(part, cuts as usize) {
                match plans.last_mut() {
                    Some(plan) if filled + each <= bytes => plan.push(piece),
                    _ => {
                        plans.push(vec![piece]);
                        filled = 0;
                    }
                }
                filled += each;
            }
        }
        let plans = if plans.is_empty() { vec![Vec::new()] } else { plans };
        Ok(self.replanned(self.identity("repartition_bytes").data(&bytes), plans))
    }

    /// Partitions that are made of pieces of others.
    #[track_caller]
    fn replanned(&self, identity: Identity, plans: Vec<Vec<Piece>>) -> Self {
        let facts = self.facts_of(&plans);
        let schema = Arc::new(Columns(self.schema.clone()));
        let task = |(part, plan): (usize, Vec<Piece>)| {
            let input = |piece: &Piece| Input { node: self.node.clone(), part: piece.part as u32 };
            let inputs = plan.iter().map(input).collect();
            let env = (schema.clone(), plan);
            let call = |(schema, plan): &(Arc<Columns>, Vec<Piece>), frames: Vec<pl::DataFrame>| {
                let cut = |(frame, piece): (pl::DataFrame, &Piece)| {
                    let range = piece.range(frame.height());
                    frame.slice(range.start as i64, range.len())
                };
                stacked_as(schema, frames.into_iter().zip(plan).map(cut).collect())
            };
            (frame_task("repartition", part as u32, env, call), inputs)
        };
        let tasks = plans.into_iter().enumerate().map(task).collect();
        DataFrame::tasks("repartition", identity, self.schema.clone(), facts, tasks).split_like(self)
    }

    /// What is known of partitions that are made of pieces of others.
    fn facts_of(&self, plans: &[Vec<Piece>]) -> Facts {
        let rows = self.facts.rows.as_ref().map(|rows| {
            let length = |piece: &Piece| rows.get(piece.part).map_or(0, |&rows| piece.range(rows).len());
            plans.iter().map(|plan| plan.iter().map(length).sum()).collect()
        });
        let starts: Option<Vec<u32>> = plans
            .iter()
            .map(|plan| plan.first().filter(|piece| piece.nth == 0).map(|piece| piece.part as u32))
            .chain([Some(self.npartitions() as u32)])
            .collect();
        let divisions = self.facts.divisions.as_ref().zip(starts).and_then(|(divisions, starts)| {
            let bounds = divisions.bounds.take_slice(&starts).ok()?;
            Some(Divisions { by: divisions.by.clone(), bounds })
        });
        Facts { rows, divisions, glimpse: self.facts.glimpse.clone() }
    }
}

fn whole(part: usize) -> Piece {
    Piece { part, nth: 0, of: 1 }
}

/// A partition cut into so many.
fn pieces(part: usize, of: usize) -> impl Iterator<Item = Piece> {
    (0..of).map(move |nth| Piece { part, nth, of })
}
