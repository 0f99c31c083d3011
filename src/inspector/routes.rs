//! What the page asks for.

use std::sync::Arc;

use axum::{
    Router,
    extract::{OriginalUri, Path, RawQuery, State},
    middleware::from_fn_with_state,
    response::Response,
    routing::{get, post},
};
use axum_core::body::Body;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::json;

use crate::{
    form::pairs,
    inspector::{
        Inspector,
        guard::{guard, text},
        record::Record,
        stream::Changes,
    },
    rejection::plain,
};

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");
const ICON: &str = include_str!("icon.svg");

/// Where in the page the folder of its files stands.
const BASE: &str = "{{base}}";
/// The longest text that is searched for, in bytes.
const MAX_SEARCH: usize = 200;
/// As many pages may wait for news at once: more than anybody has open, and few enough that they cost nothing.
const MAX_WATCHERS: usize = 64;

pub(super) fn router<S: Clone + Send + Sync + 'static>(inspector: Inspector) -> Router<S> {
    Router::new()
        .route("/", get(page))
        .route(
            "/page.js",
            get(async || file("text/javascript; charset=utf-8", SCRIPT)),
        )
        .route(
            "/page.css",
            get(async || file("text/css; charset=utf-8", STYLE)),
        )
        .route("/icon.svg", get(async || file("image/svg+xml", ICON)))
        .route("/deliveries", get(list))
        .route("/deliveries/{id}", get(one))
        .route("/deliveries/{id}/replay", post(replay))
        .route("/events", get(events))
        .layer(from_fn_with_state(inspector.clone(), guard))
        .with_state(inspector)
}

fn file(kind: &str, text: &str) -> Response {
    plain(StatusCode::OK, kind, text.to_owned())
}

/// The page, which finds its files wherever it is mounted, also behind a proxy that takes off a part of the path.
async fn page(OriginalUri(uri): OriginalUri) -> Response {
    let last = uri.path().rsplit('/').next().unwrap_or_default();
    let is_harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    let base = match last {
        "" => ".".to_owned(),
        last if last.chars().all(is_harmless) => format!("./{last}"),
        _ => return text(StatusCode::NOT_FOUND, "the inspector needs a plain path"),
    };
    file("text/html; charset=utf-8", &PAGE.replace(BASE, &base))
}

/// The list, or what of it has the text that `q` says.
async fn list(State(inspector): State<Inspector>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let wanted = pairs(query.as_bytes()).find(|(name, _)| **name == *b"q");
    let wanted = wanted.map_or_else(String::new, |(_, value)| {
        let value = value.get(..MAX_SEARCH).unwrap_or(&value);
        String::from_utf8_lossy(value).trim().to_lowercase()
    });
    // All bodies may have to be read for it.
    let listing = tokio::task::spawn_blocking(move || {
        let all = inspector.log.all();
        let held = all.len();
        let found = all
            .iter()
            .filter(|record| wanted.is_empty() || record.matches(&wanted));
        json!({
            "deliveries": found.map(|record| record.summary()).collect::<Vec<_>>(),
            "held": held,
            "bytes": inspector.log.bytes(),
            "limits": {
                "deliveries": inspector.settings.limits.deliveries,
                "bytes": inspector.settings.limits.bytes,
            },
            "allows_replay": inspector.settings.allows_replay,
        })
    });
    match listing.await {
        Ok(listing) => answer(StatusCode::OK, &listing),
        Err(_) => text(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the deliveries could not be read",
        ),
    }
}

async fn one(State(inspector): State<Inspector>, Path(id): Path<String>) -> Response {
    match find(&inspector, &id) {
        Some(record) => answer(StatusCode::OK, &record.detail()),
        None => gone(),
    }
}

/// Hands a delivery to its handler once more, and answers with the number of the new one.
async fn replay(State(inspector): State<Inspector>, Path(id): Path<String>) -> Response {
    let Some(record) = find(&inspector, &id) else {
        return gone();
    };
    let (again, body) = match record.again() {
        Ok(again) => again,
        Err(why) => return answer(StatusCode::CONFLICT, &json!({ "error": why })),
    };
    let new = inspector.begin_again(&record);
    let number = new.id;
    let status = again(body, new).await;
    let status = status.map(|status| status.as_u16());
    answer(StatusCode::OK, &json!({ "id": number, "status": status }))
}

async fn events(State(inspector): State<Inspector>) -> Response {
    if inspector.log.watchers() >= MAX_WATCHERS {
        return text(StatusCode::SERVICE_UNAVAILABLE, "too many pages are open");
    }
    let mut response = Response::new(Body::new(Changes::new(inspector.log.changes())));
    let kind = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn find(inspector: &Inspector, id: &str) -> Option<Arc<Record>> {
    inspector.log.find(id.parse().ok()?)
}

fn gone() -> Response {
    let error = json!({ "error": "this delivery is not kept any more" });
    answer(StatusCode::NOT_FOUND, &error)
}

fn answer(status: StatusCode, value: &impl Serialize) -> Response {
    let text = serde_json::to_string(value).unwrap_or_default();
    plain(status, "application/json", text)
}
