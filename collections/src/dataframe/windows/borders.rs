//! Borders: rows of neighbours, or what all rows on one side come to, brought to each partition, for functions that look
//! at other rows than their own.

use super::beside::Side;
use super::reach::Reach;
use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::exprs::{Needs, identified};
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Built, Combine, Lazy, Outline, fault, planned};
use crate::dataframe::rowwise::steps::all_rows;
use crate::dataframe::sorts::order::in_order;
use crate::dataframe::stacks::stacked;
use crate::dataframe::threads::alone;
use crate::dataframe::travel::{Columns, Exprs};
use crate::identity::Identity;
use partita_graph::{Fault, Flow, Input, Plain, Reads, Travels};
use polars::prelude::{self as pl, DataType, Expr, FunctionExpr, IdxSize, IntoLazy, LazyFrame, PlSmallStr, col};

/// A function that looks at other rows.
pub(crate) struct Window {
    /// The name of the column that it makes.
    pub(crate) name: PlSmallStr,
    pub(crate) function: FunctionExpr,
    /// Its inputs, which look at one row at a time, or at none.
    pub(crate) inputs: Vec<Expr>,
    /// What it needs of other partitions.
    pub(crate) reach: Reach,
}

/// Functions over columns that are cut out for them.
#[derive(Default)]
pub(super) struct Prepared {
    /// The columns.
    pub(super) columns: Vec<Expr>,
    /// What the columns of other partitions come to, for functions that need to know.
    totals: Vec<Expr>,
    /// The functions of those columns.
    functions: Vec<Expr>,
    /// The column that rows have to be sorted by, if there is one, and what the user calls it.
    pub(super) sorted_by: Option<(PlSmallStr, String)>,
}

impl Prepared {
    /// An identity with all of it; the rest follows from the functions.
    pub(super) fn identified(&self, identity: Identity) -> Identity {
        identified(identity, &[&self.columns[..], &self.functions].concat())
    }

    /// The name of the column that is cut out for an input.
    pub(super) fn name_of(&self, input: &Expr) -> Option<PlSmallStr> {
        self.columns.iter().find_map(|column| match column {
            Expr::Alias(inner, name) if **inner == *input => Some(name.clone()),
            _ => None,
        })
    }
}

/// The frames beside a partition that a layer reads.
pub(crate) struct Borders {
    pub(crate) before: Option<DataFrame>,
    pub(crate) after: Option<DataFrame>,
}

