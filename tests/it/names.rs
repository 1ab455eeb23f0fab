//! Dask's core and common names of dataframes: each is in the guide, and as many are missing as the overview says.

use std::collections::BTreeSet;

const METHODS: &str = "abs add add_prefix add_suffix align all analyze any apply assign astype between bfill case_when cat categorize \
    clear_divisions clip columns combine combine_first compute compute_current_divisions copy corr count cov cummax \
    cummin cumprod cumsum describe diff div divide divisions drop drop_duplicates dropna dt dtype dtypes empty eq \
    eval explain explode ffill fillna floordiv ge get_partition groupby gt head idxmax idxmin iloc index info \
    is_monotonic_decreasing is_monotonic_increasing isin isna isnull items iterrows itertuples join known_divisions \
    kurtosis le loc lt map map_overlap map_partitions mask max mean median median_approximate melt memory_usage \
    memory_usage_per_partition merge min mod mode mul name nbytes ndim ne nlargest notnull npartitions nsmallest \
    nunique nunique_approx optimize partitions persist pipe pivot_table pop pow pprint prod product quantile query \
    radd random_split rdiv reduction rename repartition replace resample reset_index rolling round rsub rtruediv \
    sample select_dtypes sem set_index shape shift shuffle size skew sort_values squeeze std str sub sum tail to_bag \
    to_csv to_dask_array to_delayed to_frame to_json to_parquet to_records to_sql to_string truediv unique \
    value_counts values var visualize where";

const GROUPS: &str = "Aggregation agg aggregate apply bfill compute count cumcount cumprod cumsum ffill first get_group head idxmax \
    idxmin last max mean median min nunique prod shift size std sum tail transform unique value_counts var agg apply \
    count max mean median min quantile std sum var agg count first last max mean median min size std sum var";

const FUNCTIONS: &str = "Aggregation concat from_array from_dask_array from_delayed from_dict from_map from_pandas get_dummies isna \
    map_overlap map_partitions melt merge merge_asof pivot_table read_csv read_json read_parquet read_table \
    repartition to_bag to_csv to_datetime to_json to_numeric to_parquet to_timedelta";

const TEXTS: &str = "capitalize cat center contains count endswith extract extractall find findall fullmatch get isalpha isdigit \
    isnumeric join len ljust lower lstrip match pad removeprefix removesuffix repeat replace rjust rsplit rstrip slice \
    split startswith strip title upper zfill ceil date day day_name dayofweek dayofyear days days_in_month floor hour \
    is_leap_year is_month_end is_month_start isocalendar microsecond minute month month_name nanosecond normalize \
    quarter round second seconds strftime time to_period total_seconds tz tz_convert tz_localize weekday year as_known \
    as_unknown categories codes known ordered";

/// The words in the first cells of the guide's table below a heading, of rows whose second cells are as wanted.
fn words(heading: &str, wanted: impl Fn(&str) -> bool) -> BTreeSet<&'static str> {
    let guide = include_str!("../../docs/dataframes-from-dask.md");
    let section = guide.split("\n## ").flat_map(|part| part.split("\n### ")).find(|part| part.starts_with(heading));
    let rows = section.unwrap_or_default().lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" | "));
    let cells = rows.filter(|(_, here)| wanted(here)).map(|(dask, _)| dask);
    cells.flat_map(|cell| cell.split(|letter: char| !letter.is_alphanumeric() && letter != '_')).collect()
}

#[test]
fn names_of_dataframes_are_in_the_guide_and_counted() {
    let overview = include_str!("../../docs/from-dask.md");
    for (area, heading, names) in [
        ("DataFrame and Series", "DataFrame and Series", METHODS),
        ("GroupBy, Rolling, Resampler", "GroupBy, rolling windows, resampling", GROUPS),
        ("`str`, `dt`, `cat`", "Text, times, categories", TEXTS),
        ("`dask.dataframe` functions", "Functions", FUNCTIONS),
    ] {
        let (all, missing) = (words(heading, |_| true), words(heading, |here| here.starts_with("none")));
        let names: Vec<&str> = names.split_whitespace().collect();
        let absent: Vec<&&str> = names.iter().filter(|name| !all.contains(**name)).collect();
        assert!(absent.is_empty(), "the guide does not tell of {absent:?}");
        let here = names.iter().filter(|name| !missing.contains(**name)).count();
        let row = format!("| {area} | {here} | {} |", names.len());
        assert!(overview.contains(&row), "the overview should say {row:?}");
    }
}
