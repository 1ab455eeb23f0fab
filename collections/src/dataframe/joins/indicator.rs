//! Indicators: of which side each row of a join is.

use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::layers::Built;
use crate::dataframe::names::IntoNames;
use polars::prelude::{DataType, Expr, FrozenCategories, JoinArgs, JoinType, PlSmallStr, col, lit, when};

/// What an indicator says, in Dask's order.
const SIDES: [&str; 3] = ["left_only", "right_only", "both"];

impl DataFrame {
    /// As [`DataFrame::join`], with one column more, at the end, that says of each row whether it is `left_only`,
    /// `right_only` or of `both` sides; Dask's `merge(indicator="_merge")`. It is an `Enum` of these three.
    ///
    /// The join is an inner, left, right or full one. A column of the same name is an error.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, DataType, JoinType, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let cars = DataFrame::from_polars(df!("brand" => ["a", "b"], "price" => [3, 5])?, 2);
    /// let makers = DataFrame::from_polars(df!("brand" => ["b", "c"], "country" => ["IT", "SE"])?, 1);
    /// let all = cars.join_with_indicator(&makers, "brand", "brand", JoinType::Left, "_merge");
    /// let sides = all.select([col("price"), col("_merge").cast(DataType::String)]);
    /// assert_eq!(on_reference(&sides)?, df!("price" => [3, 5], "_merge" => ["left_only", "both"])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "merge")]
    #[track_caller]
    pub fn join_with_indicator(
        &self,
        other: &DataFrame,
        left_on: impl IntoNames,
        right_on: impl IntoNames,
        how: impl Into<JoinArgs>,
        indicator: impl Into<PlSmallStr>,
    ) -> Self {
        let keys = [left_on.into_names(), right_on.into_names()];
        DataFrame::built(self.try_join_with_indicator(other, keys, how.into(), indicator.into()))
    }

    #[track_caller]
    fn try_join_with_indicator(
        &self,
        other: &DataFrame,
        [left_on, right_on]: [Vec<PlSmallStr>; 2],
        args: JoinArgs,
        indicator: PlSmallStr,
    ) -> Built<Self> {
        let operation = "join_with_indicator";
        let (_, _) = (self.sound()?, other.sound()?);
        if !matches!(args.how, JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full) {
            let (what, found) = ("the join", format!("{:?}", args.how));
            return Err(FrameError::Argument { operation, what, found, expected: "inner, left, right or full" }.into());
        }
        // What a row without a partner has not of the other side, is the other side's mark.
        let suffix = args.suffix().clone();
        let is_taken = |name: &str| {
            let renamed = name.strip_suffix(suffix.as_str());
            [Some(name), renamed]
                .into_iter()
                .flatten()
                .any(|name| self.schema.contains(name) || other.schema.contains(name))
        };
        let [mine, theirs] = ["_left", "_right"].map(|side| {
            let mut name = side.to_string();
            while is_taken(&name) {
                name.insert(0, '_');
            }
            PlSmallStr::from_string(name)
        });
        let marked = |frame: &DataFrame, mark: &PlSmallStr| frame.try_with_columns(&[lit(true).alias(mark.clone())]);
        let joined = marked(self, &mine)?.try_join(operation, &marked(other, &theirs)?, left_on, right_on, args)?;
        let is_mark = |name: &PlSmallStr| [&mine, &theirs].contains(&name);
        let names = joined.schema.iter_names().filter(|name| !is_mark(name)).cloned();
        let mut columns: Vec<Expr> = names.map(Expr::Column).collect();
        if columns.contains(&Expr::Column(indicator.clone())) {
            let (what, found) = ("the name of the indicator", format!("{indicator:?}"));
            let expected = "one that no column of the join has";
            return Err(FrameError::Argument { operation, what, found, expected }.into());
        }
        let [left_only, right_only, both] = SIDES.map(lit);
        let side =
            when(col(theirs).is_null()).then(left_only).when(col(mine).is_null()).then(right_only).otherwise(both);
        let sides = FrozenCategories::new(SIDES).map_err(|error| FrameError::of(operation, &joined.schema, error))?;
        columns.push(side.cast(DataType::from_frozen_categories(sides)).alias(indicator));
        joined.try_select(&columns)
    }
}
