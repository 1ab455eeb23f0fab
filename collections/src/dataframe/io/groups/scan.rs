//! Scans: reading a partition's groups of rows, of them only the columns that are needed, and those only if statistics and
//! the condition's own columns do not tell that no row is wanted.

use super::super::super::exprs::{Needs, resolve, roots};
use super::super::super::glimpse::{Glimpse, Places};
use super::super::super::stacks::stacked;
use super::super::super::travel::Columns;
use super::super::cloud::Reading;
use super::super::faults::{FileFault, unpanicked};
use super::super::handle::Handle;
use super::super::hive::Hive;
use super::super::listing::Planned;
use super::Format;
use super::bounds::{Bounds, excluded};
use partita_graph::{NotPortable, NotRead, Packer, Travels, Unpacker};
use polars::prelude::{
    self as pl, AnonymousScan, AnonymousScanArgs, BooleanChunked, Column, DataFrame, Expr, IntoLazy, LazyFrame,
    PlSmallStr, PolarsError, PolarsResult, Scalar, ScanArgsAnonymous, SchemaRef,
};
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Rows of a partition that are looked at for estimates.
const STRETCH: usize = 16 << 10;

/// A file of a dataframe.
pub(super) struct Source<F> {
    pub(super) planned: Planned,
    /// What it tells of itself, if several partitions read it; found out by the first of them.
    pub(super) format: Option<OnceLock<F>>,
}

partita_graph::travels_as_data!(Piece);

/// Neighbouring groups of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Piece {
    pub(super) file: usize,
    pub(super) groups: Range<usize>,
    /// How many of their rows are read.
    pub(super) rows: usize,
}

/// All that partitions are read from.
pub(super) struct Plan<F> {
    pub(super) files: Vec<Source<F>>,
    pub(super) partitions: Vec<Vec<Piece>>,
    pub(super) hive: Hive,
    pub(super) schema: SchemaRef,
}

/// What a file tells of itself is read again in each process.
impl<F: Format> Travels for Source<F> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.planned.pack(into)?;
        self.format.is_some().pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let (planned, is_kept) = (Travels::unpack(from)?, bool::unpack(from)?);
        Ok(Source { planned, format: is_kept.then(OnceLock::new) })
    }
}

impl<F: Format> Travels for Plan<F> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.files.pack(into)?;
        self.partitions.pack(into)?;
        self.hive.pack(into)?;
        Columns(self.schema.clone()).pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let (files, partitions) = (Travels::unpack(from)?, Travels::unpack(from)?);
        Ok(Plan { files, partitions, hive: Travels::unpack(from)?, schema: Columns::unpack(from)?.0 })
    }
}

impl<F> Plan<F> {
    /// What is known of a column of a file from its directories, for some of its rows.
    fn hive_bounds(&self, file: usize, name: &str, rows: usize) -> Option<Bounds> {
        let column = self.hive.columns.iter().find(|column| column.name() == name)?;
        let value = column.slice(file as i64, 1);
        Bounds::new(column.dtype(), rows, Some(rows * value.null_count()), Some(&value), Some(&value))
    }
}

impl<F: Format> Plan<F> {
    /// The rows of a partition.
    pub(super) fn lazy(plan: &Arc<Self>, partition: usize) -> PolarsResult<LazyFrame> {
        let scan = Scan { plan: plan.clone(), partition };
        let args =
            ScanArgsAnonymous { schema: Some(plan.schema.clone()), name: F::NAME, ..ScanArgsAnonymous::default() };
        LazyFrame::anonymous_scan(Arc::new(scan), args)
    }

    /// The first rows of a few partitions, for estimates. They are read when a plan asks, of columns that it needs.
    pub(super) fn glimpse(plan: &Arc<Self>) -> Glimpse {
        let plan = plan.clone();
        Glimpse::new(move || {
            let rows = |part: &usize| plan.partitions[*part].iter().map(|piece| piece.rows).sum::<usize>();
            let parts: Vec<usize> = (0..plan.partitions.len()).filter(|part| rows(part) > 0).collect();
            // Where a column cannot be read without the others, it is dear.
            let looks = if F::APART { 2 } else { 1 };
            let chosen = (0..looks).filter_map(|nth| parts.get((2 * nth + 1) * parts.len() / (2 * looks)));
            let stretches = chosen.map(|part| {
                let some = rows(part).min(STRETCH);
                Some((Plan::lazy(&plan, *part).ok()?.limit(some as pl::IdxSize), some))
            });
            let stretches: Option<Vec<_>> = stretches.collect();
            Some(Places { stretches: stretches?, rows: parts.iter().map(rows).sum::<usize>() as f64 })
        })
    }
}

/// Reading one partition.
struct Scan<F> {
    plan: Arc<Plan<F>>,
    partition: usize,
}

/// A file that is being read.
struct Open<'a, F> {
    plan: &'a Plan<F>,
    number: usize,
    planned: &'a Planned,
    file: Handle,
    format: F,
}

