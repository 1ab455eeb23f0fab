//! What a journal costs: the same graph with and without one, in turn, as ratios of neighbouring runs.

use crate::Args;
use crate::cost::Spent;
use crate::measure::Measured;
use serde_json::json;

/// Runs `merge` on a cluster without journal and on one with, in turn.
pub(crate) fn cost(args: &Args) -> partita::Result<Measured> {
    let path = std::env::temp_dir().join(format!("partita-harness-{}.journal", std::process::id()));
    let plain = Args { journal: None, ..args.clone() }.cluster()?;
    let kept = Args { journal: Some(path.clone()), ..args.clone() }.cluster()?;
    let n = args.n;
    let (mut without, mut with) = (Spent::default(), Spent::default());
    let mut measured = Measured::of(args, json!({ "n": n }), 2 * (n + 1), n * (n + 1) / 2, || {
        without.merge(&plain, n)?;
        with.merge(&kept, n)
    })?;
    let (wall, processor) = with.over(&without, args.warmup);
    measured.extra.insert("wall_ratio".into(), json!(wall));
    measured.extra.insert("cpu_ratio".into(), json!(processor));
    measured.extra.insert("journal_bytes".into(), json!(std::fs::metadata(&path).map_or(0, |file| file.len())));
    plain.close()?;
    kept.close()?;
    let _ = std::fs::remove_file(path);
    Ok(measured)
}