/// What functions of windows need: the operation, the columns that they read, themselves, what they make, and by what rows
/// are sorted, as it is called and as the user calls it.
type Env = (&'static str, Exprs, Exprs, Columns, Option<(Plain<PlSmallStr>, String)>);

impl DataFrame {
    /// With a column for each of these functions.
    #[track_caller]
    pub(crate) fn windowed(&self, operation: &'static str, windows: Vec<Window>) -> Built<Self> {
        let (of_neighbours, others): (Vec<_>, Vec<_>) = windows.into_iter().partition(Window::is_of_neighbours);
        let (of_times, of_totals): (Vec<_>, Vec<_>) = others.into_iter().partition(|one| one.length().is_some());
        let (forward, backward): (Vec<_>, Vec<_>) =
            of_totals.into_iter().partition(|window| matches!(window.reach, Reach::Before(_)));
        let frame = self.with_neighbours(operation, &of_neighbours)?.with_times(operation, of_times)?;
        let frame = frame.with_totals(operation, Side::Before, &forward)?;
        frame.with_totals(operation, Side::After, &backward)
    }

    /// With columns of functions that look at rows of neighbours.
    #[track_caller]
    fn with_neighbours(&self, operation: &'static str, windows: &[Window]) -> Built<Self> {
        if windows.is_empty() {
            return Ok(self.clone());
        }
        let rows = windows.iter().map(|window| match window.reach {
            Reach::Rows { before, after } => (before, after),
            _ => (0, 0),
        });
        let (before, after) = rows.fold((0, 0), |most, one| (most.0.max(one.0), most.1.max(one.1)));
        let prepared = self.prepared(operation, windows)?;
        let identity = prepared.identified(self.identity("window"));
        let columns = &prepared.columns;
        let borders = Borders {
            before: self.ends(operation, &identity, Side::Before, before, columns)?,
            after: self.ends(operation, &identity, Side::After, after, columns)?,
        };
        self.with_functions(operation, identity, borders, prepared)
    }

    /// With columns of functions that look at all rows on one side.
    #[track_caller]
    fn with_totals(&self, operation: &'static str, side: Side, windows: &[Window]) -> Built<Self> {
        if windows.is_empty() {
            return Ok(self.clone());
        }
        let prepared = self.prepared(operation, windows)?;
        let identity = prepared.identified(self.identity("carry"));
        let (columns, totals) = (prepared.columns.clone(), prepared.totals.clone());
        let combine = Combine::of(move |plan: LazyFrame| plan.select(&totals));
        let own = combine.clone();
        let facts = Facts::of_rows(vec![1; self.npartitions()]);
        let totals =
            self.step(operation, identity.clone().data(&"total"), facts, move |plan| own.on(plan.select(&columns)))?;
        let beside = Some(totals.beside(&identity, side, &combine));
        let borders = match side {
            Side::Before => Borders { before: beside, after: None },
            Side::After => Borders { before: None, after: beside },
        };
        self.with_functions(operation, identity, borders, prepared)
    }

    /// The columns that functions look at, each with a name of its own, and the functions of these.
    pub(super) fn prepared(&self, operation: &'static str, windows: &[Window]) -> Built<Prepared> {
        let mut prepared = Prepared::default();
        for window in windows {
            let whole = Expr::Function { input: window.inputs.clone(), function: window.function.clone() };
            let made = self.schema_after(operation, |plan| plan.select([whole.clone().alias(window.name.clone())]))?;
            self.may_carry(operation, window, &whole)?;
            let mut input = Vec::with_capacity(window.inputs.len());
            for expr in &window.inputs {
                let found = self.resolve(operation, std::slice::from_ref(expr))?;
                if found.iter().all(|one| one.needs == Needs::Nothing) && !input.is_empty() {
                    input.push(expr.clone());
                    continue;
                }
                if let Some(name) = prepared.name_of(expr) {
                    input.push(col(name));
                    continue;
                }
                let name: PlSmallStr = format!("\u{4}{}", prepared.columns.len()).into();
                let mut expr = expr.clone();
                if let Reach::Before(total) | Reach::After(total) = window.reach {
                    // Totals are of the type that the function makes.
                    let dtype = made.get(&window.name).cloned().unwrap_or(DataType::Null);
                    expr = expr.cast(dtype.clone());
                    prepared.totals.push(total(col(name.clone())).cast(dtype).alias(name.clone()));
                }
                prepared.columns.push(expr.alias(name.clone()));
                input.push(col(name));
            }
            let function = Expr::Function { input, function: window.function.clone() };
            prepared.functions.push(function.alias(window.name.clone()));
        }
        Ok(prepared)
    }

    /// Whether what all rows on one side come to can be carried on as the function would.
    #[track_caller]
    fn may_carry(&self, operation: &'static str, window: &Window, whole: &Expr) -> Built<()> {
        let Some(input) = window.inputs.first() else { return Ok(()) };
        let made = self.schema_after(operation, |plan| plan.select([input.clone()]))?;
        let Some((name, dtype)) = made.get_at_index(0) else { return Ok(()) };
        match window.function {
            // Extremes of categories are by their texts, and running ones by their codes.
            FunctionExpr::CumMin { .. } | FunctionExpr::CumMax { .. } if dtype.is_categorical() => {
                Err(all_rows(operation, whole).into())
            }
            FunctionExpr::CumSum { .. } | FunctionExpr::CumProd { .. }
                if !dtype.is_primitive_numeric() && !dtype.is_bool() && !dtype.is_duration() && !dtype.is_null() =>
            {
                Err(FrameError::dtype(operation, name, dtype, "a number, a boolean or a duration").into())
            }
            _ => Ok(()),
        }
    }

    /// For each partition the last rows before it, or the first ones after it, of these columns; `None` if it is to be
    /// none. Where partitions are short, the rows are those of several.
    #[track_caller]
    pub(crate) fn ends(
        &self,
        operation: &'static str,
        identity: &Identity,
        side: Side,
        rows: usize,
        columns: &[Expr],
    ) -> Built<Option<Self>> {
        let cut = move |plan: LazyFrame| match side {
            Side::Before => plan.tail(IdxSize::try_from(rows).unwrap_or(IdxSize::MAX)),
            Side::After => plan.limit(IdxSize::try_from(rows).unwrap_or(IdxSize::MAX)),
        };
        if rows == 0 {
            return Ok(None);
        }
        let columns = columns.to_vec();
        let identity = identity.clone().data(&(rows as u64, side == Side::Before));
        let schema = self.schema_after(operation, |plan| cut(plan).select(&columns))?;
        let own = identity.clone().data(&"end");
        let ends = self.few_rows(operation, own, schema, move |plan| cut(plan).select(&columns));
        let combine = Combine::of(cut);
        let Some(lengths) = &self.facts.rows else {
            return Ok(Some(ends.beside(&identity, side, &combine)));
        };
        let lists = (0..lengths.len()).map(|part| {
            let near = nearest(lengths, part, side, rows);
            near.map(|part| Input { node: ends.node().clone(), part: part as u32 }).collect()
        });
        Ok(Some(ends.put_together("beside", identity, lists.collect(), &combine)))
    }

    /// For each partition the rows before it, or those after it, of these columns, that are left when a cut is made of
    /// each partition's, and again of them together.
    #[track_caller]
    pub(super) fn cut_ends(
        &self,
        operation: &'static str,
        identity: &Identity,
        side: Side,
        cut: Combine,
        columns: &[Expr],
    ) -> Built<Self> {
        let (columns, own) = (columns.to_vec(), cut.clone());
        let identity = identity.clone().data(&(side == Side::Before));
        let schema = self.schema_after(operation, |plan| plan.select(&columns))?;
        let step = move |plan: LazyFrame| own.on(plan.select(&columns));
        let ends = self.few_rows(operation, identity.clone().data(&"end"), schema, step);
        Ok(ends.beside(&identity, side, &cut))
    }

    /// With columns that functions make of others, under what is beside the partition.
    #[track_caller]
    pub(super) fn with_functions(
        &self,
        operation: &'static str,
        identity: Identity,
        borders: Borders,
        prepared: Prepared,
    ) -> Built<Self> {
        let Prepared { columns, functions, sorted_by, .. } = prepared;
        let made = self.schema_after(operation, |plan| plan.select(&columns).select(&functions))?;
        let mut schema = (*self.schema).clone();
        schema.merge((*made).clone());
        let sorted_by = sorted_by.map(|(key, shown)| (Plain(key), shown));
        let env = (operation, Exprs(columns), Exprs(functions), Columns(made), sorted_by);
        let work = |env: &Env, part, frame: pl::DataFrame, before: pl::DataFrame, after: pl::DataFrame| {
            let (operation, columns, functions, made, sorted_by) = env;
            let wrong = |error| fault(operation, part, error);
            let own = frame.clone().lazy().select(&**columns).collect().map_err(wrong)?;
            let (start, rows) = (before.height() as i64, frame.height());
            let all = stacked([before, own, after].into_iter().filter(|some| some.width() > 0)).map_err(wrong)?;
            if let Some((key, shown)) = sorted_by {
                in_order(operation, part, &all, key, shown)?;
            }
            // Some of Polars' functions break without rows.
            let made = match rows {
                0 => pl::DataFrame::empty_with_schema(made),
                _ => all.lazy().select(&**functions).collect().map_err(wrong)?.slice(start, rows),
            };
            frame.hstack(made.columns()).map_err(wrong)
        };
        let outline = Outline { operation, identity, schema: schema.into(), facts: (*self.facts).clone() };
        Ok(self.with_borders(outline, borders, env, work))
    }

    /// What a function makes of each partition and what is beside it; a frame without columns, if that is nothing.
    #[track_caller]
    pub(crate) fn with_borders<E: Travels>(
        &self,
        Outline { operation, identity, schema, facts }: Outline,
        borders: Borders,
        env: E,
        work: impl Fn(&E, u32, pl::DataFrame, pl::DataFrame, pl::DataFrame) -> Result<pl::DataFrame, Fault>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let has_before = borders.before.is_some();
        let beside = [borders.before, borders.after].into_iter().flatten();
        let reads: Vec<Reads> = std::iter::once(self)
            .chain(beside.collect::<Vec<_>>().iter())
            .map(|frame| frame.node.clone().into())
            .collect();
        let env = (operation, has_before, env);
        let block = planned(env, move |(operation, has_before, env), index, flows: Vec<Flow>| {
            let frames: Result<Vec<pl::DataFrame>, Fault> =
                flows.into_iter().enumerate().map(|(input, flow)| Lazy::of(flow, input)?.collect()).collect();
            let mut frames = frames?.into_iter();
            let own = frames.next().unwrap_or_default();
            let before = if *has_before { frames.next() } else { None }.unwrap_or_default();
            let after = frames.next().unwrap_or_default();
            let made = alone(|| work(env, index, own, before, after))?;
            Ok(Lazy::new(made.lazy(), operation, index))
        });
        DataFrame::blocks(operation, identity, schema, facts, self.npartitions(), reads, block).split_like(self)
    }
}

/// The partitions on one side, as near as can be, that have so many rows together.
fn nearest(lengths: &[usize], part: usize, side: Side, rows: usize) -> std::ops::Range<usize> {
    let mut found = 0;
    match side {
        Side::Before => {
            let mut start = part;
            while start > 0 && found < rows {
                start -= 1;
                found += lengths[start];
            }
            start..part
        }
        Side::After => {
            let mut end = part + 1;
            while end < lengths.len() && found < rows {
                found += lengths[end];
                end += 1;
            }
            part + 1..end
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_few_neighbours_as_can_be_are_read() {
        let lengths = [5, 0, 1, 7, 0];
        assert_eq!(nearest(&lengths, 3, Side::Before, 1), 2..3);
        assert_eq!(nearest(&lengths, 3, Side::Before, 2), 0..3);
        assert_eq!(nearest(&lengths, 0, Side::Before, 2), 0..0);
        assert_eq!(nearest(&lengths, 0, Side::After, 1), 1..3);
        assert_eq!(nearest(&lengths, 3, Side::After, 1), 4..5);
    }
}
