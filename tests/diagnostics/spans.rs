//! Spans of executions, as a subscriber of the user's sees them.

use partita::diagnostics::{AlreadyLogged, Level, log_to_terminal};
use partita::prelude::*;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Mutex;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The fields of the spans of tasks, with the threads that entered them.
static SPANS: Mutex<Vec<Span>> = Mutex::new(Vec::new());

thread_local! {
    /// Whether this thread is within the span of a task.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

#[derive(Clone, Default, Debug)]
struct Span {
    fields: BTreeMap<&'static str, String>,
    entered: Vec<String>,
}

struct Fields<'a>(&'a mut BTreeMap<&'static str, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_string());
    }
}

/// A subscriber that keeps the spans of tasks.
struct Keeper;

impl Subscriber for Keeper {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target() == "partita::task"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = BTreeMap::new();
        span.record(&mut Fields(&mut fields));
        let mut spans = SPANS.lock().unwrap();
        spans.push(Span { fields, entered: Vec::new() });
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        values.record(&mut Fields(&mut SPANS.lock().unwrap()[id.into_u64() as usize - 1].fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, id: &Id) {
        INSIDE.set(true);
        let thread = std::thread::current().name().unwrap_or_default().to_string();
        SPANS.lock().unwrap()[id.into_u64() as usize - 1].entered.push(thread);
    }

    fn exit(&self, _: &Id) {
        INSIDE.set(false);
    }
}

#[test]
fn each_execution_is_a_span_around_the_code_of_the_task() {
    tracing::subscriber::set_global_default(Keeper).unwrap();
    assert_eq!(log_to_terminal(Level::Warn), Err(AlreadyLogged), "a subscriber of the user's is left alone");
    let start = |spans| {
        let builder = LocalCluster::builder().names(["spanned-0", "spanned-1"]).threads_per_worker(1);
        builder.task_spans(spans).without_default().start().unwrap()
    };
    let silent = start(false);
    assert!(!silent.client().submit(|_: i64| INSIDE.get(), (1,)).result().unwrap());
    silent.close().unwrap();
    assert!(SPANS.lock().unwrap().is_empty(), "off is off");

    let cluster = start(true);
    let client = cluster.client();
    let watching = client.watch().unwrap();
    let sum = Bag::<i64>::from_sequence(0..10, 10).map(|x| if INSIDE.get() { x * x } else { -1 }).sum();
    assert_eq!(sum.compute_on(&client).unwrap(), 285);
    delayed(|x: i64| if x > 0 { panic!("no luck") } else { x }, (1i64,)).compute_on(&client).unwrap_err();
    let run = watching.finish().unwrap();
    cluster.close().unwrap();

    let spans = SPANS.lock().unwrap().clone();
    let mut keys: Vec<_> =
        spans.iter().map(|span| (span.fields["key"].clone(), span.fields["worker"].clone())).collect();
    let rows: Vec<_> = partita::diagnostics::export::rows(&run).collect();
    let mut known: Vec<_> = rows.iter().map(|row| (row.key.clone(), row.worker.to_string())).collect();
    keys.sort();
    known.sort();
    assert_eq!(keys, known);
    for span in &spans {
        let (group, worker) = (&span.fields["group"], &span.fields["worker"]);
        assert!(span.fields["key"].contains(&**group) && span.fields["otel.name"] == *group, "{span:?}");
        assert!(span.entered.len() == 1 && span.entered[0].contains(&**worker), "{span:?}");
    }
    let ended = |how: &str| spans.iter().filter(|span| span.fields.get("ok").is_some_and(|ok| ok == how)).count();
    assert_eq!((ended("true"), ended("false")), (spans.len() - 1, 0), "one panicked");
}
