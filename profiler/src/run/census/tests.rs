//! Whatever is lost, a census makes counts by state right again, and leaves what was before as it was.

use super::*;
use crate::aggregate::Aggregates;
use crate::run::Limits;
use partita_graph::Token;
use partita_protocol::PlaceId;
use partita_protocol::census::GroupCensus;
use partita_protocol::telemetry::{Batch, Record, Usage};
use proptest::prelude::*;

const GROUPS: u32 = 3;

/// Tasks as a scheduler knows them, that go from any state to any other, and the records of that.
#[derive(Default)]
struct Truth {
    tasks: BTreeMap<TaskId, (PrefixId, State)>,
    totals: [(u64, u64); GROUPS as usize],
    next: u32,
    now: Time,
}

impl Truth {
    fn record(&mut self, (act, number): (u8, u16)) -> Record {
        self.now = Time(self.now.0 + 3_000_000);
        let picked = self.tasks.iter().nth(usize::from(number) % self.tasks.len().max(1));
        match picked.map(|(task, known)| (*task, *known)) {
            Some((task, (prefix, from))) if act > 2 => self.step(task, prefix, from, State::ALL[usize::from(act % 8)]),
            Some((task, (prefix, state))) if act == 2 => handed_in(task, prefix, state),
            _ => {
                let (task, prefix) = (TaskId::new(self.next, 0), PrefixId(u32::from(number) % GROUPS));
                self.next += 1;
                self.tasks.insert(task, (prefix, State::Released));
                handed_in(task, prefix, State::Forgotten)
            }
        }
    }

    fn step(&mut self, task: TaskId, prefix: PrefixId, from: State, to: State) -> Record {
        let (finished, erred) = &mut self.totals[prefix.0 as usize];
        *finished += u64::from(to == State::Memory);
        *erred += u64::from(to == State::Erred);
        match to {
            State::Forgotten => drop(self.tasks.remove(&task)),
            _ => drop(self.tasks.insert(task, (prefix, to))),
        }
        Record::Transition { time: self.now, task, prefix, from, to }
    }

    fn counts(&self) -> BTreeMap<PrefixId, [u64; 8]> {
        let mut counts: BTreeMap<_, [u64; 8]> = (0..GROUPS).map(|group| (PrefixId(group), [0; 8])).collect();
        for (prefix, state) in self.tasks.values() {
            counts.entry(*prefix).or_default()[*state as usize] += 1;
        }
        counts
    }

    fn census(&self, lists: bool) -> Record {
        let group = |(prefix, states): (PrefixId, _)| {
            let (finished, erred) = self.totals[prefix.0 as usize];
            GroupCensus { prefix, states, finished, erred }
        };
        let groups = self.counts().into_iter().map(group).collect();
        let task = |(task, (prefix, state)): (&TaskId, &(PrefixId, State))| TaskCensus {
            task: *task,
            prefix: *prefix,
            state: *state,
        };
        let tasks = lists.then(|| self.tasks.iter().map(task).collect());
        Record::Census(Box::new(Census { time: self.now, groups, workers: Box::default(), tasks }))
    }
}

fn handed_in(task: TaskId, prefix: PrefixId, before: State) -> Record {
    let (place, token, part, dependencies) = (PlaceId(0), Token::of(b"0"), task.index() as u32, Box::default());
    Record::Task { task, before, prefix, place, token, part, dependencies }
}

/// What a run shows now, and what its timeline shows at a moment: by group, where there is any task.
fn shown(run: &Run, at: Time) -> [BTreeMap<PrefixId, [u64; 8]>; 2] {
    let unsigned = |counts: [i64; 8]| counts.map(|count| count.max(0) as u64);
    let now = run.groups().into_iter().map(|(prefix, group)| (prefix, unsigned(group.now)));
    let timeline = run.timeline().map(|timeline| timeline.states(at)).unwrap_or_default();
    let then = timeline.into_iter().map(|(prefix, counts)| (prefix, unsigned(counts)));
    let some = |(_, counts): &(PrefixId, [u64; 8])| counts.iter().any(|count| *count > 0);
    [now.filter(some).collect(), then.filter(some).collect()]
}

