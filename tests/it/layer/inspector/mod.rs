//! The inspector: what it keeps, what it shows, what it never shows, and who may ask.

mod bounds;
mod life;
mod live;
mod masking;
mod page;
mod replay;

use axum::{Router, body::Body};
use axum_webhook::Inspector;
use http::{Request, header};
use serde_json::Value;

use super::support::{Answer, send};

/// Asks the page of an inspector, as a browser on this machine does.
struct Page(Router);

impl Page {
    fn of(inspector: &Inspector) -> Self {
        Self(Router::new().nest_service("/inspector", inspector.router()))
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.0, request).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(get(path)).await
    }

    async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"));
        serde_json::from_str(answer.text()).unwrap()
    }

    /// The list, the newest first.
    async fn list(&self) -> Vec<Value> {
        let listing = self.json("/deliveries").await;
        listing["deliveries"].as_array().unwrap().clone()
    }

    /// All of the newest delivery.
    async fn newest(&self) -> Value {
        let list = self.list().await;
        self.json(&format!("/deliveries/{}", list[0]["id"])).await
    }

    /// The numbers of the deliveries in which a text is found.
    async fn found(&self, text: &str) -> Vec<u64> {
        let found = self.json(&format!("/deliveries?q={text}")).await;
        let found = found["deliveries"].as_array().unwrap();
        found
            .iter()
            .map(|one| one["id"].as_u64().unwrap())
            .collect()
    }

    /// Replays a delivery as the page does; answers the status and what is said.
    async fn replay(&self, id: u64) -> (u16, Value) {
        let answer = self.send(replay(id).body(Body::empty()).unwrap()).await;
        let said = serde_json::from_str(answer.text()).unwrap_or(Value::Null);
        (answer.status.as_u16(), said)
    }
}

fn get(path: &str) -> Request<Body> {
    let request = Request::get(format!("/inspector{path}"));
    let request = request.header(header::HOST, "127.0.0.1:3000");
    request.body(Body::empty()).unwrap()
}

fn replay(id: u64) -> http::request::Builder {
    Request::post(format!("/inspector/deliveries/{id}/replay"))
        .header(header::HOST, "127.0.0.1:3000")
        .header(header::ORIGIN, "http://127.0.0.1:3000")
        .header("sec-fetch-site", "same-origin")
        .header("x-webhook-inspector", "replay")
}
