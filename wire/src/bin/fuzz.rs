//! Fuzzes what comes from sockets: `cargo run -p partita-wire --bin partita-fuzz -- --seconds 60 [--seed S] [TARGET]`.

use clap::Parser;
use partita_wire::fuzz::{Target, replay, run};
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Tries changed frames, heads, handshakes and sequences of messages, until something panics or the time is over.
#[derive(Parser)]
struct Arguments {
    /// Seconds for all targets together.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// The seed, from which all inputs follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Tries this input alone, as a finding shows it: hexadecimal digits. Needs a target.
    #[arg(long, requires = "target")]
    input: Option<String>,
    /// One target alone: frames, heads, handshake or sequences.
    #[arg(value_parser = parse_target)]
    target: Option<Target>,
}

fn parse_target(name: &str) -> Result<Target, String> {
    let found = Target::ALL.into_iter().find(|target| target.name() == name);
    found.ok_or_else(|| format!("there is no target {name}; there are {}", Target::ALL.map(Target::name).join(", ")))
}

fn parse_hex(text: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    bytes.ok_or_else(|| "the input must be pairs of hexadecimal digits".to_string())
}

/// Fuzzes as the arguments say; what there is to tell.
fn fuzz(arguments: &Arguments) -> Result<String, String> {
    if let (Some(input), Some(target)) = (&arguments.input, arguments.target) {
        let deep = replay(target, arguments.seed, 0, &parse_hex(input)?).map_err(|finding| finding.to_string())?;
        return Ok(format!("{target}: no panic; {}", if deep { "accepted" } else { "refused" }));
    }
    let targets = arguments.target.map_or_else(|| Target::ALL.to_vec(), |target| vec![target]);
    let each = Duration::from_secs(arguments.seconds) / targets.len() as u32;
    let mut lines = Vec::new();
    for target in targets {
        let start = Instant::now();
        // The clock is looked at now and then only.
        let report = run(target, arguments.seed, |tries| tries % 64 != 0 || start.elapsed() < each)
            .map_err(|finding| finding.to_string())?;
        let rate = report.tries as f64 / start.elapsed().as_secs_f64();
        lines.push(format!("{target}: {} tries, {} of them deep, {rate:.0} a second", report.tries, report.deep));
    }
    Ok(lines.join("\n"))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A finding is told once, at the end.
    std::panic::set_hook(Box::new(|_| {}));
    let (text, code) = match fuzz(&arguments) {
        Ok(text) => (text, ExitCode::SUCCESS),
        Err(text) => (format!("FOUND: {text}"), ExitCode::FAILURE),
    };
    match writeln!(std::io::stdout(), "seed {}\n{text}", arguments.seed) {
        Ok(()) => code,
        Err(_) => ExitCode::FAILURE,
    }
}
