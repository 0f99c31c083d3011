//! Verifies incoming webhooks before your code sees them: signature, timestamp
//! window, replay, and a typed [`VerifiedWebhook<T>`].
//!
//! ```
//! use axum::{Router, http::StatusCode, routing::post};
//! use axum_webhook::{Secret, VerifiedWebhook, WebhookLayer, providers};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct PushEvent {
//!     commits: Vec<serde_json::Value>,
//! }
//!
//! async fn on_push(hook: VerifiedWebhook<PushEvent>) -> StatusCode {
//!     println!("{:?}: {} commits", hook.event_id(), hook.payload.commits.len());
//!     StatusCode::NO_CONTENT
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = Secret::new("It's a Secret to Everybody")?;
//! # /*
//! let secret = Secret::from_env("GITHUB_WEBHOOK_SECRET")?;
//! # */
//! let app: Router = Router::new()
//!     .route("/webhooks/github", post(on_push))
//!     .layer(WebhookLayer::new(providers::github(), secret)?);
//! # Ok(())
//! # }
//! ```
//!
//! # Promises
//!
//! 1. **Nothing forged reaches a handler.** There is no way to build a layer
//!    that lets an unverified request through as a `VerifiedWebhook`, and no empty secret.
//! 2. **Nothing genuine is lost.** A provider's retry is accepted whenever the first attempt did not finish.
//! 3. **Nothing is handled twice**, at the same time or after it was done; at
//!    least once across crashes. This needs a [replay store](WebhookLayer::with_replay_store)
//!    and a provider that signs an id.
//! 4. **Every refusal says why**, to the operator and never to the sender.
//!
//! When two of them collide, the one that stands first wins.
//!
//! Each has its limits: [`guide::promises`].
//!
//! # The guide
//!
//! - [How it decides](guide::how_it_decides): a request's way, step by step, and what the sender hears.
//! - [What it promises](guide::promises), and the limits of each promise.
//! - [Every default](guide::defaults), with its reason and what changes it.
//! - [Rotating a secret](guide::rotation) without a delivery refused.
//! - [Deployment](guide::deployment): proxies and `public_url`, body limits, compression, layers around this one.
//! - [Migrating](guide::migrating) from code of your own, by shadow mode, or from `standardwebhooks`, `svix`, `async-stripe`.
//! - [Cookbook](guide::cookbook): situations that come up.
//! - [Past vulnerabilities](guide::vulnerabilities) of this field, and what keeps this crate from each.
//!
//! # Where things are
//!
//! - [`WebhookLayer`]: the layer, and where it belongs. [`Endpoint`]: what can be set for each provider.
//! - [`VerifiedWebhook`]: what a handler gets.
//! - [`providers`]: the catalogue. [`scheme`]: the language in which a provider is described, also your own.
//! - [`replay`]: the life cycle of an event, and stores.
//! - [`config`]: endpoints from a TOML file.
//! - [`KeySource`]: keys that are not there from the start; [`Secret::remote`]: keys that the provider publishes;
//!   [`TenantKeys`]: keys of many tenants.
//! - [`diagnosis`]: why a request was refused, and what each code means. [`telemetry`]: events, traces, metrics.
//!   [`WebhookLayer::report`]: what a layer is made of, for a look at the start.
//! - `inspector()`, with the feature `inspector`: the last deliveries on a page, for development and for the operator.
//! - [`verify()`] and [`sign`]: the same without HTTP. [`testing`]: signed requests, near misses and checks for your tests.
//!
//! # Features
//!
//! - `axum` (default): paths as axum's `Router` has them, also inside a nest. Only services without a `Router` can do without; the extractor is
//!   there in any case.
//! - `config` (default): [`config`], endpoints from TOML. Brings `serde`.
//! - `form` (default): `VerifiedWebhook<T>` of deliveries that are forms. Verifying them needs no crate.
//! - `tracing` (default): a span around each request, and events, under the target `axum_webhook`.
//! - `metrics`: counters, gauges and histograms through the facade `metrics`: see [`telemetry`].
//! - `jwt` (default): signed tokens, JWT and detached JWS (`MessageBird`, monday.com, Netlify, Vonage). It needs no
//!   crate. Tokens of public keys need `public-key` beside it (Plaid, Fireblocks, Pub/Sub push, Event
//!   Grid, Gemini's dynamic webhooks).
//! - `ed25519`: Ed25519 signatures (Discord, Telnyx, fal.ai). Pure Rust.
//! - `public-key`: ECDSA P-256 and RSA signatures, also of tokens, by `aws-lc-rs`. Needs a C compiler.
//! - `remote-keys`: fetches the keys that providers publish ([`Secret::remote`]: AWS SNS, `PayPal`, fal.ai), over TLS by `rustls`.
//!   Brings `public-key`.
//! - `redis`: events remembered in Redis or Valkey, for several instances ([`replay`]).
//! - `postgres`: events remembered in Postgres, secrets of tenants from a query, and "done" inside the handler's own transaction ([`replay`]).
//! - `gzip`: unpacks gzip bodies where the scheme signs the unpacked text (`QuickNode`).
//! - `nfkd`: secrets outside ASCII for schemes that normalise them (`EasyPost`).
//! - `inspector`: a page with the last deliveries, what was wrong with them, and a button to hand one to its handler again. It
//!   needs no crate.
//! - `cli`: the command line `axum-webhook`, with every algorithm and an HTTP client; not for a library's dependency.
//! - `serde` (brought by `config`, `remote-keys` and `inspector`): `Serialize` and `Deserialize` for [`scheme::Scheme`] and its parts, and for
//!   [`testing::Vector`]. Brings serde's derive macro, which payloads don't ask for.
//! - `proptest`: strategies for deliveries (`testing::strategy`), for tests.
//!
//! Default features are pure Rust: no C compiler is needed.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod clock;
#[cfg(feature = "config")]
pub mod config;
mod content;
mod crypto;
pub mod diagnosis;
mod endpoint;
mod extract;
mod form;
mod gate;
// It has no code, only pages of the docs.
#[cfg(any(doc, doctest))]
pub mod guide;
pub mod handshake;
mod incoming;
#[cfg(feature = "inspector")]
pub mod inspector;
mod json;
mod key_source;
mod keys;
mod late;
mod middleware;
mod pairing;
mod path_pattern;
pub mod providers;
mod public_url;
mod rejection;
pub mod replay;
mod report;
pub mod scheme;
pub mod sign;
mod sns;
mod task;
pub mod telemetry;
mod tenant;
pub mod testing;
mod text;
mod timestamp;
mod units;
mod verify;

