//! For the tests of your own application: signed requests and near misses for every scheme, a clock that stands still, a store that fails, and checks for a scheme or a store of your own.
//!
//! # A whole handler test
//!
//! ```
//! # use axum::{Router, http::StatusCode, routing::post};
//! # use axum_webhook::{Secret, VerifiedWebhook, WebhookLayer, providers, testing::{self, Delivery}};
//! # use tower::ServiceExt as _;
//! # fn app(secret: Secret) -> Result<Router, Box<dyn std::error::Error>> {
//! #     async fn on_push(_: VerifiedWebhook) -> StatusCode { StatusCode::NO_CONTENT }
//! #     let layer = WebhookLayer::new(providers::github(), secret)?;
//! #     Ok(Router::new().route("/webhook", post(on_push)).layer(layer))
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = testing::secret(&providers::github());
//! let app = app(secret.clone())?; // your own router, with the layer
//! let push = Delivery::new(&providers::github(), secret).with_body(r#"{"commits":[]}"#);
//! let response = app.clone().oneshot(push.request()?).await?;
//! assert_eq!(response.status(), StatusCode::NO_CONTENT);
//! for miss in push.near_misses()? {
//!     let response = app.clone().oneshot(miss.request()?).await?;
//!     assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{}", miss.name());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! For a real client, [`Delivery::sign`] gives the method, URL, headers and body.
//!
//! # Providers with public keys
//!
//! Only the provider holds the key that signs (Discord, AWS SNS, `PayPal` …). For tests [`secret()`] makes a key pair of the same kind:
//! give it to your layer and to the [`Delivery`], and everything above holds for them as well. What you have recorded of the provider itself
//! is a [`Vector`]: it is a request too, and has near misses.
//!
//! # A scheme of your own
//!
//! [`assert_scheme`] holds it against recorded deliveries, and against itself.
//!
//! # A store of your own
//!
//! [`store_contract!`](crate::store_contract) writes its tests. [`FailingStore`] shows what the application
//! does while a store can't answer.
//!
//! # Properties
//!
//! With the feature `proptest`, `strategy` makes genuine and forged deliveries, each with its verdict.

mod captured;
mod check;
mod clock;
pub mod contract;
mod delivery;
mod near_miss;
mod report;
mod sample;
mod secret;
mod spoil;
mod store;
#[cfg(feature = "proptest")]
pub mod strategy;
mod vector;

pub use self::{
    captured::{Captured, CapturedError},
    check::{assert_scheme, check_scheme},
    clock::FixedClock,
    delivery::Delivery,
    near_miss::NearMiss,
    report::{SchemeFailures, SchemeReport},
    sample::{example, request, sample},
    secret::secret,
    store::{FailingStore, StoreStep},
    vector::{Repeat, Vector, VectorError, Vectors},
};
