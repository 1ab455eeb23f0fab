//! Functions through bytes: what comes back, what is refused, and that no bytes do harm.

use super::*;
use crate::node::{Block, Chosen, Flow, Input, Reads};
use crate::{
    Engine, Fault, FromEnv, FromValues, Function, Graph, Key, Kind, Node, Place, Portable, Reader, Reference, TaskFn,
    Token, Value, Work, build_id,
};
use proptest::prelude::*;
use std::sync::{Arc, Mutex};

fn values(call: impl Fn(&[Value]) -> i64 + Send + Sync + 'static) -> Function {
    Arc::new(FromValues::new("i64", move |inputs: &[Value]| Ok(Value::new(call(inputs)))))
}

fn env<E: Travels>(env: E, call: impl Fn(&E) -> i64 + Send + Sync + 'static) -> Function {
    Arc::new(FromEnv::new("i64", env, move |env: &E, _: &[Value]| Ok(Value::new(call(env)))))
}

fn sum(inputs: &[Value]) -> i64 {
    inputs.iter().filter_map(|value| value.get::<i64>().ok()).sum()
}

fn reader() -> WorkReader {
    WorkReader::new(build_id()).unwrap()
}

fn again(function: &Function) -> Result<Function, NotRead> {
    let written = Work::Call(function.clone()).write(&mut WorkWriter::new()).unwrap();
    match Work::read(&written, &mut reader())? {
        Work::Call(function) => Ok(function),
        _ => panic!("it was a call"),
    }
}

fn run(function: &Function, inputs: &[i64]) -> i64 {
    let inputs: Vec<Value> = inputs.iter().map(|&n| Value::new(n)).collect();
    *function.call(&inputs).unwrap().get::<i64>().unwrap()
}

/// What travels, with inputs and the result.
fn travellers() -> Vec<(&'static str, Function, Vec<i64>, i64)> {
    let named: Named<fn(&[Value]) -> i64> = Named::new(|| sum as fn(&[Value]) -> i64);
    let reader = Reader::of::<Vec<i64>>();
    let value = Value::new(vec![5i64]);
    let text = |env: &(String, Arc<str>, &'static str)| (env.0.len() + env.1.len() + env.2.len()) as i64;
    vec![
        ("a closure", values(|inputs| sum(inputs) + 1), vec![1, 2], 4),
        ("a function", values(sum), vec![1, 2], 3),
        ("a closure around a closure", values(move |inputs| Some(sum).map_or(0, |sum| sum(inputs))), vec![4], 4),
        ("a number", env(40i64, |n| n + 2), vec![], 42),
        ("text", env(("a".to_string(), Arc::from("bc"), "def"), text), vec![], 6),
        ("a list", env(vec![Some(3i64), None], |list| list.iter().flatten().sum()), vec![], 3),
        ("data", env(Plain((1i64, "x".to_string())), |data| data.0.0), vec![], 1),
        ("a function of its own", env(Func(|n: i64| n * 3), |f| f(5)), vec![], 15),
        ("a named pointer", env(named, |sum| sum(&[Value::new(7i64)])), vec![], 7),
        ("a value", env(value, |value| value.get::<Vec<i64>>().map_or(0, |list| list[0])), vec![], 5),
        ("a reader", env(reader, |reader| reader.type_name().len() as i64), vec![], 20),
        ("another function", env(values(sum), |f| run(f, &[2, 3])), vec![], 5),
        ("shared", env((Arc::new(1i64), Arc::new(())), |env| *env.0), vec![], 1),
        ("arrays and ranges", env(([1i64, 2], 3..5i64, 1..=2i64), |env| env.0[1] + env.1.end + env.2.end()), vec![], 9),
    ]
}

#[test]
fn functions_and_their_environments_come_back() {
    for (name, function, inputs, expected) in travellers() {
        assert_eq!(run(&again(&function).unwrap(), &inputs), expected, "{name}");
    }
}

/// Runs this test binary again, and has it run the functions that this process wrote.
#[test]
fn another_process_of_the_same_executable_runs_what_was_written() {
    const VARIABLE: &str = "PARTITA_TEST_TRAVEL";
    if let Ok(written) = std::env::var(VARIABLE) {
        let mut reader = reader();
        for ((name, _, inputs, _), hex) in travellers().into_iter().zip(written.split(',')) {
            let bytes: Vec<u8> =
                (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
            let Work::Call(function) = Work::read(&bytes, &mut reader).unwrap() else { panic!("{name}") };
            println!("ran {name}: {}", run(&function, &inputs));
        }
        return;
    }
    let mut writer = WorkWriter::new();
    let written: Vec<String> = travellers()
        .into_iter()
        .map(|(_, function, ..)| Work::Call(function).write(&mut writer).unwrap())
        .map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
        .collect();
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "travel::tests::another_process_of_the_same_executable_runs_what_was_written"])
        .arg("--nocapture")
        .env(VARIABLE, written.join(","))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&child.stdout);
    for (name, _, _, expected) in travellers() {
        assert!(text.contains(&format!("ran {name}: {expected}\n")), "{name}: {text}");
    }
}