pub use self::{
    clock::{Clock, SystemClock},
    diagnosis::{Diagnosis, DiagnosisLevel, diagnose},
    endpoint::{Endpoint, EndpointError},
    extract::{Raw, ShadowVerdict, VerifiedWebhook, WebhookRejection},
    incoming::Incoming,
    key_source::{
        FileKeys, KeyRequest, KeySource, KeySourceError, RemoteKeysError, RotatingKeys,
        TenantFilesError, TenantKeys,
    },
    keys::{Keyring, KeyringError, Secret, SecretError, Secrets},
    middleware::{
        LayerError, ResponseFuture, RotateError, WebhookHandle, WebhookLayer, WebhookService,
    },
    pairing::PairedKey,
    public_url::{PublicUrl, PublicUrlError},
    rejection::{Rejection, RejectionKind},
    report::{EndpointReport, KeyReport, Report},
    tenant::{Tenant, TenantError, TenantFrom, TenantFromError},
    timestamp::Timestamp,
    units::{ByteSize, Span, UnitError},
    verify::{Authentic, VerifyError, verify},
};

#[cfg(feature = "inspector")]
pub use self::inspector::{Inspector, inspector};
#[cfg(feature = "remote-keys")]
pub use self::key_source::RemoteKeySource;

/// The README's examples, which have to compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
