//! Graphs of nodes: whatever their shape, fused or not, on any engine they give the same values.

use crate::faults_support::cluster;
use partita::{Engine, Key, Place, Reference, Value};
use partita_graph::{
    Block, CheckedGraph, Chosen, Fault, Flow, FromValues, Graph, GraphError, Input, Kind, Misbuilt, Node, Reads, Token,
    Work,
};
use proptest::prelude::*;
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

/// Mixes the inputs, in their order, with a number of its own.
fn mix(salt: u64, inputs: impl IntoIterator<Item = u64>) -> u64 {
    inputs.into_iter().fold(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, |sum, input| {
        (sum.rotate_left(13) ^ input).wrapping_mul(0xff51_afd7_ed55_8ccd)
    })
}

fn number(value: &Value) -> Result<u64, Fault> {
    value.get::<u64>().copied().map_err(|mismatch| Fault::Type { input: 0, mismatch })
}

/// A partition-wise layer that mixes; between steps it hands on a bare number, as collections hand on iterators.
struct MixBlock(u64);

impl Block for MixBlock {
    fn run(&self, index: u32, inputs: Vec<Flow>) -> Result<Flow, Fault> {
        let numbers: Result<Vec<u64>, Fault> = inputs
            .into_iter()
            .map(|flow| match flow {
                Flow::Value(value) => number(&value),
                Flow::Lazy(lazy) => lazy.downcast::<u64>().map(|x| *x).map_err(|_| Fault::failed("a strange flow")),
            })
            .collect();
        Ok(Flow::Lazy(Box::new(mix(self.0 ^ u64::from(index), numbers?))))
    }

    fn settle(&self, flow: Flow) -> Result<Value, Fault> {
        match flow {
            Flow::Value(value) => Ok(value),
            Flow::Lazy(lazy) => {
                lazy.downcast::<u64>().map(|x| Value::new(*x)).map_err(|_| Fault::failed("a strange flow"))
            }
        }
    }

    fn returns(&self) -> &'static str {
        "u64"
    }

    fn shares(&self) -> bool {
        self.0.is_multiple_of(2)
    }
}

/// One node to be, with numbers that choose its inputs among those before it.
#[derive(Clone, Debug)]
enum Plan {
    Data(u32),
    Call(Vec<(usize, u32)>),
    /// Of so many parts, unless it reads the same parts of its inputs.
    Blocks(u32, Vec<(usize, u32)>),
    Tasks(Vec<Vec<(usize, u32)>>),
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let inputs = || proptest::collection::vec((any::<usize>(), any::<u32>()), 0..4);
    let plan = prop_oneof![
        1 => (1u32..4).prop_map(Plan::Data),
        2 => inputs().prop_map(Plan::Call),
        6 => (1u32..5, proptest::collection::vec((any::<usize>(), any::<u32>()), 1..3)).prop_map(|(n, reads)| Plan::Blocks(n, reads)),
        2 => proptest::collection::vec(inputs(), 1..4).prop_map(Plan::Tasks),
    ];
    proptest::collection::vec(plan, 1..25)
}

/// The same parts, or turned ones, or some of them again and again.
fn reads(node: Arc<Node>, how: u32, parts: u32) -> Reads {
    if how.is_multiple_of(3) && node.parts() == parts {
        return node.into();
    }
    let step = if how % 3 == 1 { 1 } else { u64::from(how) };
    let choose = |part: u32| ((u64::from(part) * step + u64::from(how / 3)) % u64::from(node.parts())) as u32;
    let chosen = Chosen::new((0..parts).map(choose).collect());
    Reads { node, chosen: Some(Arc::new(chosen)) }
}

