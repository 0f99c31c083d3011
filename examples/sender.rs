//! The other side: signs webhooks of your own (Standard Webhooks), and sends each until it is accepted or it is enough.
//!
//! ```text
//! cargo run --example sender
//! cargo run --example sender -- --to http://127.0.0.1:3000/webhooks/dodo --attempts 5 --timeout 15
//! ```
//!
//! Without `--to` it has two customers of its own, of whom one accepts the third attempt and the other wants nothing any more. With it, it
//! sends one event, also to the `receiver` example, whose endpoint `dodo` has the same scheme and secret. The secret is
//! `SENDER_SECRET`, and `SENDER_SECRET_OLD` while it is being rotated out: each attempt is then signed with both.
//!
//! What a service has beside this: a queue on a disk, so that an event outlives the process; TLS, by putting hyper-rustls'
//! connector in place of `HttpConnector`; and, where customers enter the URLs, a connector that refuses addresses inside your network
//! once their name is resolved.

mod support;

use std::{
    error::Error,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    process::ExitCode,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use axum::{
    Router,
    http::{HeaderMap, Request, StatusCode, Uri, header::RETRY_AFTER},
    response::IntoResponse,
    routing::{any, post},
};
use axum_webhook::{
    Secret, Timestamp, VerifiedWebhook, WebhookLayer, providers, replay::MemoryReplayStore,
    sign::Draft,
};
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use jiff::fmt::rfc2822;
use serde_json::json;
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};

/// What happened, as the customers get it. It is printed once, so every attempt sends the same bytes.
struct Event {
    id: String,
    body: String,
}

impl Event {
    fn new(kind: &str, data: &serde_json::Value) -> Self {
        Self {
            // Without a full stop, which stands between the parts of what is signed.
            id: format!("msg_{:016x}{:016x}", random(), random()),
            body: json!({"type": kind, "data": data}).to_string(),
        }
    }
}

/// How it went.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Accepted,
    /// The customer wants nothing any more: switch the endpoint off, and tell them.
    Gone,
    /// Keep the event for the day on which the customer asks for it, and tell them.
    GivenUp,
}

struct Sender {
    client: Client<HttpConnector, Full<Bytes>>,
    /// The current one first.
    secrets: Vec<Secret>,
    attempts: u32,
    /// For one attempt, from the connection to the answer's head.
    timeout: Duration,
    /// The wait after the first attempt. It doubles with each.
    first_wait: Duration,
    longest_wait: Duration,
}

impl Sender {
    async fn send(&self, url: &Uri, event: &Event) -> Result<Outcome, Box<dyn Error>> {
        for attempt in 1..=self.attempts {
            let request = self.sign(url, event)?;
            let answer = timeout(self.timeout, self.client.request(request)).await;
            let mut asked = None;
            match answer {
                // Nothing in an answer's body is needed, so none of it is read. Redirects are not followed: a URL that has moved
                // is for the customer to change.
                Ok(Ok(response)) => {
                    let status = response.status();
                    println!("{} attempt {attempt}: {status}", event.id);
                    if status.is_success() {
                        return Ok(Outcome::Accepted);
                    }
                    if status == StatusCode::GONE {
                        return Ok(Outcome::Gone);
                    }
                    asked = retry_after(response.headers(), Timestamp::now());
                }
                Ok(Err(error)) => println!("{} attempt {attempt}: {error}", event.id),
                Err(_) => println!("{} attempt {attempt}: no answer", event.id),
            }
            if attempt < self.attempts {
                let wait = self.wait(attempt, asked);
                println!("{} again in {} ms", event.id, wait.as_millis());
                sleep(wait).await;
            }
        }
        Ok(Outcome::GivenUp)
    }

    /// One attempt: the event's own id, by which receivers tell repeats, and the time of now, since they refuse what is old.
    fn sign(&self, url: &Uri, event: &Event) -> Result<Request<Full<Bytes>>, Box<dyn Error>> {
        let signed = Draft::new(event.body.as_str())
            .with_id(event.id.as_str())
            .with_timestamp(Timestamp::now())
            .sign(&providers::standard_webhooks(), self.secrets.clone())?;
        let mut request = Request::new(Full::from(signed.body));
        *request.method_mut() = signed.method;
        *request.uri_mut() = url.clone();
        *request.headers_mut() = signed.headers;
        Ok(request)
    }

    /// At least what the customer asked for, within reason, or half of the doubled wait. What comes on top is random, so that a
    /// thousand events which failed together do not come back together.
    fn wait(&self, attempt: u32, asked: Option<Duration>) -> Duration {
        let doubled = self
            .first_wait
            .saturating_mul(2_u32.saturating_pow(attempt - 1));
        let half = doubled.min(self.longest_wait) / 2;
        let least = asked.map_or(half, |asked| asked.clamp(half, self.longest_wait.max(half)));
        let spread = u64::try_from(half.as_millis()).unwrap_or(u64::MAX);
        least + Duration::from_millis(random() % spread.max(1))
    }
}

/// When to come again, in seconds or as a date.
// ref: RFC 9110 §10.2.3
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::parse(text).ok()?.timestamp();
    let date = Timestamp::from_unix_seconds(date.as_second());
    Some(date.saturating_duration_since(now))
}

/// Spreads and names things. It is not for secrets.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let [to, attempts, seconds] = support::options(["--to", "--attempts", "--timeout"])?;
    // Everybody can read this one. A real one is made of 24 to 64 random bytes, for each customer another.
    let secret = support::secret("SENDER_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
    let mut secrets = vec![secret.clone()];
    if let Ok(old) = Secret::from_env("SENDER_SECRET_OLD") {
        secrets.push(old);
    }
    let sender = Sender {
        client: Client::builder(TokioExecutor::new()).build_http(),
        secrets,
        attempts: attempts.map_or(Ok(5), |text| text.parse())?,
        timeout: Duration::from_secs(seconds.map_or(Ok(15), |text| text.parse())?),
        // To see something here. Over days it is 5 s and 10 h.
        first_wait: Duration::from_millis(200),
        longest_wait: Duration::from_mins(1),
    };
    let event = Event::new("invoice.paid", &json!({"id": "inv_1", "cents": 4200}));
    if let Some(to) = to {
        let outcome = sender.send(&to.parse()?, &event).await?;
        println!("{} {outcome:?}", event.id);
        return Ok(match outcome {
            Outcome::Accepted => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        });
    }
    let customers = customers(secret).await?;
    for path in ["busy", "gone"] {
        let outcome = sender
            .send(&format!("{customers}/{path}").parse()?, &event)
            .await?;
        println!("{} {outcome:?}\n", event.id);
    }
    Ok(ExitCode::SUCCESS)
}

/// Two customers: one is busy, then broken, then accepts; the other one has left.
async fn customers(secret: Secret) -> Result<String, Box<dyn Error>> {
    static ATTEMPTS: AtomicU32 = AtomicU32::new(0);
    let on_event = |hook: VerifiedWebhook| async move {
        let time = hook.timestamp().map(Timestamp::unix_seconds);
        println!("  {:?}, signed at {time:?}", hook.event_id());
        match ATTEMPTS.fetch_add(1, Ordering::Relaxed) {
            0 => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")]).into_response(),
            1 => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            _ => hook.accepted(),
        }
    };
    let layer = WebhookLayer::new(providers::standard_webhooks(), secret)?
        .with_replay_store(MemoryReplayStore::new());
    let app = Router::new()
        .route("/busy", post(on_event).layer(layer))
        .route("/gone", any(StatusCode::GONE));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(origin)
}