proptest! {
    #[test]
    fn counts_by_state_are_right_after_any_loss_and_a_census(
        acts in proptest::collection::vec((0u8..16, any::<u16>()), 1..120),
        size in 1usize..6,
        (from, lost, later) in (0usize..20, 1usize..20, 0usize..4),
        lists: bool,
    ) {
        let (mut truth, mut whole) = (Truth::default(), Run::new(Limits::default()));
        let (mut run, mut sums) = (Run::new(Limits::default()), Aggregates::default());
        let (mut dropped, mut begun, mut corrected) = (0, None, None);
        for (number, acts) in acts.chunks(size).enumerate() {
            let before = truth.now;
            let mut records: Vec<Record> = acts.iter().map(|act| truth.record(*act)).collect();
            whole.add(&Batch { records: records.clone(), dropped: 0 });
            if (from..from + lost).contains(&number) {
                begun.get_or_insert(before);
                dropped += records.len() as u64;
                continue;
            }
            if number == from + lost + later {
                records.push(truth.census(lists));
                corrected = Some(truth.now);
            }
            let batch = Batch { records, dropped: std::mem::take(&mut dropped) };
            run.add(&batch);
            sums.add(&batch);
        }
        // Tasks that became known last are shown from the next moment on that something is told of.
        let usage = Usage { time: truth.now, ..Usage::default() };
        let last = Batch { records: vec![Record::Usage(usage)], dropped: 0 };
        run.add(&last);
        whole.add(&last);
        if let Some(time) = corrected {
            let there: BTreeMap<_, _> =
                truth.counts().into_iter().filter(|(_, counts)| counts.iter().any(|count| *count > 0)).collect();
            let last = run.span().1;
            prop_assert_eq!(shown(&run, last), [there.clone(), there]);
            prop_assert_eq!(run.corrected(), Some(time));
            sums.add(&Batch { records: (0..GROUPS).map(|group| named(PrefixId(group))).collect(), dropped: 0 });
            for (prefix, counts) in truth.counts() {
                let group = sums.view().into_iter().find(|(name, _)| **name == *prefix.to_string()).unwrap().1;
                for state in State::ALL.into_iter().filter(|state| *state != State::Released) {
                    prop_assert_eq!(group.of(state), counts[state as usize], "{} {:?}", prefix, state);
                }
                prop_assert_eq!((group.finished, group.erred), truth.totals[prefix.0 as usize]);
            }
        }
        // What was before the loss is shown as if there had been none.
        let width = whole.timeline().map_or(0, |timeline| timeline.width().as_nanos() as u64);
        for number in 0..whole.timeline().map_or(0, |timeline| timeline.bins().len() as u64) {
            let start = whole.timeline().map_or(0, |timeline| timeline.start().0) + number * width;
            if begun.is_none_or(|begun| start + width <= begun.0) {
                prop_assert_eq!(&shown(&run, Time(start))[1], &shown(&whole, Time(start))[1]);
            }
        }
    }
}

fn named(prefix: PrefixId) -> Record {
    Record::Prefix { prefix, name: prefix.to_string().into() }
}

#[test]
fn a_loss_is_told_as_corrected_once_a_census_came_after_it() {
    let mut truth = Truth::default();
    let (mut run, mut sums) = (Run::new(Limits::default()), Aggregates::default());
    let mut add = |records, dropped| {
        let batch = Batch { records, dropped };
        run.add(&batch);
        sums.add(&batch);
        let line = sums.excuse().map(|line| match line {
            Record::Log(log) => log.text.to_string(),
            other => panic!("{other:?}"),
        });
        (run.corrected(), line)
    };
    let first = truth.record((0, 0));
    assert_eq!(add(vec![first, truth.census(true)], 0), (None, None), "nothing was lost");
    let second = truth.record((0, 0));
    assert_eq!(add(vec![second], 5), (None, None), "no census yet");
    let (corrected, line) = add(vec![truth.census(true)], 2);
    let text = "7 records were lost because the profiler was slow; counts by state were corrected at 6.0ms";
    assert_eq!((corrected, line.as_deref()), (Some(truth.now), Some(text)));
    assert_eq!(add(vec![], 0), (corrected, None), "it is said once");
    assert_eq!(add(vec![], 1), (None, None), "another loss");
}

#[test]
fn workers_and_tasks_are_those_of_the_census() {
    let (mut truth, mut run) = (Truth::default(), Run::new(Limits::default()));
    let join = |worker: u32| Record::WorkerJoined {
        time: Time(1),
        worker: WorkerId(worker),
        name: format!("worker-{worker}").into(),
        threads: 2,
        memory_limit: 100,
    };
    let records = vec![truth.record((0, 0)), truth.record((0, 1)), join(0), join(1)];
    run.add(&Batch { records, dropped: 0 });
    let (first, second) = (TaskId::new(0, 0), TaskId::new(1, 0));
    let ran = |task| Record::Compute {
        task,
        attempt: partita_protocol::Attempt(0),
        worker: WorkerId(2),
        thread: 0,
        started: Time(10),
        stopped: Time(30),
        nbytes: 8,
        ok: true,
    };
    // Lost: the first task is in memory, the second is forgotten, a third came and went, one worker went, another came.
    truth.step(first, PrefixId(0), State::Released, State::Memory);
    truth.step(second, PrefixId(1), State::Released, State::Forgotten);
    run.add(&Batch { records: vec![ran(TaskId::new(7, 0))], dropped: 5 });
    truth.now = Time(20_000_000);
    let Record::Census(mut census) = truth.census(true) else { panic!("no census") };
    let there = |worker: u32| WorkerCensus {
        worker: WorkerId(worker),
        name: format!("worker-{worker}").into(),
        threads: 2,
        memory_limit: 100,
    };
    census.workers = [there(0), there(2)].into();
    run.add(&Batch { records: vec![Record::Census(census)], dropped: 0 });

    let state = |task| run.state(task, None).unwrap();
    assert_eq!((state(first), state(second)), (State::Memory, State::Forgotten));
    let facts: Vec<_> =
        run.workers().iter().map(|(_, facts)| (&*facts.name, facts.threads, facts.is_there())).collect();
    assert_eq!(facts, [("worker-0", 2, true), ("worker-1", 2, false), ("worker-2", 2, true)]);
    assert_eq!(run.workers().iter().map(|(_, facts)| facts.joined).last(), Some(truth.now));
    assert_eq!(run.executions().kept().map(|ran| ran.prefix).collect::<Vec<_>>(), [OTHERS], "nobody told of its task");
}
