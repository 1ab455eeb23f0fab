//! What clients ask for, and what they are told.

use super::stage::{C0, C1, Stage, W0, W1};
use partita_protocol::scheduler::{Effect, Effects, Event, NewTask, Notice, Piece};
use partita_protocol::telemetry::State as Word;
use partita_protocol::{Cause, ClientId, PrefixId, TaskId, Time};
use partita_scheduler::Scheduler;
use partita_simulator::explore::Move;
use partita_simulator::{Told, Universe, value_of};

/// FAULTS G6.
/// #4432, #9068, #2187, #8827: results were wanted of tasks that nobody knew, and a graph came for a task that was partly
/// forgotten.
#[test]
pub(crate) fn r26_unknown_keys_are_wanted() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let (y, z) = (universe.task("y", &[x]), universe.task("z", &[x]));
    let mut stage = Stage::new(universe, 1);
    let before = stage.board.digest();
    stage.play(Move::Want(C0, vec![x, y]));
    stage.play(Move::Retry(C0, vec![x]));
    stage.play(Move::Cancel(C0, vec![y], true));
    stage.tell(Event::KeysWanted { client: ClientId(55), tasks: vec![stage.board.id_of(x)] });
    assert_eq!(stage.board.digest(), before);
    stage.submit(&[y]);
    stage.compute(W0, x);
    stage.compute(W0, y);
    assert_eq!((stage.state(x), stage.told(y)), (Some(Word::Released), Some(Told::InMemory)));
    stage.submit(&[z]);
    stage.calm();
    assert_eq!((stage.told(z), stage.runs()), (Some(Told::InMemory), vec![2, 1, 1]));
    stage.end();
}

/// FAULTS G6.
/// #9068: a graph is handed in that is known already, as a whole and in part.
#[test]
pub(crate) fn r26_a_graph_is_handed_in_again() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let y = universe.task("y", &[x]);
    let z = universe.task("z", &[x, y]);
    let mut stage = Stage::new(universe, 1);
    let other = stage.board.add_client();
    stage.submit(&[y]);
    stage.play(Move::Submit(other, vec![y]));
    stage.compute(W0, x);
    stage.submit(&[z]);
    stage.play(Move::Submit(other, vec![x, z]));
    stage.calm();
    assert_eq!(stage.runs(), [1, 1, 1]);
    stage.end();
}

/// #8827: a graph names an input that nobody knows. The graph layer refuses that; should it come through all the same,
/// the task errs and everything else goes on.
#[test]
pub(crate) fn r26_a_graph_with_an_unknown_input() {
    let mut scheduler = Scheduler::new(Default::default());
    let (mut effects, client, task) = (Effects::new(), ClientId(0), TaskId::new(1, 0));
    let new = NewTask {
        task,
        prefix: PrefixId(0),
        rank: 0,
        dependents: 0,
        dependencies: 0..1,
        wanted: true,
        data: false,
        options: None,
    };
    let piece = Piece { generation: 1, tasks: vec![new], dependencies: vec![TaskId::new(0, 0)], withdrawn: Vec::new() };
    scheduler.handle(Time(1), Event::ClientJoined { client }, &mut effects);
    scheduler.handle(Time(2), Event::GraphSubmitted { client, piece }, &mut effects);
    scheduler.validate().unwrap();
    let notice = Notice::Erred { blame: task, cause: Cause::DataLost };
    assert_eq!(effects.drain().collect::<Vec<_>>(), [Effect::Notify { client, task, notice }]);
    scheduler.handle(Time(3), Event::KeysReleased { client, tasks: vec![task] }, &mut effects);
    scheduler.validate().unwrap();
    assert_eq!(scheduler.counts().total(), 0);
}

