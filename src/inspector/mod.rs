//! A page with the last deliveries: for development, and for the operator.
//!
//! It shows each request that came to a layer: the verdict, and what the [diagnosis](crate::diagnosis) says of a refusal; what became
//! of the event; the answer, the times, the key that matched; headers and payload. It searches them, follows them live, and hands a
//! genuine one to its handler again where that is allowed. It is one page with its own script and style, needs no build and asks nobody else for anything.
//!
//! ```no_run
//! use axum::{Router, http::StatusCode, routing::post};
//! use axum_webhook::{Secret, VerifiedWebhook, WebhookLayer, inspector, providers};
//!
//! async fn on_push(hook: VerifiedWebhook) -> StatusCode {
//!     StatusCode::NO_CONTENT
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let inspector = inspector();
//! let secret = Secret::from_env("GITHUB_WEBHOOK_SECRET")?;
//! let webhooks = Router::new()
//!     .route("/webhooks/github", post(on_push))
//!     .layer(WebhookLayer::new(providers::github(), secret)?.with_inspector(&inspector));
//! let app = webhooks.nest_service("/inspector", inspector.router());
//!
//! // On loopback: http://127.0.0.1:3000/inspector
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! axum::serve(listener, app).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A layer without an inspector does not know that there is such a thing: no copy is made, no lock taken, no clock read.
//!
//! # Who may see it
//!
//! **The page has no password of its own, and payloads are your customers' data.** In development it belongs on loopback. In
//! production mount it on a listener of its own, or under a path that the internet does not reach, behind *your*
//! authentication, and name the host under which the operator opens it ([`Inspector::with_host`]). Other names are refused, so that a
//! web site whose name a stranger points to your machine (DNS rebinding) reads nothing.
//!
//! ```
//! # use axum::{Router, extract::Request, middleware::{Next, from_fn}, response::Response};
//! # use axum_webhook::inspector;
//! # async fn only_operators(request: Request, next: Next) -> Response {
//! #     next.run(request).await
//! # }
//! let inspector = inspector().with_host("admin.example.com");
//! let page: Router = inspector.router().layer(from_fn(only_operators));
//! let admin: Router = Router::new().nest_service("/webhooks", page);
//! ```
//!
//! Every answer forbids the browser everything but the page's own files (`Content-Security-Policy`), to keep anything (`no-store`),
//! and to show the page inside another one. What a sender wrote is put on the page as text, never as HTML, and the browser
//! enforces that (`require-trusted-types-for`).
//!
//! # What is masked
//!
//! No credential leaves the process: not to the page, not to its search. It is masked
//!
//! - where the endpoint's scheme has a signature, a token or a part of the secret: in a header, the query, the body;
//! - under a name such as `authorization`, `cookie`, `x-api-key` or `client_secret`, whoever uses it;
//! - in a header or a path, if it looks like one: `Bearer …`, or 32 letters and digits in a row;
//! - and wherever a text of these stands again.
//!
//! Where the scheme has a credential in the body and the body can't be read as the scheme says, nothing of it is shown. Payloads are
//! masked no further: a mail address or an amount is what an operator wants to see.
//!
//! # What it costs
//!
//! At most 100 deliveries and 4 MiB, of each body at most 256 KiB ([`Inspector::with_limits`], [`Inspector::with_body_limit`]). The
//! oldest makes room. What is not genuine has at most half of it, so a flood of forgeries pushes no genuine delivery out. It
//! lives in memory, is of this process alone, and is gone with it. A layer with an inspector copies each head and body once,
//! and looks for the cause of every refusal, as with [`on_event`](crate::WebhookLayer::on_event).
//!
//! # Replay
//!
//! By default nothing can be done from the page. With [`Inspector::dangerous_allow_replay`] a delivery can be handed to its handler once more:
//! to try a handler that was mended, without waiting for the provider. What holds then:
//!
//! - **Nothing forged.** Only what this process has verified itself, and handed to the handler before, can be replayed. What is replayed are the bytes
//!   in memory; nothing of it comes from the page but a number.
//! - **Nothing twice at the same time.** The event is claimed as for any delivery. While another one is being handled it is refused,
//!   and if the first attempt had failed, success makes the event done: the provider's retry is a duplicate then.
//! - **An event that is done is handled again**, unguarded. That is what was asked for.
//!   [`VerifiedWebhook::is_replayed_by_operator`](crate::VerifiedWebhook::is_replayed_by_operator) tells the handler.
//! - **Not from another site**: the request has to come from the page itself, by its `Origin`, and with a header that no form can send.
//! - **Not in silence**: it is an [`Event::Replayed`](crate::telemetry::Event::Replayed), a warning in the log, and a line of its own on the page.
//!
//! The handler gets the request with the extensions that the layers outside had put into it at first. A delivery whose body was cut, of an endpoint
//! that only [observes](crate::Endpoint::with_shadow_mode), or that never came to a handler can't be replayed.
//!
//! # Shutting down
//!
//! A page that is open waits for news. Where you serve with a graceful shutdown, call [`Inspector::close`] when it begins.

mod guard;
mod handle;
mod log;
mod mask;
mod pretty;
mod record;
mod routes;
mod stream;
mod view;

pub use self::handle::{Inspector, inspector};
pub(crate) use self::record::{Again, Arrival, Record, copied, lasting};
