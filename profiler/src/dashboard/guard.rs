//! Has the gate judge each request before anything is looked for, and protects each answer.

use super::callers::{Caller, Paced};
use super::gate::{Ask, Verdict};
use super::reply;
use super::routes::{PAGES, is_news};
use super::shared::Shared;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::middleware::Next;
use actix_web::rt::spawn;
use actix_web::rt::time::sleep;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse};
use std::sync::Arc;
use std::time::Duration;

/// How long a body that nobody reads is kept, so that its connection ends.
const HELD: Duration = Duration::from_secs(2);

/// The one way in, and the one way out.
pub(super) async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let caller = request.conn_data::<Arc<Caller>>().cloned();
    if let Some(caller) = &caller {
        caller.asked();
    }
    let refused =
        request.app_data::<Data<Shared>>().map_or_else(|| Some(reply::failed()), |shared| stop(&request, shared));
    if has_body(request.headers()) {
        hang_up_after(request.take_payload());
    }
    let mut response = match refused {
        Some(reply) => request.into_response(reply),
        None => next.call(request).await?.map_into_boxed_body(),
    };
    reply::protect(response.headers_mut());
    Ok(match caller {
        Some(caller) => response.map_body(|_, body| BoxBody::new(Paced::new(body, caller))),
        None => response,
    })
}

/// Has the connection end with the answer. The server would read on for a body that was let go, for ever if nothing came;
/// while somebody still has the body, it hangs up.
fn hang_up_after(body: Payload) {
    spawn(async move {
        sleep(HELD).await;
        drop(body);
    });
}

fn has_body(headers: &HeaderMap) -> bool {
    let length = values(headers, header::CONTENT_LENGTH).iter().any(|length| *length != b"0");
    length || headers.contains_key(header::TRANSFER_ENCODING)
}

/// The answer to a request that nobody need look at further.
fn stop(request: &ServiceRequest, shared: &Shared) -> Option<HttpResponse> {
    match shared.gate.judge(&ask(request), &PAGES) {
        // Who listens for news is told so by them: a page cannot read why it was refused, and nobody may be there to be asked.
        Verdict::Pass => shared.ended().filter(|_| !is_news(request)).map(|why| reply::ended(&why)),
        Verdict::Refuse(refusal) => Some(reply::refused(refusal)),
        Verdict::Welcome(page) => {
            let mut reply = reply::sent_to(&page);
            let cookie = header::HeaderValue::from_str(&shared.gate.cookie()).ok()?;
            reply.headers_mut().insert(header::SET_COOKIE, cookie);
            Some(reply)
        }
    }
}

fn ask(request: &ServiceRequest) -> Ask<'_> {
    let (uri, headers) = (request.uri(), request.headers());
    let lines: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let target = uri.path_and_query().map_or(0, |target| target.as_str().len());
    Ask {
        method: request.method().as_str(),
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        absolute: uri.authority().is_some() || uri.scheme().is_some(),
        hosts: values(headers, header::HOST),
        origins: values(headers, header::ORIGIN),
        cookies: values(headers, header::COOKIE),
        authorizations: values(headers, header::AUTHORIZATION),
        body: has_body(headers),
        head: lines + target,
    }
}

fn values(headers: &HeaderMap, name: HeaderName) -> Vec<&[u8]> {
    headers.get_all(name).map(header::HeaderValue::as_bytes).collect()
}
