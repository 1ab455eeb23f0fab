//! What is answered to whom was let in.

use super::gate::Refusal;
use super::query::Wanted;
use super::shared::Shared;
use super::stream::{self, Listener};
use super::views::{self, Later, write};
use super::{assets, metrics, reply};
use crate::run::Run;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, HeaderMap};
use actix_web::rt::time::timeout;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// The pages.
pub(super) const PAGES: [&str; 10] =
    ["status", "workers", "tasks", "graph", "system", "profile", "groups", "events", "task", "logs"];

const JSON: &str = "application/json";

/// The view that the scheduler is asked for.
const WHY: &str = "why";

/// Views that may be asked for at once.
const VIEWS: usize = 16;

/// How long the scheduler's answer is waited for.
const ANSWER: Duration = Duration::from_secs(2);

/// Answers a request. Paths are compared as they came: nothing is decoded, joined or looked up on a disk.
pub(super) async fn answer(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let path = request.uri().path().strip_prefix('/').unwrap_or_default();
    match path {
        "" => reply::sent_to("status"),
        "health" => reply::text(JSON, r#"{"status":"ok"}"#),
        "metrics" => worked(shared, metrics::KIND, "metrics".into(), |shared| Some(shared.run.look(metrics::of))).await,
        "events" if wants_news(request.headers()) => news(&request, shared),
        page if PAGES.contains(&page) => reply::text("text/html; charset=utf-8", assets::SHELL),
        _ => {
            if let Some(name) = path.strip_prefix("assets/") {
                let found = assets::find(name).map(|(kind, bytes)| reply::text(kind, bytes));
                return found.unwrap_or_else(|| reply::refused(Refusal::Unknown));
            }
            match path.strip_prefix("json/") {
                Some(view) => json(view, request.uri().query().unwrap_or_default(), shared).await,
                None => reply::refused(Refusal::Unknown),
            }
        }
    }
}

/// Whether a request is for news.
pub(super) fn is_news(request: &ServiceRequest) -> bool {
    request.path() == "/events" && wants_news(request.headers())
}

fn wants_news(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/event-stream"))
}

fn news(request: &HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let mut reply = HttpResponse::Ok();
    reply.content_type("text/event-stream");
    if request.method() == Method::HEAD {
        return reply.finish();
    }
    match Listener::new(shared.into_inner()) {
        Some(listener) => reply.streaming(stream::news(listener)),
        None => reply::refused(Refusal::Crowd),
    }
}

async fn json(name: &str, query: &str, shared: Data<Shared>) -> HttpResponse {
    let wanted = match Wanted::read(query) {
        Ok(wanted) => wanted,
        Err(refusal) => return reply::refused(refusal),
    };
    let several = name == "several";
    let names = if several { wanted.views.clone().unwrap_or_default() } else { name.to_string() };
    let names: Vec<String> = names.split(',').map(String::from).collect();
    if names.len() > VIEWS || (!several && names.len() > 1) {
        return reply::refused(Refusal::Query);
    }
    // What the scheduler says is asked for anew each time.
    let why = if names.iter().any(|name| name == WHY) { Some(why(&shared, &wanted).await) } else { None };
    let question = format!("{name}?{query} {}", why.as_ref().map_or("", |why| why.as_deref().unwrap_or("?")));
    // All views are of the run at one look, so that they agree.
    worked(shared, JSON, question, move |shared| {
        let view = |name: &String, run: &Run| match (name.as_str(), &why) {
            (WHY, Some(why)) => Some(write(why.clone())),
            (name, _) => views::view(name, run, &wanted),
        };
        let views = shared.run.look(|run| names.iter().map(|name| view(name, run)).collect::<Option<Vec<Later>>>());
        let mut views = views?;
        Some(if several { together(names, views) } else { views.pop()? })
    })
    .await
}

/// Several views by name.
fn together(names: Vec<String>, views: Vec<Later>) -> Later {
    Box::new(move || {
        let mut text = Vec::new();
        for (name, view) in names.iter().zip(views) {
            text.push(if text.is_empty() { b'{' } else { b',' });
            text.extend(serde_json::to_vec(name).ok()?);
            text.push(b':');
            text.extend(view()?);
        }
        text.push(b'}');
        Some(text)
    })
}

/// What the scheduler says of a task, or that it says nothing yet; none of a task that it does not know.
async fn why(shared: &Data<Shared>, wanted: &Wanted) -> Option<String> {
    let (shared, key) = (shared.clone().into_inner(), wanted.key.clone()?);
    let asked = shared.clone();
    let find = move || asked.run.look(|run| run.names().key(run.names().find(&key)?));
    let key = shared.answers.in_turn(find).await.ok()??;
    let (say, said) = oneshot::channel();
    shared.subject.why(key, Box::new(move |why| drop(say.send(why))));
    match timeout(ANSWER, said).await {
        Ok(said) => said.ok()?,
        Err(_) => Some(format!("The scheduler has not answered within {} s: it is busy.", ANSWER.as_secs())),
    }
}

/// Works out the answer to a question on a thread that may wait: what is written down once the run is let go.
async fn worked(
    shared: Data<Shared>,
    kind: &'static str,
    question: String,
    work: impl FnOnce(&Shared) -> Option<Later> + Send + 'static,
) -> HttpResponse {
    let shared: Arc<Shared> = shared.into_inner();
    let asked = shared.clone();
    // An empty text is of an answer that could not be written down; no answer, of a view that there is not.
    let work = move || Some(work(&asked)?().unwrap_or_default());
    match shared.answers.get(question, || shared.run.news().0, work).await {
        Ok(Some(body)) if !body.is_empty() => reply::text(kind, body),
        Ok(None) => reply::refused(Refusal::Unknown),
        _ => reply::failed(),
    }
}
