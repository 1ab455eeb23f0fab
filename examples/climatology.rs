//! Departure delays of New York's airports in 2013, as an array of hours and days: means along its axes, and its modes by
//! a singular value decomposition, drawn.
//!
//! ```text
//! cargo run --release --example climatology [PICTURE.svg] [FILES…]
//! ```
//!
//! Without files it reads those in `examples/data/flights` (see the README there).

use partita::array::{Array, Cut, keep, linalg};
use partita::bag::read_text;
use partita::prelude::*;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use tracing_subscriber::EnvFilter;

const FLIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/flights/*r.csv.gz");
const AIRPORTS: [&str; 3] = ["ewr", "jfk", "lga"];
const HOURS: usize = 24;
const DAYS: usize = 365;
/// The days before each month.
const MONTHS: [usize; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    run(std::env::args().skip(1), &mut std::io::stdout())
}

pub(crate) fn run(mut args: impl Iterator<Item = String>, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let picture = args.next().map_or_else(|| std::env::temp_dir().join("climatology.svg"), PathBuf::from);
    let given: Vec<String> = args.collect();
    let files = if given.is_empty() { AIRPORTS.map(|airport| FLIGHTS.replace("*r", airport)).to_vec() } else { given };
    let cluster = LocalCluster::builder().workers(1).start()?;

    // 24 hours × 365 days; NaN where nobody left. A quarter of the year is a chunk.
    let delays = delays(&files)?;
    let missing = delays.isnan().count_nonzero().item();
    let by_hour = delays.nanmean(Some(1));
    let by_day = delays.nanmean(Some(0));
    // What is missing is taken to be usual for its hour, and hours without any flight to be in time.
    let usual = delays.nanmean(keep(1)).nan_to_num();
    let filled = Array::where_(&delays.isnan(), &usual, &delays);
    let anomalies = &filled - &usual;
    let (modes, strengths, courses) = linalg::svd(&anomalies.rechunk([Cut::Whole, Cut::Each(92)]));
    let shares = strengths.square() / strengths.square().sum();
    let (missing, by_hour, by_day) = compute((missing, by_hour, by_day))?;
    let (anomalies, modes, shares, courses) = compute((anomalies, modes, shares, courses))?;

    writeln!(out, "{} of {} hours have no departure", missing, HOURS * DAYS)?;
    let known = |means: &ndarray::ArrayD<f64>| {
        means.iter().copied().enumerate().filter(|(_, mean)| !mean.is_nan()).collect::<Vec<_>>()
    };
    let worst = |means: &ndarray::ArrayD<f64>| known(means).into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
    if let (Some((hour, late)), Some((day, later))) = (worst(&by_hour), worst(&by_day)) {
        writeln!(
            out,
            "the worst hour is {hour}, {late:.1} minutes late, and the worst day is {}, {later:.1}",
            date(day)
        )?;
    }
    let [first, second] = [shares[[0]], shares[[1]]].map(|share| 100.0 * share);
    writeln!(out, "the first two modes explain {first:.0} % and {second:.0} % of what is unusual")?;
    std::fs::write(&picture, draw(&anomalies, &modes, &courses))?;
    writeln!(out, "drawn: {}", picture.display())?;
    cluster.close()?;
    Ok(())
}

/// The mean delay of each hour of each day, from the rows of the files.
fn delays(files: &[String]) -> Result<Array<f64>, Box<dyn Error>> {
    let cell = |line: String| {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |at: usize| fields.get(at)?.parse::<f64>().ok();
        let (month, day, delay, hour) = (number(1)?, number(2)?, number(5)?, number(16)?);
        Some(((hour as usize * DAYS) + MONTHS.get(month as usize - 1)? + day as usize - 1, delay))
    };
    let cells = read_text(files).finish()?.flat_map(cell);
    let sums = cells.fold_by(
        |(cell, _)| *cell,
        (0.0, 0u32),
        |(sum, count), (_, delay)| (sum + delay, count + 1),
        |(a, n), (b, m)| (a + b, n + m),
    );
    let mut table = ndarray::Array2::from_elem((HOURS, DAYS), f64::NAN);
    for (cell, (sum, count)) in sums.compute()? {
        table[(cell / DAYS, cell % DAYS)] = sum / f64::from(count);
    }
    Ok(Array::from_array(table, [Cut::Whole, Cut::Each(92)]))
}

fn date(day: usize) -> String {
    let month = MONTHS.iter().rposition(|&before| before <= day).unwrap_or(0);
    format!("2013-{:02}-{:02}", month + 1, day - MONTHS[month] + 1)
}

/// Blue for early, white for usual, red for late; a colour for each number from -1 to 1.
fn colour(x: f64) -> String {
    let fade = |strength: f64| 255.0 - strength.clamp(0.0, 1.0) * 200.0;
    let (red, green, blue) = (fade(-x), fade(x.abs()), fade(x));
    format!("#{:02x}{:02x}{:02x}", red as u8, green as u8, blue as u8)
}

/// A map of hours and days, and below it the courses of the first two modes over the year and the day.
fn draw(anomalies: &ndarray::ArrayD<f64>, modes: &ndarray::ArrayD<f64>, courses: &ndarray::ArrayD<f64>) -> String {
    let mut svg = String::from(concat!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 820 520" font-family="sans-serif" font-size="12">"#,
        r##"<rect width="820" height="520" fill="#fff"/>"##,
        r#"<text x="50" y="24" font-size="15">Departure delays, New York 2013: minutes more (red) or fewer (blue) than usual, up to 90</text>"#,
    ));
    for ((hour, day), &late) in
        anomalies.view().into_dimensionality::<ndarray::Ix2>().iter().flat_map(|map| map.indexed_iter())
    {
        let (x, y) = (50 + 2 * day, 40 + 9 * hour);
        if late != 0.0 {
            let _ = write!(svg, r#"<rect x="{x}" y="{y}" width="2" height="9" fill="{}"/>"#, colour(late / 90.0));
        }
    }
    for hour in (0..HOURS).step_by(6) {
        let _ = write!(svg, r#"<text x="44" y="{}" text-anchor="end">{hour}:00</text>"#, 49 + 9 * hour);
    }
    for (month, name) in ["January", "April", "July", "October"].into_iter().enumerate() {
        let _ = write!(svg, r#"<text x="{}" y="272">{name}</text>"#, 50 + 2 * MONTHS[3 * month]);
    }
    let _ = write!(
        svg,
        r#"<text x="50" y="300" font-size="15">The first two modes, over the year and over the day</text>"#
    );
    for (mode, colour) in ["#c0392b", "#2471a3"].into_iter().enumerate() {
        let sign = if (0..HOURS).map(|hour| modes[[hour, mode]]).sum::<f64>() < 0.0 { -1.0 } else { 1.0 };
        let over_year = (0..DAYS).map(|day| (50.0 + 1.45 * day as f64, 430.0 - 120.0 * sign * courses[[mode, day]]));
        let over_day = (0..HOURS).map(|hour| (610.0 + 7.5 * hour as f64, 430.0 - 120.0 * sign * modes[[hour, mode]]));
        for points in [over_year.collect::<Vec<_>>(), over_day.collect()] {
            let line: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let _ = write!(svg, r#"<polyline points="{}" fill="none" stroke="{colour}"/>"#, line.join(" "));
        }
    }
    for (x, text) in [(50, "January"), (182, "April"), (314, "July"), (447, "October"), (610, "0:00"), (700, "12:00")] {
        let _ = write!(svg, r#"<text x="{x}" y="508">{text}</text>"#);
    }
    svg + "</svg>"
}