fn build(plans: &[Plan]) -> Vec<Arc<Node>> {
    let mut nodes: Vec<Arc<Node>> = Vec::new();
    for (index, plan) in plans.iter().enumerate() {
        let salt = index as u64 + 1;
        let choose = |&(node, part): &(usize, u32)| {
            let node = nodes.get(node % nodes.len().max(1))?.clone();
            Some(Input { part: part % node.parts(), node })
        };
        let function = |salt: u64| -> partita_graph::Function {
            Arc::new(FromValues::new("u64", move |inputs: &[Value]| {
                let numbers: Result<Vec<u64>, Fault> = inputs.iter().map(number).collect();
                Ok(Value::new(mix(salt, numbers?)))
            }))
        };
        let kind = match plan {
            Plan::Data(parts) => Kind::Data((0..*parts).map(|part| Value::new(mix(salt, [u64::from(part)]))).collect()),
            Plan::Call(inputs) => {
                Kind::Call { function: function(salt), inputs: inputs.iter().filter_map(choose).collect() }
            }
            Plan::Blocks(parts, inputs) => {
                let found = |&(node, how): &(usize, u32)| Some((nodes.get(node % nodes.len().max(1))?.clone(), how));
                let found: Vec<(Arc<Node>, u32)> = inputs.iter().filter_map(found).collect();
                // One that is to read the same part of its first input has as many parts.
                let parts = found.first().filter(|(_, how)| how % 3 == 0).map_or(*parts, |(node, _)| node.parts());
                let reads = found.into_iter().map(|(node, how)| reads(node, how, parts)).collect();
                Kind::Blocks { parts, block: Arc::new(MixBlock(salt)), inputs: reads }
            }
            Plan::Tasks(tasks) => {
                let task = |(part, inputs): (usize, &Vec<(usize, u32)>)| {
                    (function(salt * 1000 + part as u64), inputs.iter().filter_map(choose).collect())
                };
                Kind::Tasks(tasks.iter().enumerate().map(task).collect())
            }
        };
        nodes.push(Arc::new(Node::new(Key::unique("node"), kind, Place::here())));
    }
    nodes
}

/// The value of one part, by plain recursion over the nodes.
fn value_of(node: &Node, part: u32) -> u64 {
    let read = |inputs: &[Input]| inputs.iter().map(|input| value_of(&input.node, input.part)).collect::<Vec<_>>();
    let salt_of = |function: &partita_graph::Function, inputs: Vec<u64>| {
        let values: Vec<Value> = inputs.into_iter().map(Value::new).collect();
        *function.call(&values).unwrap().get::<u64>().unwrap()
    };
    match &node.kind {
        Kind::Data(values) => *values[part as usize].get::<u64>().unwrap(),
        Kind::Call { function, inputs } => salt_of(function, read(inputs)),
        Kind::Tasks(tasks) => salt_of(&tasks[part as usize].0, read(&tasks[part as usize].1)),
        Kind::Blocks { block, inputs, .. } => {
            let flows =
                inputs.iter().map(|reads| Flow::Value(Value::new(value_of(&reads.node, reads.part(part))))).collect();
            let settled = block.settle(block.run(part, flows).unwrap()).unwrap();
            *settled.get::<u64>().unwrap()
        }
        Kind::Held(_) => unreachable!("no engine holds anything here"),
    }
}

/// Every part of a node that one of the outputs needs, by plain recursion.
fn needed(outputs: &[Input]) -> HashSet<Key> {
    let mut seen = HashSet::new();
    let mut open: Vec<Input> = outputs.to_vec();
    while let Some(Input { node, part }) = open.pop() {
        if !seen.insert(node.part_key(part)) {
            continue;
        }
        match &node.kind {
            Kind::Data(_) | Kind::Held(_) => {}
            Kind::Call { inputs, .. } => open.extend(inputs.iter().cloned()),
            Kind::Tasks(tasks) => open.extend(tasks[part as usize].1.iter().cloned()),
            Kind::Blocks { inputs, .. } => {
                open.extend(inputs.iter().map(|reads| Input { node: reads.node.clone(), part: reads.part(part) }));
            }
        }
    }
    seen
}

