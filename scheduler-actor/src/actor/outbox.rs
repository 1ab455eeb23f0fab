//! Mail that is under way: effects of one event, gathered so that each neighbour is woken once.

use partita_graph::Work;
use partita_protocol::message::{News, ToClient, ToWorker};
use partita_protocol::worker::Order;
use partita_protocol::{ClientId, Link, TaskId, WorkerId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A worker that can be written to, with the orders that wait for the end of the turn.
pub(super) struct Desk {
    pub(super) link: Arc<dyn Link<ToWorker>>,
    pub(super) name: Arc<str>,
    orders: Vec<Order>,
    works: Vec<Work>,
    /// Whether it seems to be gone: what is for it goes nowhere.
    is_suspect: bool,
}

/// A client that can be written to, with the news that wait for the end of the turn.
pub(super) struct Counter {
    pub(super) link: Arc<dyn Link<ToClient>>,
    accepted: Vec<(u32, TaskId)>,
    news: Vec<(TaskId, News)>,
}

/// Everyone that the scheduler writes to.
#[derive(Default)]
pub(super) struct Outbox {
    pub(super) workers: BTreeMap<WorkerId, Desk>,
    pub(super) clients: BTreeMap<ClientId, Counter>,
    /// Whether the clients are to be told, after their news, that a worker is gone.
    pub(super) holder_lost: bool,
}

/// Who did not take their mail.
#[derive(Default)]
pub(super) struct Gone {
    pub(super) workers: Vec<WorkerId>,
    pub(super) clients: Vec<ClientId>,
}

impl Outbox {
    pub(super) fn add_worker(&mut self, worker: WorkerId, name: Arc<str>, link: Arc<dyn Link<ToWorker>>) {
        self.workers.insert(worker, Desk { link, name, orders: Vec::new(), works: Vec::new(), is_suspect: false });
    }

    pub(super) fn add_client(&mut self, client: ClientId, link: Arc<dyn Link<ToClient>>) {
        self.clients.insert(client, Counter { link, accepted: Vec::new(), news: Vec::new() });
    }

    pub(super) fn order(&mut self, worker: WorkerId, order: Order, work: Option<Work>) {
        if let Some(desk) = self.workers.get_mut(&worker).filter(|desk| !desk.is_suspect) {
            desk.orders.push(order);
            desk.works.extend(work);
        }
    }

    /// A worker did not take its mail; whether that is new.
    pub(super) fn suspect(&mut self, worker: WorkerId) -> bool {
        self.workers.get_mut(&worker).is_some_and(|desk| !std::mem::replace(&mut desk.is_suspect, true))
    }

    pub(super) fn news(&mut self, client: ClientId, task: TaskId, news: News) {
        if let Some(counter) = self.clients.get_mut(&client) {
            counter.news.push((task, news));
        }
    }

    pub(super) fn accept(&mut self, client: ClientId, number: u32, task: TaskId) {
        if let Some(counter) = self.clients.get_mut(&client) {
            counter.accepted.push((number, task));
        }
    }

    /// Sends what waits, and says who is gone.
    pub(super) fn flush(&mut self) -> Gone {
        let mut gone = Gone::default();
        let holder_lost = std::mem::take(&mut self.holder_lost);
        for (&id, counter) in &mut self.clients {
            let accepted = std::mem::take(&mut counter.accepted);
            let news = std::mem::take(&mut counter.news);
            let sent = accepted.is_empty() || counter.link.send(ToClient::Accepted(accepted)).is_ok();
            let sent = sent && (news.is_empty() || counter.link.send(ToClient::Notices(news)).is_ok());
            let sent = sent && (!holder_lost || counter.link.send(ToClient::HolderLost).is_ok());
            if !sent {
                gone.clients.push(id);
            }
        }
        for (&id, desk) in &mut self.workers {
            if desk.orders.is_empty() {
                continue;
            }
            let (orders, works) = (std::mem::take(&mut desk.orders), std::mem::take(&mut desk.works));
            if desk.link.send(ToWorker::Orders { orders, works }).is_err() {
                gone.workers.push(id);
            }
        }
        gone
    }
}
