//! What is written is read again, however it is damaged.

use super::frame::{FRAME_BYTES, framed};
use super::*;
use partita_graph::{Key, Place, TaskOptions};
use partita_protocol::journal::Naming;
use partita_protocol::scheduler::{Event, NewTask, Piece};
use partita_protocol::worker::{self, Outcome, Report};
use partita_protocol::{Attempt, Begun, ClientId, FaultId, LossCause, PrefixId, TaskId};
use partita_scheduler::machine::Config;
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64;
use std::sync::Arc;

fn task(random: &mut Pcg64) -> TaskId {
    match random.random_range(0..4) {
        0 => TaskId::new(random.next_u32(), random.next_u32()),
        1 => TaskId::new(random.random_range(0..9), 1),
        _ => TaskId::new(random.random_range(0..200), 0),
    }
}

fn piece(random: &mut Pcg64) -> Piece {
    let mut piece = Piece { generation: random.random_range(-5..1 << 40), ..Piece::default() };
    for _ in 0..random.random_range(0..20) {
        let start = piece.dependencies.len() as u32;
        let count = random.random_range(0..4) * random.random_range(0..2);
        piece.dependencies.extend((0..count).map(|_| task(random)));
        let end = piece.dependencies.len() as u32;
        let odd = random.random_range(0..8) == 0;
        piece.tasks.push(NewTask {
            task: task(random),
            prefix: PrefixId(random.random_range(0..3)),
            rank: piece.tasks.len() as u32 + u32::from(odd) * random.next_u32() % 9,
            dependents: random.random_range(0..2),
            dependencies: if odd { 0..0 } else { start..end },
            wanted: random.random(),
            data: odd,
            options: odd.then(|| Arc::new(TaskOptions::new().priority(3).workers(["a"]))),
        });
    }
    piece.withdrawn.extend((0..random.random_range(0..3)).map(|count| (task(random), count)));
    piece
}

fn finished(random: &mut Pcg64, now: Time) -> (TaskId, Attempt, u64, Time, Time) {
    let stopped = Time(now.0 - random.random_range(0..now.0 / 2 + 1));
    (task(random), Attempt(random.random_range(0..1 << 50)), random.random(), Time(stopped.0 / 2), stopped)
}

fn event(random: &mut Pcg64, now: Time) -> Event {
    let (worker, client) = (WorkerId(random.random_range(0..5)), ClientId(random.random_range(0..3)));
    match random.random_range(0..6) {
        0 => Event::GraphSubmitted { client, piece: piece(random) },
        1 => Event::KeysCancelled { client, tasks: vec![task(random)], force: random.random() },
        2 => Event::WorkerLost { worker, cause: LossCause::Died("fire".into()), begun: Begun::These(vec![Attempt(3)]) },
        3 => Event::TimePassed,
        _ => {
            let (task, attempt, nbytes, started, stopped) = finished(random, now);
            Event::WorkerReported { worker, report: Report::Finished { task, attempt, nbytes, started, stopped } }
        }
    }
}

fn worker_event(random: &mut Pcg64, now: Time) -> worker::Event {
    let (task, attempt, nbytes, started, stopped) = finished(random, now);
    let outcome = match random.random_range(0..4) {
        0 => Outcome::Error { fault: FaultId(7) },
        _ => Outcome::Value { nbytes },
    };
    match random.random_range(0..3) {
        0 => worker::Event::MemoryFilled,
        _ => worker::Event::Executed { task, attempt, outcome, started, stopped },
    }
}

/// What a random journal holds, told in words.
fn random_journal(seed: u64, count: u64) -> (Vec<u8>, Vec<String>) {
    let mut random = Pcg64::seed_from_u64(seed);
    let (mut encoder, mut bytes) = Encoder::new(&Config::default());
    let (mut scheduler, mut worker) = (Tally::default(), Tally::default());
    let (mut told, mut now) = (Vec::new(), Time(0));
    for number in 0..count {
        now = Time(now.0 + random.random_range(0..5_000));
        match random.random_range(0..3) {
            0 => {
                let event = worker_event(&mut random, now);
                encoder.worker(&mut worker, WorkerId(2), now, &event);
                told.push(format!("{now:?} {event:?}"));
            }
            _ => {
                let event = event(&mut random, now);
                encoder.scheduler(&mut scheduler, now, &event);
                told.push(format!("{now:?} {event:?}"));
            }
        }
        if number % 50 == 49 {
            bytes.extend(encoder.block().unwrap_or_default());
        }
    }
    encoder.closed(0);
    bytes.extend(encoder.block().unwrap_or_default());
    (bytes, told)
}

