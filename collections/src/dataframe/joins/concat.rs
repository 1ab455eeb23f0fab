//! Dataframes under each other, or beside each other.

use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::facts::{Divisions, Facts};
use crate::dataframe::frame::Frame;
use crate::dataframe::layers::{Built, Lazy, planned};
use crate::dataframe::schema::described;
use crate::identity::Identity;
use crate::layer::{parts, same};
use partita_graph::{Flow, Function, Inputs};
use polars::functions::concat_df_horizontal;
use polars::prelude::{self as pl, Expr, IntoLazy, NULL, Schema, col, lit};
use smallvec::smallvec;

impl DataFrame {
    /// Dataframes with the same columns under each other: their partitions, in order; no rows are moved. Dask's `concat`.
    /// It is known by what its rows are divided if each dataframe begins above the end of the one before it. No
    /// dataframes make one without columns.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let (a, b) = (DataFrame::from_polars(df!("x" => [1, 2])?, 2), DataFrame::from_polars(df!("x" => [3])?, 1));
    /// let all = DataFrame::concat([&a, &b]);
    /// assert_eq!((all.npartitions(), on_reference(&all)?), (3, df!("x" => [1, 2, 3])?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn concat<'a>(frames: impl IntoIterator<Item = &'a DataFrame>) -> Self {
        let frames: Vec<&DataFrame> = frames.into_iter().collect();
        DataFrame::built(under_each_other("concat", &frames))
    }

    /// Dataframes under each other that need not have the same columns: the result has all of them, in the order in which
    /// they first come, filled with nulls. A column must be of the same type wherever it is. Dask's `concat` with
    /// `join="outer"`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let (a, b) = (DataFrame::from_polars(df!("x" => [1])?, 1), DataFrame::from_polars(df!("y" => [2])?, 1));
    /// let all = on_reference(&DataFrame::concat_diagonal([&a, &b]))?;
    /// assert!(all.equals_missing(&df!("x" => [Some(1), None], "y" => [None, Some(2)])?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn concat_diagonal<'a>(frames: impl IntoIterator<Item = &'a DataFrame>) -> Self {
        let frames: Vec<&DataFrame> = frames.into_iter().collect();
        DataFrame::built(filled("concat_diagonal", &frames))
    }

    /// Dataframes beside each other, whose partitions are known to have the same numbers of rows; Dask's `concat` with
    /// `axis=1`. No two may have a column of the same name.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let (a, b) = (DataFrame::from_polars(df!("x" => [1, 2])?, 2), DataFrame::from_polars(df!("y" => [3, 4])?, 2));
    /// let all = DataFrame::concat_horizontal([&a, &b]);
    /// assert_eq!(on_reference(&all)?, df!("x" => [1, 2], "y" => [3, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn concat_horizontal<'a>(frames: impl IntoIterator<Item = &'a DataFrame>) -> Self {
        let frames: Vec<&DataFrame> = frames.into_iter().collect();
        DataFrame::built(beside_each_other("concat_horizontal", &frames))
    }
}

#[track_caller]
fn under_each_other(operation: &'static str, frames: &[&DataFrame]) -> Built<DataFrame> {
    let [first, others @ ..] = frames else { return Ok(DataFrame::from_polars(pl::DataFrame::default(), 1)) };
    for frame in frames {
        frame.sound()?;
    }
    if let Some(other) = others.iter().find(|other| other.schema != first.schema) {
        let (left, right) = (described(&first.schema), described(&other.schema));
        return Err(FrameError::Schemas { operation, left, right }.into());
    }
    let identity = frames.iter().fold(Identity::of(operation), |identity, frame| identity.node(&frame.node));
    let pass = same::<Frame>();
    let task = |input| -> (Function, Inputs) { (pass.clone(), smallvec![input]) };
    let tasks = frames.iter().flat_map(|frame| parts(&frame.node)).map(task).collect();
    let rows: Option<Vec<&Vec<usize>>> = frames.iter().map(|frame| frame.facts.rows.as_ref()).collect();
    let rows = rows.map(|rows| rows.into_iter().flatten().copied().collect());
    let facts = Facts { rows, divisions: divided_on(frames), glimpse: None };
    Ok(DataFrame::tasks(operation, identity, first.schema.clone(), facts, tasks).split_like(first))
}

