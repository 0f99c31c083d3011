//! Who may ask, and what every answer says to the browser.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, uri::Authority};

use crate::{inspector::Inspector, rejection::plain};

/// Nothing but the page's own files, and no way from a text to code.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

/// What is said with every answer.
static HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

/// The header that the page sends with whatever changes something: a form of another site can't.
pub(super) const INTENT: HeaderName = HeaderName::from_static("x-webhook-inspector");

/// Lets a request through if it is for a host of ours and, where it changes something, from the page itself.
pub(super) async fn guard(
    State(inspector): State<Inspector>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match may_ask(
        &inspector,
        request.method(),
        request.uri(),
        request.headers(),
    ) {
        Ok(()) => next.run(request).await,
        Err(why) => text(StatusCode::FORBIDDEN, why),
    };
    let headers = response.headers_mut();
    for (name, value) in &HEADERS {
        headers.insert(name.clone(), HeaderValue::from_static(value));
    }
    response
}

pub(super) fn text(status: StatusCode, text: &str) -> Response {
    plain(status, "text/plain; charset=utf-8", format!("{text}\n"))
}

fn may_ask(
    inspector: &Inspector,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), &'static str> {
    // A name that a stranger points to this machine (DNS rebinding) is none of ours, and reads nothing.
    let host = single(headers, &header::HOST)
        .and_then(|host| host.parse().ok())
        .or_else(|| uri.authority().cloned())
        .filter(|host| inspector.is_ours(host.host()))
        .ok_or("the inspector is not served under this name: see `Inspector::with_host`")?;
    let site = single(headers, &HeaderName::from_static("sec-fetch-site"));
    if matches!(*method, Method::GET | Method::HEAD) {
        // Another site may lead to the page, and not ask it for anything: it could tell by the time whether a text is found.
        let mode = single(headers, &HeaderName::from_static("sec-fetch-mode"));
        return if site == Some("cross-site") && mode != Some("navigate") {
            Err("another site asks")
        } else {
            Ok(())
        };
    }
    let is_ours = |origin: &str| {
        let origin: Option<Uri> = origin.parse().ok();
        origin.is_some_and(|origin| {
            origin
                .authority()
                .is_some_and(|origin| is_same(origin, &host))
        })
    };
    if headers.contains_key(&INTENT)
        && single(headers, &header::ORIGIN).is_some_and(is_ours)
        && site.is_none_or(|site| site == "same-origin")
    {
        Ok(())
    } else {
        Err("this can be asked for from the page of the inspector only")
    }
}

fn is_same(one: &Authority, other: &Authority) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

/// The text of a header that is there once.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}
