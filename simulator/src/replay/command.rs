//! The command line of a replay.

use super::error::ReplayError;
use super::replay::{Replay, To};
use partita_protocol::Time;
use partita_protocol::telemetry::State;
use std::fmt::Write;
use std::str::FromStr;

/// How the command is called.
pub const USAGE: &str = "\
replay JOURNAL [--event N | --seconds S | --until-task KEY --state STATE] [--step N] [--why KEY]... [--story KEY]...

Runs the machines of a cluster over its journal, to the end if nothing else is said.
  --event N         stop after this event
  --seconds S       stop after the last event of this moment
  --until-task KEY  stop when this task is in the state of --state: released, waiting, queued, no-worker, processing,
                    memory, erred, forgotten
  --step N          then go on for so many events and show them
  --why KEY         say why the task is where it is
  --story KEY       say what happened to the task
KEY is a whole key, or a name that only one task has, or an id as t17.";

/// What was asked for.
#[derive(Debug, Default, PartialEq)]
struct Asked {
    path: String,
    to: Option<To>,
    until: Option<String>,
    state: Option<State>,
    steps: u64,
    why: Vec<String>,
    story: Vec<String>,
}

/// Replays as the arguments say and tells in words what was found. The arguments are those after the command's name.
///
/// # Errors
/// [`ReplayError::Usage`] for arguments that make no sense, and whatever the replay meets.
pub fn command(args: &[String]) -> Result<String, ReplayError> {
    let asked = parse(args)?;
    let mut replay = Replay::open(&asked.path)?;
    match (&asked.until, asked.state) {
        (Some(key), Some(state)) => run_until(&mut replay, key, state)?,
        _ => replay.seek(asked.to.unwrap_or(if asked.steps > 0 { To::Event(0) } else { To::End }))?,
    }
    let mut out = String::new();
    for _ in 0..asked.steps {
        let Some(step) = replay.step()? else { break };
        line(&mut out, &step);
    }
    line(&mut out, &format_args!("event {}, {:.6} s", replay.event(), replay.time().as_secs_f64()));
    if let Some(ending) = replay.ending() {
        line(&mut out, &format_args!("the end: {ending}"));
    }
    let counts = replay.scheduler().counts();
    let states = STATES.iter().map(|(word, state)| (word, counts.of(*state))).filter(|(_, count)| *count > 0);
    let states: Vec<String> = states.map(|(word, count)| format!("{count} {word}")).collect();
    let states = if states.is_empty() { "none".into() } else { states.join(", ") };
    line(&mut out, &format_args!("tasks: {states}; workers: {}", replay.scheduler().workers().count()));
    for key in &asked.why {
        line(&mut out, &replay.why(replay.find(key)?)?);
    }
    for key in &asked.story {
        line(&mut out, &replay.story(replay.find(key)?)?);
    }
    Ok(out)
}

fn line(out: &mut String, text: &dyn std::fmt::Display) {
    // Writing into a string does not fail.
    writeln!(out, "{text}").ok();
}

/// The states by the words of the command line.
const STATES: [(&str, State); 8] = [
    ("released", State::Released),
    ("waiting", State::Waiting),
    ("queued", State::Queued),
    ("no-worker", State::NoWorker),
    ("processing", State::Processing),
    ("memory", State::Memory),
    ("erred", State::Erred),
    ("forgotten", State::Forgotten),
];

fn parse(args: &[String]) -> Result<Asked, ReplayError> {
    let usage = |what: String| ReplayError::Usage(format!("{what}\n{USAGE}"));
    let mut asked = Asked::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().cloned().ok_or_else(|| usage(format!("{arg} needs a value")));
        match arg.as_str() {
            "--event" => asked.to = Some(To::Event(number(arg, &value()?)?)),
            "--seconds" => {
                let seconds: f64 = number(arg, &value()?)?;
                if !(seconds.is_finite() && seconds >= 0.0) {
                    return Err(usage(format!("`{seconds}` is no value for {arg}: 0 or more, and finite")));
                }
                asked.to = Some(To::Time(Time((seconds * 1e9) as u64)));
            }
            "--until-task" => asked.until = Some(value()?),
            "--state" => {
                let word = value()?;
                let state = STATES.iter().find(|(known, _)| *known == word).map(|(_, state)| *state);
                asked.state = Some(state.ok_or_else(|| usage(format!("`{word}` is no state")))?);
            }
            "--step" => asked.steps = number(arg, &value()?)?,
            "--why" => asked.why.push(value()?),
            "--story" => asked.story.push(value()?),
            path if asked.path.is_empty() && !path.starts_with("--") => asked.path = path.into(),
            other => return Err(usage(format!("`{other}` is not known"))),
        }
    }
    match &asked {
        asked if asked.path.is_empty() => Err(usage("which journal?".into())),
        asked if asked.until.is_some() != asked.state.is_some() => {
            Err(usage("--until-task and --state go together".into()))
        }
        _ => Ok(asked),
    }
}

fn number<T: FromStr>(arg: &str, text: &str) -> Result<T, ReplayError> {
    text.parse().map_err(|_| ReplayError::Usage(format!("`{text}` is no value for {arg}\n{USAGE}")))
}

/// Goes on until a task is in a state. The task need not be known yet.
fn run_until(replay: &mut Replay, key: &str, state: State) -> Result<(), ReplayError> {
    let (mut task, mut looked) = (None, 0);
    let reached = replay.run_until(|replay| {
        if replay.book.len() > looked {
            // Of tasks of one key, one after the other, the last one counts.
            task = replay.book.find(key, looked).ok().or(task);
            looked = replay.book.len();
        }
        task.is_some_and(|task| replay.scheduler().state_of(task).unwrap_or(State::Forgotten) == state)
    })?;
    match (reached, task) {
        (true, _) => Ok(()),
        (false, None) => Err(ReplayError::NoTask(key.into())),
        (false, Some(_)) => {
            let word = STATES.iter().find(|(_, known)| *known == state).map_or("", |(word, _)| word);
            Err(ReplayError::NotReached { what: format!("`{key}` {word}"), event: replay.event() })
        }
    }
}