/// All events of a journal in words, and how it ends.
fn read(bytes: &[u8]) -> (Vec<String>, Result<Ending, JournalError>) {
    let mut told = Vec::new();
    let mut reader = match Reader::new(bytes, "memory") {
        Ok(reader) => reader,
        Err(error) => return (told, Err(error)),
    };
    loop {
        match reader.next_entry() {
            Ok(Some(Entry::Scheduler { time, event })) => told.push(format!("{time:?} {event:?}")),
            Ok(Some(Entry::Worker { time, event, .. })) => told.push(format!("{time:?} {event:?}")),
            Ok(Some(_)) => {}
            Ok(None) => return (told, Ok(reader.ending().unwrap())),
            Err(error) => return (told, Err(error)),
        }
    }
}

#[test]
fn what_is_written_is_read() {
    for seed in 0..20 {
        let (bytes, told) = random_journal(seed, 700);
        let (found, ending) = read(&bytes);
        assert_eq!(ending.unwrap(), Ending::Closed);
        assert_eq!(found, told);
    }
}

#[test]
fn names_come_back_as_they_are_printed() {
    let unique = Key::unique("inc");
    let keys = [
        Key::named("x"),
        unique.clone(),
        unique.part(0),
        unique.part(1),
        unique.part(7),
        Key::unique("inc"),
        Key::new("sum", partita_graph::Token::of(b"sum")),
        Key::named("x"),
    ];
    let (mut encoder, mut bytes) = Encoder::new(&Config::default());
    let place = Place::here();
    let naming = |key| Naming { task: TaskId::new(0, 0), key, place: Some(place) };
    encoder.names(&mut keys.iter().map(|key| naming(Some(key))));
    encoder.names(&mut [Naming { task: TaskId::new(5, 1), key: None, place: None }].into_iter());
    bytes.extend(encoder.block().unwrap());
    let mut reader = Reader::new(&bytes[..], "memory").unwrap();
    let Some(Entry::Names(names)) = reader.next_entry().unwrap() else { panic!() };
    assert_eq!(names.iter().map(|named| named.key.clone()).collect::<Vec<_>>(), keys);
    assert!(names.iter().all(|named| named.place.as_deref() == Some(&*place.to_string())));
    let Some(Entry::Names(names)) = reader.next_entry().unwrap() else { panic!() };
    assert_eq!((names[0].key.to_string().as_str(), &names[0].place), ("t5.1", &None));
}

#[test]
fn a_journal_that_is_cut_anywhere_is_read_up_to_there() {
    let (bytes, told) = random_journal(1, 120);
    let mut longest = 0;
    for length in 0..bytes.len() {
        let (found, ending) = read(&bytes[..length]);
        assert_eq!(found, told[..found.len()]);
        assert!(found.len() >= longest);
        longest = found.len();
        assert!(matches!(ending, Ok(Ending::Cut) | Err(JournalError::NoJournal)), "{ending:?}");
    }
    assert_eq!(longest, 100, "the last block is the one that is cut");
}

#[test]
fn a_flipped_bit_is_found() {
    let (bytes, told) = random_journal(2, 120);
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        let (found, ending) = read(&damaged);
        assert_eq!(found, told[..found.len()]);
        // It is never told as a cut, and never missed.
        let error = ending.unwrap_err();
        let is_told = match at {
            0..7 => matches!(error, JournalError::NoJournal),
            7 => matches!(error, JournalError::OtherForm { .. }),
            _ => matches!(error, JournalError::Damaged { .. }),
        };
        assert!(is_told, "byte {at}: {error}");
    }
}