struct Unwritten;

impl TaskFn for Unwritten {
    fn call(&self, _: &[Value]) -> Result<Value, Fault> {
        Ok(Value::new(()))
    }

    fn returns(&self) -> &'static str {
        "()"
    }
}

struct Refuses;

impl serde::Serialize for Refuses {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("not this one"))
    }
}

impl<'de> serde::Deserialize<'de> for Refuses {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Refuses)
    }
}

#[test]
fn what_cannot_be_written_is_refused_with_the_reason() {
    let (captured, counter) = (3i64, Arc::new(Mutex::new(0i64)));
    let pointer: fn(&[Value]) -> i64 = sum;
    let deep = (0..100).fold(values(sum), |inner, _| env(inner, |f| run(f, &[])));
    let table: Vec<(&str, Function, &str)> = vec![
        ("captures", values(move |inputs| sum(inputs) + captured), "captures 8 bytes of variables"),
        ("a lock", values(move |_| counter.lock().map_or(0, |n| *n)), "pass what it needs apart"),
        ("a pointer", env(Func(pointer), |f| f(&[])), "is a pointer to a function"),
        ("a captured pointer", values(pointer), "is a pointer to a function"),
        ("no form", Arc::new(Unwritten), "tests::Unwritten` has no written form"),
        ("data that refuses", env(Plain(Refuses), |_| 0), "could not be written: not this one"),
        ("a value that refuses", env(Value::new(Refuses), |_| 0), "could not be written: not this one"),
        ("too deep", deep, "within more than 64 other ones is not written"),
    ];
    let mut writer = WorkWriter::new();
    for (name, function, expected) in table {
        let error = Work::Call(function).write(&mut writer).unwrap_err().to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
    // A writer goes on after what it refused.
    let written = Work::Call(values(sum)).write(&mut writer).unwrap();
    assert!(Work::read(&written, &mut reader()).is_ok());
}

/// Takes a place in memory that few addresses would do for, and no room.
#[repr(align(128))]
#[derive(Clone, Copy)]
struct Aligned;

#[test]
fn what_has_no_size_is_made_out_of_nothing_whatever_its_alignment() {
    let aligned = Aligned;
    let address = move |_: &[Value]| (std::ptr::from_ref(&aligned) as usize % 128) as i64;
    assert_eq!(run(&again(&values(address)).unwrap(), &[]), 0);
}

#[test]
fn a_name_of_one_kind_is_not_taken_for_another() {
    let shared = |offset: i64| {
        let mut bytes = vec![0, 0, 0, 0, 1, 0];
        bytes.extend_from_slice(&offset.to_le_bytes());
        bytes.extend_from_slice(&0u64.to_le_bytes());
        Work::read(&bytes, &mut reader()).err().unwrap()
    };
    let value = Value::new(1i64).portable().offset();
    let name = Portable::of(&sum).unwrap().offset();
    let maker = Portable::of_maker(&Reader::of::<i64>).offset();
    for (offset, found) in [(value, "a type of values"), (name, "the name of a function"), (maker, "a constant")] {
        let error = shared(offset);
        assert!(matches!(&error, NotRead::Kind { found: kind, .. } if *kind == found), "{error}");
        if offset != value {
            let error = Value::read_written(offset, 1, &[]).unwrap_err();
            assert!(matches!(&error, NotRead::Kind { expected: "a type of values", .. }), "{error}");
        }
    }
    assert!(matches!(shared(12345), NotRead::Portable(_)));
    // A constant of another type.
    let mut taken = table::Taken::default();
    let mut from = Unpacker::new(&[], &mut taken);
    assert!(matches!(from.function_type::<i64>(), Err(NotRead::Type { .. })));
    let bytes = maker.to_le_bytes();
    let error = Named::<fn() -> i64>::unpack(&mut Unpacker::new(&bytes, &mut taken)).err().unwrap();
    assert!(matches!(error, NotRead::Type { .. }), "{error}");
    let error = WorkReader::new(Token::of(b"another")).err().unwrap();
    assert!(error.to_string().contains("another build"), "{error}");
}

#[test]
fn what_tasks_share_is_written_once_and_forgotten_when_nobody_has_it() {
    let (mut writer, mut reader) = (WorkWriter::new(), reader());
    let list = Arc::new(Plain((0..1000).collect::<Vec<i64>>()));
    let task = |list: &Arc<Plain<Vec<i64>>>, n: i64| -> Function {
        Arc::new(FromEnv::new("i64", (list.clone(), n), |(list, n): &(Arc<Plain<Vec<i64>>>, i64), _: &[Value]| {
            Ok(Value::new(list[*n as usize]))
        }))
    };
    let mut send = |writer: &mut WorkWriter, function: Function| {
        let bytes = Work::Call(function).write(writer).unwrap();
        let Work::Call(function) = Work::read(&bytes, &mut reader).unwrap() else { panic!("a call") };
        (bytes.len(), run(&function, &[]), reader.remembered())
    };
    let (first, value, _) = send(&mut writer, task(&list, 7));
    assert!(first > 8000 && value == 7);
    for n in 0..5000 {
        let (length, value, _) = send(&mut writer, task(&list, n % 1000));
        assert!(length < 60 && value == n % 1000, "{length}");
    }
    assert_eq!(writer.remembered(), 1);
    // Lists that are gone again are forgotten on both sides.
    for n in 0..10_000 {
        let short = Arc::new(Plain(vec![n; 8]));
        let (_, value, remembered) = send(&mut writer, task(&short, 3));
        assert_eq!(value, n);
        assert!(writer.remembered() <= 2048 && remembered <= 2050, "{} and {remembered}", writer.remembered());
    }
    let error = Work::read(&[0, 0, 0, 0, 1, 2, 255, 255, 0, 0], &mut reader).err().unwrap();
    assert_eq!(error, NotRead::Unknown { number: 65535 });
}

/// A layer that adds a number, and its own part's.
struct Add(i64);

impl Travels for Add {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.0.pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        i64::unpack(from).map(Add)
    }
}