fn outputs_of(nodes: &[Arc<Node>], wanted: &[(usize, u32)]) -> Vec<Input> {
    wanted
        .iter()
        .map(|&(node, part)| {
            let node = nodes[node % nodes.len()].clone();
            Input { part: part % node.parts(), node }
        })
        .collect()
}

/// Each task comes once and after what it needs, edges stay in their lists, dependents are counted right.
fn is_sound(graph: &CheckedGraph) -> Result<(), TestCaseError> {
    let mut dependents = vec![0u32; graph.len()];
    let mut keys = HashSet::new();
    for (rank, task) in graph.tasks().enumerate() {
        prop_assert!(keys.insert(task.key.clone()), "{} comes twice", task.key);
        for &input in graph.inputs(rank) {
            prop_assert!((input as usize) < rank, "{} comes before what it needs", task.key);
            dependents[input as usize] += 1;
        }
        prop_assert!(!matches!(task.work, Work::Held(_)));
    }
    for (task, dependents) in graph.tasks().zip(dependents) {
        prop_assert_eq!(task.dependents, dependents);
    }
    Ok(())
}

fn numbers(values: Vec<Value>) -> Vec<u64> {
    values.iter().map(|value| *value.get::<u64>().expect("a number")).collect()
}

/// A cluster that all cases share.
fn shared() -> &'static partita::Client {
    static CLUSTER: OnceLock<(partita::LocalCluster, partita::Client)> = OnceLock::new();
    let started = CLUSTER.get_or_init(|| {
        let cluster = cluster(2, 2);
        let client = cluster.client();
        (cluster, client)
    });
    &started.1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn graphs_of_nodes_give_the_same_values_fused_or_not_on_every_engine(
        plans in plans(),
        wanted in proptest::collection::vec((any::<usize>(), any::<u32>()), 1..6),
    ) {
        let nodes = build(&plans);
        let outputs = outputs_of(&nodes, &wanted);
        let expected: Vec<u64> = outputs.iter().map(|output| value_of(&output.node, output.part)).collect();
        let fused = Graph::new(outputs.clone()).check().unwrap();
        let plain = Graph::new(outputs.clone()).without_fusion().check().unwrap();
        is_sound(&fused)?;
        is_sound(&plain)?;
        let keys: HashSet<Key> = plain.tasks().map(|task| task.key.clone()).collect();
        let fused_keys: HashSet<Key> = fused.tasks().map(|task| task.key.clone()).collect();
        prop_assert_eq!(&keys, &needed(&outputs), "without fusion exactly the parts that are needed are there");
        prop_assert!(fused_keys.is_subset(&keys));
        for (output, &rank) in outputs.iter().zip(fused.outputs()) {
            prop_assert_eq!(&fused.task(rank as usize).key, &output.node.part_key(output.part));
        }
        prop_assert_eq!(&numbers(Reference.run(fused).unwrap()), &expected);
        prop_assert_eq!(&numbers(Reference.run(plain).unwrap()), &expected);
        let again = || Graph::new(outputs.clone());
        prop_assert_eq!(&numbers(shared().run(again().check().unwrap()).unwrap()), &expected);
        prop_assert_eq!(&numbers(shared().run(again().without_fusion().check().unwrap()).unwrap()), &expected);
    }

    #[test]
    fn the_same_graph_is_put_in_the_same_order_every_time(
        plans in plans(),
        wanted in proptest::collection::vec((any::<usize>(), any::<u32>()), 1..6),
    ) {
        let shape = || {
            let graph = Graph::new(outputs_of(&build(&plans), &wanted)).check().unwrap();
            (0..graph.len()).map(|rank| graph.inputs(rank).to_vec()).collect::<Vec<_>>()
        };
        prop_assert_eq!(shape(), shape());
    }
}

