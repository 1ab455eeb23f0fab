//! Calls that a payload names.

use partita_dask::Key;
use partita_dask::message::Opaque;
use partita_dask::service::{Done, Execute, Given, Task};
use partita_dask::value::Seen;
use rmpv::Value;
use std::time::Duration;

/// Runs calls like `add 10`.
pub(crate) struct Toys;

fn number(value: &Opaque) -> i64 {
    match Seen::read(value) {
        Ok(Seen::Plain(value)) => value.as_i64().unwrap(),
        other => panic!("{other:?}"),
    }
}

impl Execute for Toys {
    fn run(&self, task: Task, done: Done) {
        std::thread::spawn(move || {
            let text = String::from_utf8(task.payload.to_vec()).unwrap();
            let (word, rest) = text.split_once(' ').unwrap_or((&text, ""));
            let sum: i64 = task.inputs.iter().map(|(_, value)| number(value)).sum();
            let given = |number: i64| Given::Value(Seen::Plain(Value::from(number)).write());
            done(match word {
                "const" => given(rest.parse().unwrap()),
                "add" => given(sum + rest.parse::<i64>().unwrap()),
                "sum" => given(sum),
                "sleep" => {
                    let pause: u64 = rest.parse().unwrap();
                    std::thread::sleep(Duration::from_millis(pause));
                    given(pause as i64)
                }
                "fail" => Given::Error(rest.to_owned()),
                other => Given::Error(format!("no call {other}")),
            });
        });
    }

    fn stop(&self, _: &Key) {}
}