/// By what dataframes under each other are divided.
fn divided_on(frames: &[&DataFrame]) -> Option<Divisions> {
    let all: Option<Vec<&Divisions>> = frames.iter().map(|frame| frame.divisions()).collect();
    let (first, others) = all.as_ref()?.split_first()?;
    // NaN would be in the middle.
    if first.bounds.dtype().is_float() && !others.is_empty() {
        return None;
    }
    let mut bounds = first.bounds.clone();
    for other in others {
        let ends = bounds.get(bounds.len() - 1).ok()?;
        if other.by != first.by || ends.partial_cmp(&other.bounds.get(0).ok()?)? != std::cmp::Ordering::Less {
            return None;
        }
        bounds = bounds.slice(0, bounds.len() - 1);
        bounds.append(&other.bounds).ok()?;
    }
    Some(Divisions { by: first.by.clone(), bounds: bounds.rechunk() })
}

#[track_caller]
fn filled(operation: &'static str, frames: &[&DataFrame]) -> Built<DataFrame> {
    let mut all = Schema::default();
    for frame in frames {
        for (name, dtype) in frame.sound()?.schema.iter() {
            if all.get(name).is_some_and(|other| other != dtype) {
                let (left, right) = (described(&all), described(&frame.schema));
                return Err(FrameError::Schemas { operation, left, right }.into());
            }
            all.insert(name.clone(), dtype.clone());
        }
    }
    let columns = |frame: &DataFrame| -> Vec<Expr> {
        let column = |(name, dtype): (&pl::PlSmallStr, &pl::DataType)| match frame.schema.contains(name) {
            true => col(name.clone()),
            false => lit(NULL).cast(dtype.clone()).alias(name.clone()),
        };
        all.iter().map(column).collect()
    };
    let filled: Vec<DataFrame> = frames.iter().map(|frame| frame.select(columns(frame))).collect();
    under_each_other(operation, &filled.iter().collect::<Vec<_>>())
}

#[track_caller]
fn beside_each_other(operation: &'static str, frames: &[&DataFrame]) -> Built<DataFrame> {
    let [first, others @ ..] = frames else { return Ok(DataFrame::from_polars(pl::DataFrame::default(), 1)) };
    let mut schema = (*first.sound()?.schema).clone();
    for other in others {
        for (name, dtype) in other.sound()?.schema.iter() {
            if schema.insert(name.clone(), dtype.clone()).is_some() {
                let (found, expected) = (format!("{name:?} in two dataframes"), "another in each; `rename` one");
                return Err(FrameError::Argument { operation, what: "a column's name", found, expected }.into());
            }
        }
    }
    if let Some(other) = frames.iter().find(|other| other.facts.rows.is_none() || other.facts.rows != first.facts.rows)
    {
        let shown =
            |frame: &DataFrame| frame.facts.rows.as_ref().map_or("not known".into(), |rows| format!("{rows:?}"));
        let found = format!("{} and {}", shown(first), shown(other));
        let expected = "known to be the same";
        return Err(FrameError::Argument { operation, what: "the partitions' numbers of rows", found, expected }.into());
    }
    let identity = frames.iter().fold(Identity::of(operation), |identity, frame| identity.node(&frame.node));
    let block = planned(operation, |operation, index, flows: Vec<Flow>| {
        let lazy = flows.into_iter().enumerate().map(|(input, flow)| Lazy::of(flow, input)?.collect());
        let frames: Vec<pl::DataFrame> = lazy.collect::<Result<_, _>>()?;
        let all = concat_df_horizontal(&frames, true, true, false);
        let all = all.map_err(|error| crate::dataframe::layers::fault(operation, index, error))?;
        Ok(Lazy::new(all.lazy(), operation, index))
    });
    let reads = frames.iter().map(|frame| frame.node.clone().into()).collect();
    let facts = (*first.facts).clone();
    let parts = first.npartitions();
    Ok(DataFrame::blocks(operation, identity, schema.into(), facts, parts, reads, block).split_like(first))
}
