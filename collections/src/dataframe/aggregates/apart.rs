//! Aggregates taken apart: what each partition makes of its rows, how such partial results are combined, and what is made
//! of the last one.

use super::sketches::function::Sketching;
use super::whole::named_as;
use crate::dataframe::exprs::{Needs, Resolved, resolve};
use crate::dataframe::schema::empty;
use polars::prelude::{
    AggExpr, DataType, ExplodeOptions, Expr, FunctionExpr, PlSmallStr, PolarsError, Schema, col, len, lit, when,
};
use polars_plan::dsl::BooleanFunction;
use polars_plan::plans::visitor::TreeWalker;

/// Aggregates taken apart. All three are expressions over all rows of a group, or over all rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Apart {
    /// Of the rows of a partition.
    pub(crate) partial: Vec<Expr>,
    /// Of partial results under each other, in the order of their partitions; each has the name of what it combines.
    pub(crate) combine: Vec<Expr>,
    /// Of the combined results, one row at a time: what was asked for.
    pub(crate) finish: Vec<Expr>,
}

/// Over which rows aggregates are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// All that there are, of which a partition may have none.
    All,
    /// Those of each group, of which a partition that has the group has at least one.
    Groups,
}

/// Takes expressions over many rows apart, if each of them is made of aggregates that can be.
pub(crate) fn take_apart(schema: &Schema, over: Over, aggregates: &[Resolved]) -> Option<Apart> {
    let mut cutter = Cutter { schema, over, apart: Apart::default() };
    for aggregate in aggregates {
        let finish = cutter.cut(aggregate.expr.clone())?;
        cutter.apart.finish.push(finish.alias(aggregate.name.clone()));
    }
    cutter.is_sound().then_some(cutter.apart)
}

/// The mean of all, of means of so many each; null if there is none.
pub(super) fn merged_mean(count: &Expr, mean: &Expr) -> Expr {
    let all = count.clone().sum();
    let merged = (count.clone() * mean.clone()).sum() / all.clone();
    when(all.gt(lit(0.0))).then(merged).otherwise(lit(polars::prelude::NULL))
}

/// Whether sums of this type are added up as they are.
fn is_summed(dtype: &DataType) -> bool {
    dtype.is_primitive_numeric() || matches!(dtype, DataType::Duration(_))
}

/// Takes expressions apart, one after the other.
pub(super) struct Cutter<'a> {
    schema: &'a Schema,
    over: Over,
    apart: Apart,
}

