//! Answers, and the headers that each of them has.

use super::gate::Refusal;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

/// Headers of every answer: nothing but the dashboard's own files is loaded, run or asked, nobody frames it, and nobody
/// keeps it.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Puts the headers of every answer on one.
pub(super) fn protect(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// An answer that goes wrong.
#[derive(Serialize)]
struct Problem<'a> {
    status: u16,
    error: &'a str,
}

fn problem(status: u16, error: &str) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut reply = HttpResponse::build(status);
    reply.force_close();
    match status {
        StatusCode::METHOD_NOT_ALLOWED => drop(reply.insert_header((header::ALLOW, "GET, HEAD"))),
        StatusCode::UNAUTHORIZED => drop(reply.insert_header((header::WWW_AUTHENTICATE, "Bearer"))),
        _ => {}
    }
    reply.json(Problem { status: status.as_u16(), error })
}

/// A request that is refused. Nothing of it is said back.
pub(super) fn refused(refusal: Refusal) -> HttpResponse {
    let (status, error) = refusal.words();
    problem(status, error)
}

/// A cluster that is no more.
pub(super) fn ended(why: &str) -> HttpResponse {
    problem(503, why)
}

/// What could not be worked out.
pub(super) fn failed() -> HttpResponse {
    problem(500, "the dashboard could not work this out")
}

/// Sends on to a page.
pub(super) fn sent_to(page: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, page)).finish()
}

/// A text of some kind.
pub(super) fn text(kind: &'static str, body: impl Into<actix_web::web::Bytes>) -> HttpResponse {
    HttpResponse::Ok().content_type(kind).body(body.into())
}
