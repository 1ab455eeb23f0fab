//! Answers that take work: few are worked out at a time, none twice at once, and none again while there is nothing new.

use crate::priority::give_way;
use actix_web::web::{self, Bytes};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard, Semaphore};

/// Answers that are worked out at a time.
const AT_ONCE: usize = 2;

/// Questions whose last answers are kept. One more, and those go that nobody waits for.
const KEPT: usize = 32;

/// An answer: what it says, when it was begun, and how many records there were then.
#[derive(Debug)]
struct Answer {
    text: Option<Bytes>,
    begun: Instant,
    records: u64,
}

/// The last answer to a question. Who holds it works on the next one.
type Slot = Arc<Turn<Option<Answer>>>;

/// Answers by question.
#[derive(Debug)]
pub(super) struct Answers {
    slots: Mutex<BTreeMap<String, Slot>>,
    turns: Arc<Semaphore>,
}

impl Default for Answers {
    fn default() -> Self {
        Answers { slots: Mutex::default(), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Answers {
    /// The answer to a question, if there is one: worked out by `work` on a thread that may wait, unless another's answer
    /// serves: one that was begun after this was asked, or since which nothing came, by the number of `records`. If who asks
    /// goes, what is begun is finished and kept, and what is not is never begun.
    ///
    /// # Errors
    /// If `work` panics.
    pub(super) async fn get(
        &self,
        question: String,
        records: impl Fn() -> u64,
        work: impl FnOnce() -> Option<Vec<u8>> + Send + 'static,
    ) -> Result<Option<Bytes>, Failed> {
        let asked = Instant::now();
        let mut slot = self.slot(question).lock_owned().await;
        let serves = |answer: &&Answer| answer.begun >= asked || answer.records == records();
        if let Some(answer) = slot.as_ref().filter(serves) {
            return Ok(answer.text.clone());
        }
        let records = records();
        self.in_turn(move || {
            let begun = Instant::now();
            let text = work().map(Bytes::from);
            *slot = Some(Answer { text: text.clone(), begun, records });
            drop::<OwnedMutexGuard<_>>(slot);
            text
        })
        .await
    }

    /// Works something out on a thread that may wait, when it is its turn. If who asks goes before, it is never begun.
    ///
    /// # Errors
    /// If `work` panics.
    pub(super) async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failed> {
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| Failed)?;
        let work = move || {
            give_way();
            let done = work();
            drop(turn);
            done
        };
        web::block(work).await.map_err(|_| Failed)
    }

    fn slot(&self, question: String) -> Slot {
        let mut slots = self.slots.lock();
        if slots.len() >= KEPT && !slots.contains_key(&question) {
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        slots.entry(question).or_default().clone()
    }
}

/// An answer could not be worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failed;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use tokio::task::{JoinHandle, LocalSet, spawn_local, yield_now};

    /// Answers, and work that waits until it may go on and counts how often it was begun.
    #[derive(Clone)]
    struct Desk {
        answers: Arc<Answers>,
        records: Arc<AtomicU64>,
        begun: Arc<AtomicUsize>,
    }

    type Asked = JoinHandle<Result<Option<Bytes>, Failed>>;

    impl Desk {
        fn new() -> Desk {
            Desk { answers: Arc::default(), records: Arc::default(), begun: Arc::default() }
        }

        /// Asks; the work goes on once the sender says so, or is gone.
        async fn ask(&self, question: &str) -> (Asked, Sender<()>) {
            let (go, may_go): (Sender<()>, Receiver<()>) = channel();
            let (desk, question) = (self.clone(), question.to_string());
            let asked = spawn_local(async move {
                let (begun, records) = (desk.begun.clone(), desk.records.clone());
                let work = move || {
                    let count = begun.fetch_add(1, Ordering::SeqCst);
                    let gone = may_go.recv().is_err();
                    Some(format!("{count}{}", if gone { "" } else { "!" }).into_bytes())
                };
                desk.answers.get(question, || records.load(Ordering::SeqCst), work).await
            });
            self.calm().await;
            (asked, go)
        }

        /// Lets all that can go on do so.
        async fn calm(&self) {
            for _ in 0..50 {
                yield_now().await;
            }
        }

        async fn until_begun(&self, count: usize) {
            while self.begun.load(Ordering::SeqCst) < count {
                yield_now().await;
            }
        }
    }

    async fn said(asked: Asked) -> String {
        String::from_utf8(asked.await.unwrap().unwrap().unwrap().to_vec()).unwrap()
    }

    fn run(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        LocalSet::new().block_on(&runtime, test);
    }

    #[test]
    fn an_answer_serves_until_there_is_something_new() {
        run(async {
            let desk = Desk::new();
            for (records, expected) in [(0, "0"), (0, "0"), (1, "1"), (1, "1"), (5, "2")] {
                desk.records.store(records, Ordering::SeqCst);
                let (asked, go) = desk.ask("a").await;
                drop(go);
                assert_eq!(said(asked).await, expected, "{records}");
            }
            let (asked, go) = desk.ask("b").await;
            drop(go);
            assert_eq!(said(asked).await, "3", "another question has another answer");
        });
    }

    #[test]
    fn those_who_ask_the_same_at_once_get_one_answer() {
        run(async {
            let desk = Desk::new();
            let (first, go_first) = desk.ask("a").await;
            desk.until_begun(1).await;
            // What came since then is not in the first's answer: one more is worked out for all others.
            desk.records.store(7, Ordering::SeqCst);
            let mut others = Vec::new();
            for _ in 0..10 {
                others.push(desk.ask("a").await.0);
            }
            desk.records.store(8, Ordering::SeqCst);
            drop(go_first);
            assert_eq!(said(first).await, "0");
            for other in others {
                assert_eq!(said(other).await, "1");
            }
            assert_eq!(desk.begun.load(Ordering::SeqCst), 2);
        });
    }

    #[test]
    fn few_are_worked_out_at_a_time_and_those_that_nobody_waits_for_never() {
        run(async {
            let desk = Desk::new();
            let (one, go_one) = desk.ask("1").await;
            desk.until_begun(1).await;
            let (two, go_two) = desk.ask("2").await;
            desk.until_begun(2).await;
            let (three, _go_three) = desk.ask("3").await;
            let (four, go_four) = desk.ask("4").await;
            // The third goes before it is begun, and the second while it is worked on.
            three.abort();
            two.abort();
            desk.calm().await;
            go_two.send(()).unwrap();
            drop(go_four);
            assert!(said(four).await.starts_with('2'), "the third was never begun");
            // What was begun for the one who went is kept.
            let (again, _go) = desk.ask("2").await;
            assert_eq!(said(again).await, "1!");
            drop(go_one);
            assert_eq!(said(one).await, "0");
            assert_eq!(desk.begun.load(Ordering::SeqCst), 3);
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn who_works_one_out_gives_way_to_those_who_work_for_the_user() {
        use crate::priority::tests::niceness;
        run(async {
            let before = niceness();
            let within = Answers::default().in_turn(niceness).await.unwrap();
            assert!(within == 9 || before > 9, "{within}");
            assert_eq!(niceness(), before, "who asks stays as it was");
        });
    }

    #[test]
    fn answers_of_few_questions_are_kept() {
        run(async {
            let desk = Desk::new();
            for number in 0..100 {
                let (asked, go) = desk.ask(&number.to_string()).await;
                drop(go);
                said(asked).await;
            }
            assert!(desk.answers.slots.lock().len() <= KEPT);
        });
    }
}
