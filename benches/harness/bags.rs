//! Bags: word counts of made text, the same by fold-by, and a group-by of pairs.

use crate::Args;
use crate::measure::Measured;
use partita::bag::read_text;
use partita::prelude::*;
use serde_json::{Value, json};

/// Words, distinct words, and the three most frequent ones with their counts.
fn summary(mut counts: Vec<(String, u64)>) -> Value {
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    let top = counts.iter().take(3).map(|(word, count)| json!([word, count]));
    [json!(total), json!(counts.len())].into_iter().chain(top).collect()
}

/// What the data's manifest says; null if there is none.
fn expected(args: &Args, workload: &str) -> Value {
    let folder = std::path::PathBuf::from(args.files());
    let manifest = folder.parent().and_then(|text| text.parent()).map(|data| data.join("manifest.json"));
    let text = manifest.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let manifest: Value = serde_json::from_str(&text).unwrap_or_default();
    manifest["checks"][workload].clone()
}

fn lines(args: &Args) -> partita::Result<Bag<String>> {
    let text = read_text([args.files()]);
    Ok(match args.block {
        Some(bytes) => text.block_size(bytes).finish()?,
        None => text.finish()?,
    })
}

/// Word frequencies, all counts to the caller.
pub(crate) fn wordcount(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let params = json!({ "files": args.files(), "block": args.block });
    let measured = Measured::of(args, params, 1, expected(args, "wordcount"), || {
        let words = lines(args)?.frequencies_of(|line, counts| {
            line.split(' ').for_each(|word| counts.add(word));
        });
        Ok(summary(words.compute()?))
    })?;
    cluster.close()?;
    Ok(measured)
}

/// The same by `fold_by` with a user's function.
pub(crate) fn fold_by(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let params = json!({ "files": args.files(), "block": args.block });
    let measured = Measured::of(args, params, 1, expected(args, "foldby"), || {
        let words = lines(args)?.flat_map(|line: String| line.split(' ').map(str::to_string).collect::<Vec<_>>());
        let counts = words.fold_by(|word| word.clone(), 0u64, |count, _| count + 1, |a, b| a + b);
        Ok(summary(counts.compute()?))
    })?;
    cluster.close()?;
    Ok(measured)
}

/// (i·7919 mod 1000, i): full group-by, then the sum of each group.
pub(crate) fn group_by(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let n = args.n;
    let expected = json!([n.min(1000), n * (n - 1) / 2]);
    let measured = Measured::of(args, json!({ "n": n, "npartitions": 16 }), 16 * 3, expected, || {
        let pairs = Bag::range(n as i64, 16).map(|i| (i * 7919 % 1000, i));
        let groups = pairs.group_by(|pair| pair.0);
        let sums = groups.map(|(key, group)| (key, group.iter().map(|pair| pair.1).sum::<i64>())).compute()?;
        Ok(json!([sums.len(), sums.iter().map(|(_, sum)| sum).sum::<i64>()]))
    })?;
    cluster.close()?;
    Ok(measured)
}