#[test]
fn a_chain_of_layers_is_one_task_for_each_part_and_shared_layers_are_kept() {
    let data = Arc::new(Node::new(Key::unique("d"), Kind::Data((0..4u64).map(Value::new).collect()), Place::here()));
    let layer = |salt: u64, inputs: Vec<Arc<Node>>| {
        let inputs = inputs.into_iter().map(Reads::from).collect();
        let kind = Kind::Blocks { parts: 4, block: Arc::new(MixBlock(salt)), inputs };
        Arc::new(Node::new(Key::unique("layer"), kind, Place::here()))
    };
    let all = |node: &Arc<Node>| (0..4).map(|part| Input { node: node.clone(), part }).collect::<Vec<_>>();
    let third = layer(3, vec![layer(2, vec![layer(1, vec![data.clone()])])]);
    assert_eq!(Graph::new(all(&third)).check().unwrap().len(), 8, "four values, four tasks");
    assert_eq!(Graph::new(all(&third)).without_fusion().check().unwrap().len(), 16);
    // A layer with two readers is computed once for both.
    let shared = layer(1, vec![data.clone()]);
    let (left, right) = (layer(2, vec![shared.clone()]), layer(3, vec![shared.clone()]));
    let both: Vec<Input> = all(&left).into_iter().chain(all(&right)).collect();
    assert_eq!(Graph::new(both).check().unwrap().len(), 16);
    // One that is asked for as well does not disappear in its reader.
    let asked: Vec<Input> = all(&shared).into_iter().chain(all(&left)).collect();
    assert_eq!(Graph::new(asked).check().unwrap().len(), 12);
    // A layer that reads another one twice.
    let twice = layer(4, vec![shared.clone(), shared.clone()]);
    let values = numbers(Reference.run(Graph::new(all(&twice)).check().unwrap()).unwrap());
    assert_eq!(values, (0..4).map(|part| value_of(&twice, part)).collect::<Vec<_>>());
    // One part is asked for: the others are not computed.
    let one = vec![Input { node: third.clone(), part: 2 }];
    assert_eq!(Graph::new(one.clone()).check().unwrap().len(), 2);
    assert_eq!(numbers(shared_engine().run(Graph::new(one).check().unwrap()).unwrap()), [value_of(&third, 2)]);
}

fn shared_engine() -> &'static partita::Client {
    shared()
}

#[test]
fn layers_that_choose_and_layers_that_share_are_fused() {
    let all = |node: &Arc<Node>| (0..node.parts()).map(|part| Input { node: node.clone(), part }).collect::<Vec<_>>();
    let layer = |salt: u64, parts: u32, inputs: Vec<Reads>| {
        let kind = Kind::Blocks { parts, block: Arc::new(MixBlock(salt)), inputs };
        Arc::new(Node::new(Key::unique("layer"), kind, Place::here()))
    };
    let choose = |node: &Arc<Node>, parts: &[u32]| Reads {
        node: node.clone(),
        chosen: Some(Arc::new(Chosen::new(parts.to_vec()))),
    };
    let runs_as = |node: &Arc<Node>, tasks: usize| {
        let graph = Graph::new(all(node)).check().unwrap();
        assert_eq!(graph.len(), tasks);
        let values = numbers(Reference.run(graph).unwrap());
        assert_eq!(values, (0..node.parts()).map(|part| value_of(node, part)).collect::<Vec<_>>());
    };
    let source = layer(1, 4, vec![]);
    runs_as(&layer(3, 4, vec![choose(&source, &[3, 1, 2, 0])]), 4);
    runs_as(&layer(3, 2, vec![choose(&source, &[3, 1])]), 2);
    runs_as(&layer(3, 3, vec![choose(&source, &[3, 1, 1])]), 3 + 2);
    let twice = layer(5, 2, vec![choose(&layer(3, 4, vec![choose(&source, &[2, 0, 3, 1])]), &[3, 0])]);
    runs_as(&twice, 2);
    // Two steps of one chain read a layer that shares; one that does not stays, and so does one read in two ways.
    for (salt, tasks) in [(2, 4), (1, 8)] {
        let source = layer(salt, 4, vec![]);
        let (left, right) = (layer(3, 4, vec![source.clone().into()]), layer(5, 4, vec![source.clone().into()]));
        runs_as(&layer(7, 4, vec![left.into(), right.into(), source.into()]), tasks);
    }
    let source = layer(2, 4, vec![]);
    let turned = layer(3, 4, vec![choose(&source, &[1, 0, 3, 2])]);
    runs_as(&layer(7, 4, vec![source.into(), turned.into()]), 8);
    // Doubling a layer again and again takes one walk over it, not one for each way to it.
    let mut doubled = layer(2, 1, vec![]);
    for _ in 0..60 {
        doubled = layer(4, 1, vec![doubled.clone().into(), doubled.into()]);
    }
    assert_eq!(Graph::new(all(&doubled)).check().unwrap().len(), 1);
}

