//! News that are pushed to pages: that there is something new, a few times a second at the most.

use super::shared::Shared;
use actix_web::Error;
use actix_web::rt::time::timeout;
use actix_web::web::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How often it is looked whether there is something new.
const PERIOD: Duration = Duration::from_millis(400);

/// So many looks without news, and a line is sent to see whether somebody is still there.
const QUIET: u32 = 25;

/// Pages that may listen at a time; half of all connections.
const LISTENERS: usize = 32;

/// A place among those that listen, given back when it is dropped.
pub(super) struct Listener(Arc<Shared>);

impl Listener {
    /// A place, if one is free.
    pub(super) fn new(shared: Arc<Shared>) -> Option<Listener> {
        // From here on it is given back, also if it was one too many.
        let before = shared.listeners.fetch_add(1, Ordering::Relaxed);
        let listener = Listener(shared);
        (before < LISTENERS).then_some(listener)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.listeners.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a listener was told last.
struct Told {
    listener: Listener,
    news: Option<(u64, u64)>,
    over: bool,
}

/// The news, as server-sent events. Each is made when the connection takes it, so that a slow one gets only the latest and
/// none waits in memory.
pub(super) fn news(listener: Listener) -> impl Stream<Item = Result<Bytes, Error>> {
    unfold(Told { listener, news: None, over: false }, |mut told| async move {
        if told.over {
            return None;
        }
        let text = told.next().await;
        Some((Ok(Bytes::from(text)), told))
    })
}

impl Told {
    async fn next(&mut self) -> String {
        for look in 0..QUIET {
            let closing = self.listener.0.closing();
            if self.listener.0.ended().is_none() && (look > 0 || self.news.is_some()) {
                // Either way it is looked again.
                drop(timeout(PERIOD, closing).await);
            }
            if let Some(why) = self.listener.0.ended() {
                self.over = true;
                return format!("event: ended\ndata: {}\n\n", serde_json::Value::from(why));
            }
            let news = self.listener.0.run.news();
            if self.news != Some(news) {
                self.news = Some(news);
                return format!("data: {{\"records\":{},\"end\":{}}}\n\n", news.0, news.1);
            }
        }
        ": still here\n\n".into()
    }
}
