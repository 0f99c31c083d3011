//! The webhooks of `webhooks.toml`.
//!
//! `VerifiedWebhook<T>` parses the body as your type; without one it is the raw body.

use axum::{Router, response::Response, routing::any};
use axum_webhook::{
    VerifiedWebhook,
    config::{Config, ConfigError},
};

/// The routes of all endpoints, behind the layer that verifies.
///
/// # Errors
///
/// If an endpoint can't be built, or a secret is missing.
pub fn router(config: &Config) -> Result<Router, ConfigError> {
    Ok(Router::new()
        .route("/webhooks/stripe", any(on_stripe))
        .route("/webhooks/braintree", any(on_braintree))
        .route("/webhooks/twilio", any(on_twilio))
        .route("/webhooks/telnyx", any(on_telnyx))
        .layer(config.layer()?))
}

/// Every delivery of stripe that is genuine, once.
async fn on_stripe(hook: VerifiedWebhook) -> Response {
    println!("{}: {:?}", hook.provider(), hook.event_id());
    hook.accepted()
}

/// Every delivery of braintree that is genuine, once.
async fn on_braintree(hook: VerifiedWebhook) -> Response {
    println!("{}: {:?}", hook.provider(), hook.event_id());
    hook.accepted()
}

/// Every delivery of twilio that is genuine: also a repeated one, which nothing signed tells.
async fn on_twilio(hook: VerifiedWebhook) -> Response {
    println!("{}: {:?}", hook.provider(), hook.event_id());
    hook.accepted()
}

/// Every delivery of telnyx that is genuine, once.
async fn on_telnyx(hook: VerifiedWebhook) -> Response {
    println!("{}: {:?}", hook.provider(), hook.event_id());
    hook.accepted()
}