impl Block for Add {
    fn run(&self, index: u32, inputs: Vec<Flow>) -> Result<Flow, Fault> {
        let inputs = inputs.into_iter().filter_map(|flow| match flow {
            Flow::Value(value) => value.get::<i64>().ok().copied(),
            Flow::Lazy(_) => None,
        });
        Ok(Flow::Value(Value::new(inputs.sum::<i64>() * 10 + self.0 + i64::from(index))))
    }

    fn settle(&self, flow: Flow) -> Result<Value, Fault> {
        match flow {
            Flow::Value(value) => Ok(value),
            Flow::Lazy(_) => Err(Fault::failed("not lazy")),
        }
    }

    fn returns(&self) -> &'static str {
        "i64"
    }

    fn shares(&self) -> bool {
        true
    }

    fn write(&self, into: &mut Packer) -> Result<Portable, NotPortable> {
        into.block(self)
    }
}

fn layer(n: i64, inputs: Vec<Reads>, parts: u32) -> Arc<Node> {
    let kind = Kind::Blocks { parts, block: Arc::new(Add(n)), inputs };
    Arc::new(Node::new(Key::unique("add"), kind, Place::here()))
}

/// A chain with a choice of parts and a layer that is read twice, and a task of all of it.
fn chain(parts: u32) -> Graph {
    let data = Kind::Data((0..i64::from(parts)).map(Value::new).collect());
    let data = Arc::new(Node::new(Key::unique("data"), data, Place::here()));
    let first = layer(1, vec![data.into()], parts);
    let turned = Reads { node: first, chosen: Some(Arc::new(Chosen::new((0..parts).rev().collect()))) };
    let second = layer(2, vec![turned], parts);
    let left = layer(3, vec![second.clone().into()], parts);
    let last = layer(4, vec![left.into(), second.into()], parts);
    let inputs = (0..parts).map(|part| Input { node: last.clone(), part }).collect();
    let kind = Kind::Call { function: values(sum), inputs };
    let total = Arc::new(Node::new(Key::unique("total"), kind, Place::here()));
    let mut outputs: Vec<Input> = (0..parts).map(|part| Input { node: last.clone(), part }).collect();
    outputs.push(Input { node: total, part: 0 });
    Graph::new(outputs)
}

