//! Dataframes as bags, and back.

use crate::Bag;
use crate::bag::Element;
use crate::dataframe::DataFrame;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Lazy, frame_task_of};
use crate::dataframe::schema::same;
use crate::dataframe::threads::alone;
use crate::dataframe::travel::Columns;
use crate::identity::Identity;
use crate::layer::{Partwise, inputs, makes, parts};
use partita_graph::{Fault, Flow, Func, Kind, Node, Place, Value};
use polars::prelude::{self as pl, SchemaRef};
use std::any::type_name;
use std::error::Error;
use std::sync::Arc;

impl DataFrame {
    /// A dataframe whose partitions a function makes of those of a bag, with the columns of `schema`; Dask's
    /// `Bag.to_dataframe`. A partition of other columns is an error of its task.
    ///
    /// ```
    /// use partita_collections::Bag;
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let words = Bag::<String>::from_sequence(["a", "bc", "d"], 2);
    /// let schema = df!("word" => [""], "len" => [0u64])?.schema().clone();
    /// let frame = DataFrame::from_bag(&words, schema, |words: Vec<String>| {
    ///     let lengths: Vec<u64> = words.iter().map(|word| word.len() as u64).collect();
    ///     df!("word" => words, "len" => lengths)
    /// });
    /// assert_eq!(on_reference(&frame)?, df!("word" => ["a", "bc", "d"], "len" => [1u64, 2, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn from_bag<T: Element, E>(
        bag: &Bag<T>,
        schema: SchemaRef,
        make: impl Fn(Vec<T>) -> Result<pl::DataFrame, E> + Send + Sync + 'static,
    ) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let operation = "from_bag";
        let identity = Identity::of(operation).node(bag.node()).function(&make);
        let env = Arc::new((Func(make), Columns(schema.clone())));
        let task = |part: partita_graph::Input| {
            let env = (operation, part.part, env.clone());
            let function = frame_task_of(env, |(operation, number, env), values| {
                let (make, expected) = &**env;
                let list = values.first().cloned().ok_or_else(|| Fault::failed("a task was given no list"))?;
                let list: Vec<T> = list.take().map_err(|mismatch| Fault::Type { input: 0, mismatch })?;
                let frame = make(list).map_err(Fault::failed)?;
                same(operation, *number, frame.schema(), expected)?;
                Ok(frame)
            });
            (function, std::iter::once(part).collect())
        };
        let tasks = parts(bag.node()).map(task).collect();
        DataFrame::tasks("from-bag", identity, schema, Facts::default(), tasks)
    }

    /// A bag of what a function makes of each partition; Dask's `to_bag`, and its `iterrows` and `itertuples` of rows
    /// that stay on the workers.
    ///
    /// ```
    /// use partita_collections::bag;
    /// use partita_collections::dataframe::{DataFrame, polars::prelude::{DataFrame as Polars, PolarsError, df}};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1i64, 2, 3])?, 2);
    /// let numbers = frame.to_bag(|part: Polars| Ok::<Vec<i64>, PolarsError>(part.column("x")?.i64()?.iter().flatten().collect()));
    /// assert_eq!(bag::on_reference(&numbers.map(|x| x * x))?, [1, 4, 9]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn to_bag<T: Element, E>(
        &self,
        make: impl Fn(pl::DataFrame) -> Result<Vec<T>, E> + Send + Sync + 'static,
    ) -> Bag<T>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let key = self.identity("to_bag").function(&make).key::<Vec<T>>("to-bag");
        let block = Partwise::new(Func(make), makes(), type_name::<Vec<T>>(), |make, _, flows: Vec<Flow>| {
            let [flow] = inputs(flows)?;
            let frame = Lazy::of(flow, 0)?.collect()?;
            let list = alone(|| (make.0)(frame)).map_err(Fault::failed)?;
            Ok(Flow::Value(Value::new(list)))
        });
        let block = Arc::new(block);
        let inputs = vec![self.node.clone().into()];
        let kind = Kind::Blocks { parts: self.node.parts(), block, inputs };
        Bag::from_node(Arc::new(Node::new(key, kind, Place::here())))
    }
}