impl<F: Format> Open<'_, F> {
    /// What is known of a column in a row group without reading it.
    fn bounds(&self, group: usize, name: &str) -> Option<Bounds> {
        match self.plan.hive.has(name) {
            true => self.plan.hive_bounds(self.number, name, self.format.rows(group)),
            false => self.format.bounds(group, name),
        }
    }

    /// The first rows of columns of a group.
    fn columns(&self, group: usize, names: &[PlSmallStr], rows: usize) -> PolarsResult<DataFrame> {
        let all = self.format.rows(group);
        let is_stored = |name: &&PlSmallStr| !self.plan.hive.has(name);
        let stored: Vec<PlSmallStr> = names.iter().filter(is_stored).cloned().collect();
        let read = self.format.columns(&self.file, self.planned, group, &stored).map_err(failed)?;
        let mut read = read.into_iter();
        let column = |name: &PlSmallStr| match self.plan.hive.columns.iter().find(|column| column.name() == name) {
            Some(column) => {
                let value = Scalar::new(column.dtype().clone(), column.get(self.number)?.into_static());
                Ok(Column::new_scalar(name.clone(), value, all))
            }
            None => {
                let null = || Ok(Column::full_null(name.clone(), all, self.plan.schema.try_get(name)?));
                read.next().flatten().map_or_else(null, Ok)
            }
        };
        let columns = names.iter().map(column).collect::<PolarsResult<Vec<Column>>>()?;
        Ok(DataFrame::new(all, columns)?.slice(0, rows))
    }

    /// The rows of a group for which a condition on single rows holds.
    fn filtered(
        &self,
        group: usize,
        names: &[PlSmallStr],
        rows: usize,
        condition: &Expr,
    ) -> PolarsResult<Option<DataFrame>> {
        if excluded(condition, &|name| self.bounds(group, name)) {
            return Ok(None);
        }
        let needed = match F::APART {
            true => roots(condition),
            false => {
                names.iter().chain(roots(condition).iter().filter(|name| !names.contains(name))).cloned().collect()
            }
        };
        let looked_at = self.columns(group, &needed, rows)?;
        let mask = looked_at.clone().lazy().select([condition.clone().alias("mask")]).collect()?;
        let mask: &BooleanChunked = mask.columns()[0].bool()?;
        if !mask.any() {
            return Ok(None);
        }
        let others: Vec<PlSmallStr> = names.iter().filter(|name| !needed.contains(name)).cloned().collect();
        let mut all = self.columns(group, &others, rows)?;
        for column in looked_at.into_columns() {
            all.with_column(column)?;
        }
        let all = all.select(names.iter().cloned())?;
        // A condition without columns is one value.
        match mask.len() == all.height() {
            true => all.filter(mask).map(Some),
            false => Ok(Some(all)),
        }
    }
}

/// A fault as an error of Polars', in which it is found again.
pub(in super::super) fn failed(fault: FileFault) -> PolarsError {
    PolarsError::IO { error: Arc::new(std::io::Error::other(fault)), msg: None }
}

impl<F: Format> Scan<F> {
    fn open(&self, number: usize) -> Result<Open<'_, F>, FileFault> {
        let Source { planned, format } = &self.plan.files[number];
        let file = planned.open()?;
        let known = format.as_ref().and_then(OnceLock::get);
        let format = match known {
            Some(format) => format.clone(),
            None => {
                let again = file.again().map_err(|error| FileFault::of(&planned.path, &error))?;
                let opened = unpanicked(|| F::open(again, planned.size));
                let opened = opened.map_err(|reason| match file.stored().and_then(Reading::failure) {
                    Some(error) => error.into(),
                    None => planned.corrupt(F::NAME, reason),
                })?;
                if let Some(kept) = format {
                    // Another partition's task may have been quicker.
                    kept.set(opened.clone()).ok();
                }
                opened
            }
        };
        Ok(Open { plan: &self.plan, number, planned, file, format })
    }

    /// Whether a condition looks at single rows, so that groups can be left out.
    fn is_of_rows(&self, condition: &Expr) -> bool {
        resolve("filter", &self.plan.schema, std::slice::from_ref(condition))
            .is_ok_and(|resolved| matches!(resolved[..], [ref one] if matches!(one.needs, Needs::Row | Needs::Nothing)))
    }

    /// Reads columns of the partition's first rows, and of them those for which a condition holds.
    fn frames(&self, names: &[PlSmallStr], limit: usize, condition: Option<&Expr>) -> PolarsResult<Vec<DataFrame>> {
        let mut frames = Vec::new();
        let mut left = limit;
        for piece in &self.plan.partitions[self.partition] {
            let mut rows = piece.rows.min(left);
            left -= rows;
            let told = |name: &str| self.plan.hive_bounds(piece.file, name, rows);
            if rows == 0 || condition.is_some_and(|condition| excluded(condition, &told)) {
                continue;
            }
            let open = self.open(piece.file).map_err(failed)?;
            for group in piece.groups.clone() {
                let wanted = open.format.rows(group).min(rows);
                rows -= wanted;
                if wanted == 0 {
                    continue;
                }
                match condition {
                    Some(condition) => frames.extend(open.filtered(group, names, wanted, condition)?),
                    None => frames.push(open.columns(group, names, wanted)?),
                }
            }
            open.planned.check(&open.file).map_err(failed)?;
        }
        Ok(frames)
    }
}

impl<F: Format> AnonymousScan for Scan<F> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn scan(&self, args: AnonymousScanArgs) -> PolarsResult<DataFrame> {
        let names = match args.with_columns {
            Some(names) => names.to_vec(),
            None => self.plan.schema.iter_names().cloned().collect(),
        };
        let (of_rows, of_all) = match args.predicate {
            Some(condition) if self.is_of_rows(&condition) => (Some(condition), None),
            other => (None, other),
        };
        let frames = self.frames(&names, args.n_rows.unwrap_or(usize::MAX), of_rows.as_ref())?;
        let frame = match frames.is_empty() {
            true => DataFrame::empty_with_schema(&self.plan.schema).select(names)?,
            false => stacked(frames)?,
        };
        match of_all {
            Some(condition) => frame.lazy().filter(condition).collect(),
            None => Ok(frame),
        }
    }

    fn allows_predicate_pushdown(&self) -> bool {
        true
    }

    fn allows_projection_pushdown(&self) -> bool {
        true
    }
}
