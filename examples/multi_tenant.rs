//! Stripe for many: each tenant has a URL and a secret of its own, and the secrets are looked up when they are needed.
//!
//! ```text
//! cargo run --example multi_tenant
//! ```
//!
//! It prints signed `curl` lines, and what each of them shows.

mod support;

use std::{collections::HashMap, error::Error, sync::Arc, time::Duration};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use axum_webhook::{
    Endpoint, Rejection, Secret, SecretError, Tenant, TenantFrom, TenantKeys, Timestamp,
    VerifiedWebhook, WebhookLayer, providers, replay::MemoryReplayStore, testing::sample,
};
use tokio::{sync::RwLock, time::sleep};

/// In place of a database: the secret of each tenant.
#[derive(Clone, Default)]
struct Database(Arc<RwLock<HashMap<String, String>>>);

impl Database {
    /// What `SELECT secret FROM webhook_secrets WHERE tenant = $1` would find, as slowly as over a network.
    async fn secret_of(&self, tenant: &str) -> Option<String> {
        println!("looking up {tenant:?}");
        sleep(Duration::from_millis(20)).await;
        self.0.read().await.get(tenant).cloned()
    }

    async fn set(&self, tenant: &str, secret: &str) {
        let mut secrets = self.0.write().await;
        secrets.insert(tenant.to_owned(), secret.to_owned());
    }
}

async fn look_up(database: Database, tenant: Tenant) -> Result<Option<Secret>, SecretError> {
    let secret = database.secret_of(tenant.as_str()).await;
    secret.map(Secret::new).transpose()
}

/// What the handlers share: the database, and the keys that were found in it.
#[derive(Clone)]
struct Shared {
    database: Database,
    keys: TenantKeys,
}

async fn on_event(hook: VerifiedWebhook) -> StatusCode {
    println!("{:?} got {:?}", hook.tenant(), hook.event_id());
    StatusCode::NO_CONTENT
}

/// A new secret takes effect with the next request. In your service, only the tenant itself may do this.
async fn change(State(shared): State<Shared>) -> StatusCode {
    shared.database.set("acme", "whsec_the_next_of_acme").await;
    if let Ok(tenant) = "acme".parse() {
        shared.keys.forget(&tenant);
    }
    StatusCode::NO_CONTENT
}

fn report(rejection: &Rejection) {
    println!(
        "refused {:?} {}: {rejection}",
        rejection.tenant(),
        rejection.code()
    );
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let database = Database::default();
    database.set("acme", "whsec_of_acme").await;
    database.set("umbrella", "whsec_of_umbrella").await;

    let scheme = providers::stripe();
    let asked = database.clone();
    let keys = TenantKeys::new(&scheme, move |tenant| look_up(asked.clone(), tenant));
    let endpoint = Endpoint::from_source(scheme, keys.clone())?
        .with_tenant(TenantFrom::path("/webhooks/{tenant}/stripe")?);
    let layer = WebhookLayer::for_endpoint(endpoint)?
        .with_replay_store(MemoryReplayStore::new())
        .on_refusal(report);
    let app = Router::new()
        .route("/webhooks/{tenant}/stripe", post(on_event).layer(layer))
        .route("/change", post(change))
        .with_state(Shared { database, keys });

    let listener = support::listen().await?;
    let origin = format!("http://{}", listener.local_addr()?);
    for (what, tenant, secret) in [
        (
            "204: the tenant is looked up. The same again: a duplicate, 200, and it is not",
            "acme",
            "whsec_of_acme",
        ),
        (
            "204: the same event, but another tenant's",
            "umbrella",
            "whsec_of_umbrella",
        ),
        (
            "401: acme's signature at umbrella's URL",
            "umbrella",
            "whsec_of_acme",
        ),
        (
            "401, the same answer: nobody has this name",
            "nobody",
            "whsec_of_acme",
        ),
        (
            "401, the same answer: no name of a tenant",
            "%2e%2e",
            "whsec_of_acme",
        ),
    ] {
        println!("\n# {what}\n{}", curl(&origin, tenant, secret)?);
    }
    println!("\n# 204: acme gets a new secret, and its first line is then 401");
    println!("curl -i -X POST {origin}/change");
    println!("\nlistening on {origin}");
    axum::serve(listener, app)
        .with_graceful_shutdown(support::shutdown())
        .await?;
    Ok(())
}

/// A `curl` line with a delivery to `tenant` that is signed with `secret`.
fn curl(origin: &str, tenant: &str, secret: &str) -> Result<String, Box<dyn Error>> {
    let url = format!("{origin}/webhooks/{tenant}/stripe");
    let scheme = providers::stripe();
    let signed = sample(&scheme, Timestamp::now()).sign(&scheme, Secret::new(secret)?)?;
    let line = support::curl(&url, &signed)?;
    // curl itself would read the dots.
    Ok(line.replacen("curl -i", "curl -i --path-as-is", 1))
}