impl Cutter<'_> {
    /// The expression over combined results.
    fn cut(&mut self, expr: Expr) -> Option<Expr> {
        match expr {
            Expr::Column(_) => None,
            Expr::Literal(_) => Some(expr),
            Expr::Len => Some(self.add(len(), Expr::sum)),
            Expr::Agg(ref aggregate) => self.aggregate(&expr, aggregate),
            Expr::Function { ref input, function: FunctionExpr::Correlation { ref method } } => {
                self.correlation(&expr, input, method)
            }
            Expr::Function { ref input, ref function } if input.len() == 1 => {
                let combine: fn(Expr) -> Expr = match function {
                    FunctionExpr::NullCount => Expr::sum,
                    FunctionExpr::Product => Expr::product,
                    FunctionExpr::Boolean(BooleanFunction::Any { ignore_nulls: true }) => |all| all.any(true),
                    FunctionExpr::Boolean(BooleanFunction::Any { ignore_nulls: false }) => |all| all.any(false),
                    FunctionExpr::Boolean(BooleanFunction::All { ignore_nulls: true }) => |all| all.all(true),
                    FunctionExpr::Boolean(BooleanFunction::All { ignore_nulls: false }) => |all| all.all(false),
                    FunctionExpr::Skew(bias) => return self.skew(&input[0], *bias),
                    FunctionExpr::Kurtosis(fisher, bias) => return self.kurtosis(&input[0], *fisher, *bias),
                    FunctionExpr::ApproxNUnique => return self.sketched(&input[0]),
                    _ => return self.below(expr),
                };
                self.is_of_rows(&input[0]).then(|| self.add(expr, combine))
            }
            _ => self.below(expr),
        }
    }

    /// The expression with what it is made of taken apart.
    fn below(&mut self, expr: Expr) -> Option<Expr> {
        let stop = || PolarsError::NoData("cannot be taken apart".into());
        let whole = expr.clone();
        let mut named = |child: Expr, _: &mut ()| {
            let cut = self.cut(child.clone()).ok_or_else(stop)?;
            Ok(named_as(self.schema, &whole, &child, cut))
        };
        expr.map_children(&mut named, &mut ()).ok()
    }

    fn aggregate(&mut self, expr: &Expr, aggregate: &AggExpr) -> Option<Expr> {
        let input = match aggregate {
            AggExpr::Min { input, .. } | AggExpr::Max { input, .. } | AggExpr::Count { input, .. } => input,
            AggExpr::First(input) | AggExpr::Last(input) | AggExpr::Sum(input) | AggExpr::Mean(input) => input,
            AggExpr::FirstNonNull(input) | AggExpr::LastNonNull(input) => input,
            AggExpr::Std(input, _) | AggExpr::Var(input, _) => input,
            AggExpr::NUnique(input) if self.over == Over::All => input,
            _ => return None,
        };
        if !self.is_of_rows(input) {
            return None;
        }
        let whole = expr.clone();
        Some(match aggregate {
            AggExpr::Min { propagate_nans: false, .. } => self.extreme(whole, Expr::min),
            AggExpr::Max { propagate_nans: false, .. } => self.extreme(whole, Expr::max),
            AggExpr::Count { .. } => self.add(whole, Expr::sum),
            AggExpr::Sum(_) if is_summed(&self.dtype(expr)?) => self.add(whole, Expr::sum),
            AggExpr::FirstNonNull(_) => self.add(whole, Expr::first_non_null),
            AggExpr::LastNonNull(_) => self.add(whole, Expr::last_non_null),
            AggExpr::First(_) => self.at_an_end(whole, input, Expr::first),
            AggExpr::Last(_) => self.at_an_end(whole, input, Expr::last),
            AggExpr::NUnique(_) => self.n_unique(input),
            AggExpr::Mean(_) => self.mean(input, self.dtype(expr)?)?,
            AggExpr::Var(_, ddof) => self.variance(input, *ddof, self.dtype(expr)?)?,
            AggExpr::Std(_, ddof) => {
                let dtype = self.dtype(expr)?;
                self.variance(input, *ddof, DataType::Float64)?.sqrt().cast(dtype)
            }
            _ => return None,
        })
    }

    /// One more partial result, and how those of several partitions become one.
    pub(super) fn add(&mut self, partial: Expr, combine: impl FnOnce(Expr) -> Expr) -> Expr {
        let name = self.name(0);
        self.apart.partial.push(partial.alias(name.clone()));
        self.apart.combine.push(combine(col(name.clone())).alias(name.clone()));
        col(name)
    }

    /// The name of a partial result that is to come, which no user's column has.
    pub(super) fn name(&self, ahead: usize) -> PlSmallStr {
        format!("\u{1}{}", self.apart.partial.len() + ahead).into()
    }

    /// The least or the largest; partitions without values have none. Of floats that are all NaN it is NaN. If nulls are
    /// among these, Polars makes NaN or null of them, by their places, and so may this.
    fn extreme(&mut self, whole: Expr, best: fn(Expr) -> Expr) -> Expr {
        match self.over {
            Over::Groups => self.add(whole, best),
            Over::All => self.add(whole, |all| best(all.drop_nulls())),
        }
    }

    /// The first or last of the rows, of partitions that have some.
    fn at_an_end(&mut self, whole: Expr, input: &Expr, end: fn(Expr) -> Expr) -> Expr {
        if self.over == Over::Groups && self.needs(input, |needs| needs == Needs::Row) {
            return self.add(whole, end);
        }
        let rows = self.name(1);
        let value = self.add(whole, |all| end(all.filter(col(rows).gt(lit(0)))));
        let _ = self.add(input.clone().len(), Expr::sum);
        value
    }

    /// The different values themselves, each once.
    fn n_unique(&mut self, input: &Expr) -> Expr {
        let options = ExplodeOptions { empty_as_null: false, keep_nulls: true };
        let distinct = |all: Expr| all.unique().implode(false);
        self.add(distinct(input.clone()), |all| distinct(all.explode(options))).list().len()
    }

    /// About how many different values there are.
    fn sketched(&mut self, input: &Expr) -> Option<Expr> {
        self.is_of_rows(input).then(|| {
            let merged = |sketches| Sketching::MergedDistinct.of(sketches);
            Sketching::Estimate.of(self.add(Sketching::Distinct.of(input.clone()), merged))
        })
    }

    /// The sum by the count.
    fn mean(&mut self, input: &Expr, dtype: DataType) -> Option<Expr> {
        if !matches!(dtype, DataType::Float32 | DataType::Float64) {
            return None;
        }
        let sum = self.add(input.clone().cast(DataType::Float64).sum(), Expr::sum);
        let count = self.add(input.clone().count(), Expr::sum);
        let mean = sum / count.clone().cast(DataType::Float64);
        Some(when(count.gt(lit(0))).then(mean).otherwise(lit(polars::prelude::NULL)).cast(dtype))
    }

    /// Count, mean and the sum of squared distances from it, which are merged as Chan, Golub and LeVeque do, "Updating
    /// formulae and a pairwise algorithm for computing sample variances", 1979.
    fn variance(&mut self, input: &Expr, ddof: u8, dtype: DataType) -> Option<Expr> {
        if !matches!(dtype, DataType::Float32 | DataType::Float64) {
            return None;
        }
        let float = input.clone().cast(DataType::Float64);
        let (count, mean) = (col(self.name(0)), col(self.name(1)));
        let merged = merged_mean(&count, &mean);
        let away = (count.clone() * (mean - merged.clone()).pow(lit(2))).sum();
        let n = self.add(float.clone().count().cast(DataType::Float64), Expr::sum);
        let _ = self.add(float.clone().mean(), |_| merged);
        let squares = self.add(float.clone().var(0) * float.count().cast(DataType::Float64), |all| all.sum() + away);
        let free = n - lit(f64::from(ddof));
        Some(when(free.clone().gt(lit(0.0))).then(squares / free).otherwise(lit(polars::prelude::NULL)).cast(dtype))
    }

    /// Whether an expression looks at one row at a time.
    pub(super) fn is_of_rows(&self, expr: &Expr) -> bool {
        self.needs(expr, |needs| matches!(needs, Needs::Row | Needs::Rows))
    }

    fn needs(&self, expr: &Expr, wanted: impl Fn(Needs) -> bool) -> bool {
        let needs = resolve("agg", self.schema, std::slice::from_ref(expr));
        needs.is_ok_and(|found| found.iter().all(|one| wanted(one.needs)))
    }

    /// The type of what an expression makes.
    pub(super) fn dtype(&self, expr: &Expr) -> Option<DataType> {
        let schema = empty(self.schema).select([expr.clone().alias("x")]).collect_schema().ok()?;
        schema.get("x").cloned()
    }

    /// Whether what is made at the end looks at one row at a time.
    fn is_sound(&self) -> bool {
        let Ok(partial) = empty(self.schema).select(&self.apart.partial).collect_schema() else { return false };
        let needs = resolve("agg", &partial, &self.apart.finish);
        needs.is_ok_and(|found| found.iter().all(|one| matches!(one.needs, Needs::Row | Needs::Nothing)))
    }
}