#[test]
fn a_flipped_bit_of_a_length_is_told_with_its_place() {
    let (mut bytes, told) = random_journal(2, 120);
    let first = 8 + FRAME_BYTES + u32::from_le_bytes(bytes[8..12].try_into().unwrap()) as usize;
    for bit in 0..32 {
        bytes[first + bit / 8] ^= 1 << (bit % 8);
        let (found, ending) = read(&bytes);
        assert!(found.is_empty() && !told.is_empty());
        let Err(JournalError::Damaged { offset, what: Nonsense::Length }) = ending else { panic!("{ending:?}") };
        assert_eq!(offset, first as u64);
        bytes[first + bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn nonsense_with_a_good_checksum_is_refused_without_harm() {
    let mut random = Pcg64::seed_from_u64(3);
    let (header, _) = random_journal(0, 0);
    let closed = FRAME_BYTES + 2;
    let header = &header[..header.len() - closed];
    for round in 0..3_000 {
        let mut records = vec![0u8; random.random_range(1..60)];
        random.fill_bytes(&mut records);
        records[0] = round as u8 % 16;
        let mut bytes = header.to_vec();
        bytes.extend(framed(&records));
        let (_, ending) = read(&bytes);
        assert!(matches!(ending, Ok(_) | Err(JournalError::Damaged { .. })), "{ending:?}");
    }
}

#[test]
fn other_files_and_versions_are_told_apart() {
    assert!(matches!(read(b"Partita, but no journal of it").1, Err(JournalError::NoJournal)));
    let older = read(b"PARTITA\x01\0\0\0\0").1;
    assert!(matches!(older, Err(JournalError::OtherForm { found: 1, expected: 2 })), "{older:?}");
    assert!(matches!(Reader::open("/nowhere/at all"), Err(JournalError::Unreadable { .. })));
    let (mut encoder, mut bytes) = (Encoder::default(), MAGIC.to_vec());
    encoder.header("0.0.0", &Config::default());
    bytes.extend(encoder.block().unwrap());
    let Err(JournalError::OtherVersion { found, .. }) = read(&bytes).1 else { panic!() };
    assert_eq!(found, "0.0.0");
}

#[test]
fn a_full_journal_says_so() {
    let (mut encoder, mut bytes) = Encoder::new(&Config::default());
    encoder.stopped();
    bytes.extend(encoder.block().unwrap());
    assert_eq!(read(&bytes).1.unwrap(), Ending::Stopped { missing: None });
    encoder.closed(3);
    bytes.extend(encoder.block().unwrap());
    assert_eq!(read(&bytes).1.unwrap(), Ending::Stopped { missing: Some(3) });
}

#[test]
fn a_task_takes_a_few_bytes() {
    let (mut encoder, mut tally) = (Encoder::default(), Tally::default());
    let keys: Vec<Key> = (0..1000).map(|_| Key::unique("inc")).collect();
    let task = |index: usize| TaskId::new(index as u32, 0);
    let new = |index: usize| NewTask {
        task: task(index),
        prefix: PrefixId(0),
        rank: index as u32,
        dependents: 1,
        dependencies: 0..0,
        wanted: false,
        data: false,
        options: None,
    };
    let naming = |(index, key)| Naming { task: task(index), key: Some(key), place: None };
    encoder.names(&mut keys.iter().enumerate().map(naming));
    let piece = Piece { tasks: (0..1000).map(new).collect(), ..Piece::default() };
    encoder.scheduler(&mut tally, Time(5), &Event::GraphSubmitted { client: ClientId(0), piece });
    for index in 0..1000u64 {
        let now = Time(1_000_000 + index * 1_500);
        let (started, stopped) = (Time(now.0 - 40_000), Time(now.0 - 39_000));
        let attempt = Attempt(index);
        let report = Report::Finished { task: task(index as usize), attempt, nbytes: 8, started, stopped };
        encoder.scheduler(&mut tally, now, &Event::WorkerReported { worker: WorkerId(0), report });
    }
    let bytes = encoder.block().unwrap().len();
    assert!(bytes < 16_000, "{bytes} bytes for 1,000 tasks");
}
