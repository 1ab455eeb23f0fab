//! A client, as far as these tests need one.

use super::cluster::{Cluster, LIMIT};
use partita_dask::Key;
use partita_dask::frame::Limits;
use partita_dask::message::{Message, Opaque, Outgoing, SetOf};
use partita_dask::net::{Connection, connect};
use partita_dask::ops::answer::Values;
use partita_dask::ops::{Call, FromClient, RegisterClient, ToClient, UpdateGraph, Versions, stream};
use partita_dask::pickle::{exception, graph};
use partita_dask::value::Seen;
use rmpv::Value;
use std::collections::HashMap;
use tokio::runtime::Runtime;

const NAME: &str = "Client-partita-test";

pub(crate) struct TestClient {
    runtime: Runtime,
    stream: Connection,
    calls: Connection,
    known: HashMap<Key, Result<(), String>>,
    graphs: u32,
}

impl TestClient {
    pub(crate) fn connect(cluster: &Cluster) -> TestClient {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (stream, calls) = runtime.block_on(async {
            let mut calls = connect(&cluster.address, Limits::SCHEDULER, LIMIT).await.unwrap();
            let versions = calls.ask(&Call::Versions, LIMIT).await.unwrap();
            let versions: Versions = calls.read("versions", versions).unwrap();
            let mut stream = connect(&cluster.address, Limits::SCHEDULER, LIMIT).await.unwrap();
            let register = RegisterClient { client: NAME.to_owned(), reply: false, versions };
            stream.writer.say(&register).await.unwrap();
            let first = stream.reader.next().await.unwrap().unwrap();
            let first: Vec<ToClient> = self::stream(first.head).unwrap();
            let [ToClient::StreamStart { warning, error }] = &first[..] else { panic!("{first:?}") };
            assert_eq!((warning.as_str(), error.as_str()), ("", ""));
            (stream, calls)
        });
        TestClient { runtime, stream, calls, known: HashMap::new(), graphs: 0 }
    }

    /// Tasks: what each is called, its call, and what it needs.
    pub(crate) fn submit(&mut self, tasks: &[(&Key, &[u8], &[&Key])], wanted: &[&Key]) {
        self.graphs += 1;
        let needs: Vec<Vec<Key>> =
            tasks.iter().map(|(_, _, needs)| needs.iter().map(|need| (*need).clone()).collect()).collect();
        let written: Vec<graph::GraphTask<'_>> = tasks
            .iter()
            .zip(&needs)
            .map(|((key, call, _), needs)| graph::GraphTask { key, dependencies: needs, payload: call })
            .collect();
        let pickle = graph::graph(&written, &format!("partita-{}", self.graphs), &[]);
        let header = vec![("serializer".into(), "pickle".into()), ("writeable".into(), Value::Array(vec![]))];
        let mut outgoing = Outgoing::default();
        let expr_ser = outgoing.opaque(&Opaque { header, frames: vec![pickle.into()] }).into();
        let update = FromClient::UpdateGraph(Box::new(UpdateGraph {
            expr_ser,
            keys: SetOf(wanted.iter().map(|key| (*key).clone()).collect()),
            internal_priority: Some(
                tasks.iter().enumerate().map(|(rank, (key, ..))| ((*key).clone(), rank as u64)).collect(),
            ),
            submitting_task: None,
            fifo_timeout: 0.0,
            actors: None,
            code: Vec::new(),
            annotations: Default::default(),
            span_metadata: Default::default(),
        }));
        let frames = outgoing.say(&[update]).unwrap();
        self.runtime.block_on(self.stream.writer.write(&frames)).unwrap();
    }

    pub(crate) fn release(&mut self, keys: &[&Key]) {
        let keys = keys.iter().map(|key| (*key).clone()).collect();
        let release = FromClient::ClientReleasesKeys { keys, client: NAME.to_owned() };
        self.runtime.block_on(self.stream.writer.say(&[release])).unwrap();
    }

    fn told(&mut self, message: &Message) {
        for op in stream::<ToClient>(message.head.clone()).unwrap() {
            match op {
                ToClient::KeyInMemory { key } => drop(self.known.insert(key, Ok(()))),
                ToClient::LostData { key } => drop(self.known.remove(&key)),
                ToClient::TaskErred { key, exception } => {
                    let text = match (&exception, message.opaque(&exception).unwrap()) {
                        (Value::Binary(bytes), _) => exception::read(&bytes.clone().into(), &[]).unwrap().to_string(),
                        (_, Some(opaque)) => exception::read(&opaque.frames[0], &[]).unwrap().to_string(),
                        (other, _) => other.to_string(),
                    };
                    self.known.insert(key, Err(text));
                }
                _ => {}
            }
        }
    }

    /// What a task gives, or why it failed.
    pub(crate) fn value(&mut self, key: &Key) -> Result<Opaque, String> {
        loop {
            while !self.known.contains_key(key) {
                let next = async { tokio::time::timeout(LIMIT, self.stream.reader.next()).await };
                let message =
                    self.runtime.block_on(next).expect("it takes too long").unwrap().expect("the stream ended");
                self.told(&message);
            }
            self.known[key].clone()?;
            let gathered =
                self.runtime.block_on(self.calls.ask(&Call::Gather { keys: vec![key.clone()] }, LIMIT)).unwrap();
            let values: Values = self.calls.read("gather", gathered.clone()).unwrap();
            if values.status == "OK" {
                return Ok(gathered.opaque(&values.data.0[0].1).unwrap().unwrap());
            }
            self.known.remove(key);
            self.runtime.block_on(self.stream.writer.say(&[FromClient::ReportKey { key: key.clone() }])).unwrap();
        }
    }

    /// The number that a task gives, or why it failed.
    pub(crate) fn result(&mut self, key: &Key) -> Result<i64, String> {
        let Ok(Seen::Plain(value)) = Seen::read(&self.value(key)?) else { panic!("another value") };
        Ok(value.as_i64().unwrap())
    }
}