fn results(graph: crate::CheckedGraph) -> Vec<i64> {
    Reference.run(graph).unwrap().iter().map(|value| *value.get::<i64>().unwrap()).collect()
}

#[test]
fn fused_chains_and_optimised_graphs_come_back() {
    let expected = results(chain(6).check().unwrap());
    assert_eq!(results(chain(6).check().unwrap().through_bytes().unwrap()), expected);
    let small = || chain(6).check().unwrap().inline_values(8).fuse_linear();
    assert_eq!(results(small()), expected);
    assert_eq!(results(small().through_bytes().unwrap()), expected);
}

#[test]
fn the_steps_of_a_chain_are_written_once() {
    let graph = chain(10_000).check().unwrap();
    let mut writer = WorkWriter::new();
    let lengths: Vec<usize> = graph
        .tasks()
        .filter(|task| matches!(&task.work, Work::Call(function) if function.returns() == "i64"))
        .map(|task| task.work.write(&mut writer).unwrap().len())
        .collect();
    assert!(lengths[0] > 10_000 && lengths[1..].iter().all(|&length| length < 64), "{:?}", &lengths[..3]);
    assert!(writer.remembered() < 8, "{}", writer.remembered());
}

#[test]
fn the_graph_s_first_task_that_cannot_travel_is_named() {
    let captured = 3i64;
    let kind = Kind::Call { function: values(move |_| captured), inputs: Default::default() };
    let node = Arc::new(Node::new(Key::unique("kept"), kind, Place::here()));
    let error = Graph::new(vec![Input { node, part: 0 }]).check().unwrap().through_bytes().unwrap_err().to_string();
    assert!(error.contains("task `kept-") && error.contains("travel/tests.rs"), "{error}");
}

fn all_works() -> Vec<Vec<u8>> {
    let mut writer = WorkWriter::new();
    let functions = travellers().into_iter().map(|(_, function, ..)| Work::Call(function).write(&mut writer).unwrap());
    let mut works: Vec<Vec<u8>> = functions.collect();
    let graph = chain(3).check().unwrap().inline_values(8).fuse_linear();
    works.extend(graph.tasks().map(|task| task.work.write(&mut writer).unwrap()));
    works.push(Work::Value(Value::new(vec![1.5f64])).write(&mut writer).unwrap());
    works.push(Work::Held(None).write(&mut writer).unwrap());
    works
}

#[test]
fn bytes_that_end_early_or_go_on_are_refused() {
    for work in all_works() {
        for end in 0..work.len() {
            // What refers to what was sent before it needs that.
            assert!(Work::read(&work[..end], &mut reader()).is_err(), "{end} of {}", work.len());
        }
        let longer: Vec<u8> = work.iter().copied().chain([0]).collect();
        assert!(Work::read(&longer, &mut reader()).is_err());
    }
}

proptest! {
    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Work::read(&bytes, &mut reader());
    }

    #[test]
    fn no_change_of_what_was_written_makes_reading_panic(
        which in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut works = all_works();
        let at = which.index(works.len());
        for (place, byte) in changes {
            let place = place.index(works[at].len());
            works[at][place] = byte;
        }
        let mut reader = reader();
        for work in &works {
            if let Ok(Work::Call(function)) = Work::read(work, &mut reader) {
                let _ = crate::catch(|| function.call(&[]).map(drop));
            }
        }
    }
}