/// dask#9888, #8185, #8512, #6624: the same key with another definition. The registry in the scheduler's shell refuses it
/// before it comes to the machine; the machine keeps the first definition whatever comes.
#[test]
pub(crate) fn r27_the_first_definition_stays() {
    let mut universe = Universe::new();
    let (x, other) = (universe.task("x", &[]), universe.task("other", &[]));
    let y = universe.task("y", &[x]);
    let mut stage = Stage::new(universe, 2);
    stage.submit(&[other, y]);
    let ids = [x, other, y].map(|number| stage.board.id_of(number));
    let again = NewTask {
        task: ids[2],
        prefix: PrefixId(7),
        rank: 9,
        dependents: 0,
        dependencies: 0..1,
        wanted: false,
        data: true,
        options: None,
    };
    let piece = Piece { generation: 77, tasks: vec![again], dependencies: vec![ids[1]], withdrawn: Vec::new() };
    stage.tell(Event::GraphSubmitted { client: C0, piece });
    assert_eq!(stage.board.scheduler().dependencies(ids[2]), [ids[0]]);
    stage.calm();
    assert_eq!(stage.runs(), [1, 1, 1]);
    stage.end();
}

/// #6285: all results were in memory, and clients were never told.
#[test]
pub(crate) fn r32_whoever_wants_a_result_is_told_whenever_it_asks() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let mut stage = Stage::new(universe, 2);
    let clients: Vec<ClientId> = (0..3).map(|_| stage.board.add_client()).collect();
    assert_eq!(clients[0], C1);
    let told = |stage: &Stage| -> Vec<Option<Told>> {
        clients.iter().map(|client| stage.board.wants(*client).unwrap().get(&x).copied()).collect()
    };
    stage.play(Move::Submit(clients[0], vec![x]));
    stage.orders(W0);
    stage.play(Move::Want(clients[1], vec![x]));
    stage.finish(W0, x);
    stage.play(Move::Release(clients[0], vec![x]));
    stage.play(Move::Submit(clients[0], vec![x]));
    stage.reports(W0);
    assert_eq!(told(&stage), [Some(Told::InMemory), Some(Told::InMemory), None]);
    stage.play(Move::Want(clients[2], vec![x]));
    assert_eq!(told(&stage), [Some(Told::InMemory); 3], "whoever comes late is told at once");
    stage.kill(W0);
    stage.report(W0);
    assert_eq!(told(&stage), [Some(Told::Nothing); 3], "all are told that it is lost");
    stage.orders(W1);
    stage.fail(W1, x);
    stage.reports(W1);
    assert_eq!(told(&stage), [Some(Told::Erred); 3]);
    stage.play(Move::Leave(clients[0]));
    stage.play(Move::Retry(clients[1], vec![x]));
    stage.calm();
    assert_eq!(told(&stage), [None, Some(Told::InMemory), Some(Told::InMemory)]);
    stage.end();
}

/// #8400: hashes differed between processes. Values and decisions here come from numbers alone: two clusters that go the
/// same way are the same at each step, and a value is the same everywhere.
#[test]
pub(crate) fn r37_two_clusters_that_go_the_same_way_are_the_same() {
    let run = || {
        let mut universe = Universe::new();
        let leaves: Vec<_> = (0..12).map(|_| universe.task("leaf", &[])).collect();
        let pairs: Vec<_> = leaves.chunks(2).map(|pair| universe.task("pair", pair)).collect();
        let end = universe.task("end", &pairs);
        let mut stage = Stage::new(universe, 3);
        stage.submit(&[end]);
        let mut digests = vec![stage.board.digest()];
        stage.orders(W0);
        stage.kill(W1);
        stage.report(W1);
        digests.push(stage.board.digest());
        stage.calm();
        digests.push(stage.board.digest());
        let holder = stage.holders(end)[0];
        let value = stage.site(holder).stored(stage.board.id_of(end));
        stage.end();
        (digests, value)
    };
    let other = std::thread::spawn(run);
    assert_eq!(other.join().unwrap(), run());
    assert_eq!(value_of(3, [1, 2]), VALUE, "in every process and in every version");
}

/// What `value_of(3, [1, 2])` is.
const VALUE: u64 = 4_650_512_878_763_206_283;