#[test]
fn an_expression_that_makes_no_sense_is_refused_with_its_line() {
    let line = Place::here();
    let error = Arc::from(Box::<dyn std::error::Error + Send + Sync>::from("two and three do not fit"));
    let node = Arc::new(Node::misbuilt(Key::unique("bad"), error, line));
    let reader = Kind::Blocks { parts: 1, block: Arc::new(MixBlock(1)), inputs: vec![node.into()] };
    let reader = Arc::new(Node::new(Key::unique("reader"), reader, Place::here()));
    let refused = Graph::new(vec![Input { node: reader, part: 0 }]).check().unwrap_err();
    assert!(matches!(&refused, GraphError::Misbuilt(Misbuilt { place, .. }) if *place == line));
    assert_eq!(refused.to_string(), format!("two and three do not fit (at {line})"));
}

#[test]
fn equal_calls_merge_and_different_ones_of_one_key_are_refused() {
    let token = Token::of(b"the same call");
    let call = |key: Key, inputs: Vec<Input>| {
        let function = Arc::new(FromValues::new("u64", |inputs: &[Value]| {
            Ok(Value::new(mix(1, inputs.iter().map(|value| *value.get::<u64>().unwrap()))))
        }));
        Input { node: Arc::new(Node::new(key, Kind::Call { function, inputs: inputs.into() }, Place::here())), part: 0 }
    };
    let leaf = || call(Key::new("leaf", token), vec![]);
    let top = call(Key::unique("top"), vec![leaf(), leaf(), call(Key::new("leaf", Token::of(b"another")), vec![])]);
    let graph = Graph::new(vec![top, leaf()]).check().unwrap();
    assert_eq!(graph.len(), 3);
    let ranks: Vec<&[u32]> = (0..3).map(|rank| graph.inputs(rank)).collect();
    let top = ranks.iter().find(|inputs| inputs.len() == 3).unwrap();
    assert!(top[0] == top[1] && top[1] != top[2], "{top:?}");
    assert_eq!(graph.outputs()[1], top[0]);
    let two = Arc::new(Node::new(
        Key::new("leaf", token),
        Kind::Data(vec![Value::new(1u64), Value::new(2u64)]),
        Place::here(),
    ));
    let conflict = Graph::new(vec![leaf(), Input { node: two, part: 1 }]).check().unwrap_err();
    assert!(conflict.to_string().contains("two different tasks"), "{conflict}");
}

#[test]
fn a_part_that_a_node_does_not_have_is_an_error_and_no_wrong_value() {
    let data = Arc::new(Node::new(Key::unique("d"), Kind::Data(vec![Value::new(1u64)]), Place::here()));
    let next = Arc::new(Node::new(Key::unique("e"), Kind::Data(vec![Value::new(2u64)]), Place::here()));
    let outputs = vec![Input { node: data, part: 1 }, Input { node: next, part: 0 }];
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        Graph::new(outputs).check().map(|graph| Reference.run(graph))
    }));
    // A bug of whoever made the node; it may panic, but it must not give another node's value.
    if let Ok(Ok(Ok(values))) = result {
        panic!("a part that is not there gave {:?}", numbers(values));
    }
}
