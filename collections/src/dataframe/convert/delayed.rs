//! Dataframes as delayed frames, and back.

use crate::dataframe::DataFrame;
use crate::dataframe::facts::Facts;
use crate::dataframe::frame::Frame;
use crate::dataframe::layers::frame_task_of;
use crate::dataframe::schema::same;
use crate::dataframe::travel::Columns;
use crate::delayed::Delayed;
use crate::identity::Identity;
use crate::layer::read;
use partita_graph::{Fault, Function, Inputs};
use polars::prelude::SchemaRef;
use std::sync::Arc;

impl DataFrame {
    /// Each partition as a delayed [`Frame`]; Dask's `to_delayed`.
    ///
    /// ```
    /// use partita_collections::{bag, dataframe::{DataFrame, polars::prelude::df}};
    ///
    /// let parts = DataFrame::from_polars(df!("x" => [1, 2, 3])?, 2).to_delayed();
    /// assert_eq!(bag::on_reference(&parts[1].map(|frame| frame.height()))?, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_delayed(&self) -> Vec<Delayed<Frame>> {
        (0..self.node.parts()).map(|part| Delayed::from_node(self.node.clone(), part)).collect()
    }

    /// A dataframe whose partitions are delayed frames with the columns of `schema`; Dask's `from_delayed`. A partition
    /// of other columns is an error of its task.
    ///
    /// ```
    /// use partita_collections::{dataframe::{DataFrame, Frame, on_reference, polars::prelude::df}, try_delayed};
    ///
    /// let part = |n: i64| try_delayed(|n: i64| df!("x" => [n, n + 1]).map(Frame::from), (n,));
    /// let schema = df!("x" => [0i64])?.schema().clone();
    /// let frame = DataFrame::from_delayed([part(1), part(3)], schema);
    /// assert_eq!(on_reference(&frame)?, df!("x" => [1i64, 2, 3, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn from_delayed(parts: impl IntoIterator<Item = Delayed<Frame>>, schema: SchemaRef) -> Self {
        let mut identity = Identity::of("from_delayed");
        let mut tasks: Vec<(Function, Inputs)> = Vec::new();
        let expected = Arc::new(Columns(schema.clone()));
        for (number, part) in parts.into_iter().enumerate() {
            let input = part.input();
            identity = identity.node(&input.node).data(&input.part);
            let check = frame_task_of((number as u32, expected.clone()), |(number, expected), values| {
                let frame =
                    *read::<Frame>(values)?.first().ok_or_else(|| Fault::failed("a task was given no frame"))?;
                same("from_delayed", *number, frame.schema(), expected)?;
                Ok(frame.clone().into_polars())
            });
            tasks.push((check, Inputs::from_iter([input])));
        }
        DataFrame::tasks("from-delayed", identity, schema, Facts::default(), tasks)
    }
}
