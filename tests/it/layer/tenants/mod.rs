//! One endpoint for many: whose delivery it is, and whose keys decide.

#[cfg(feature = "config")]
mod config;
mod files;
mod lookups;
mod places;
mod replays;

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::body::Body;
use axum_webhook::{
    Endpoint, Secret, Tenant, TenantFrom, TenantKeys, WebhookLayer,
    scheme::Scheme,
    sign::{Draft, Signed},
    testing::FixedClock,
};
use http::Response;
use tower::{Layer as _, Service};

use super::support::{Counter, counting, now, secret};

/// What a lookup asks: secrets by tenant, and how it behaves.
#[derive(Clone, Debug, Default)]
struct Directory {
    secrets: Arc<Mutex<HashMap<String, Vec<Secret>>>>,
    is_down: Arc<AtomicBool>,
    /// How long each answer takes.
    pause: Arc<Mutex<Duration>>,
    asked: Counter,
}

impl Directory {
    fn of(scheme: &Scheme, tenants: &[&str]) -> Self {
        let directory = Self::default();
        for tenant in tenants {
            directory.set(tenant, [secret(scheme, tenant)]);
        }
        directory
    }

    fn set(&self, tenant: &str, secrets: impl Into<Vec<Secret>>) {
        let mut all = self.secrets.lock().unwrap();
        all.insert(tenant.to_owned(), secrets.into());
    }

    fn remove(&self, tenant: &str) {
        self.secrets.lock().unwrap().remove(tenant);
    }

    fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    fn set_pause(&self, pause: Duration) {
        *self.pause.lock().unwrap() = pause;
    }

    async fn look_up(self, tenant: Tenant) -> Result<Option<Vec<Secret>>, &'static str> {
        self.asked.add();
        let pause = *self.pause.lock().unwrap();
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        if self.is_down.load(Ordering::SeqCst) {
            return Err("the database is down");
        }
        Ok(self.secrets.lock().unwrap().get(tenant.as_str()).cloned())
    }

    fn keys(&self, scheme: &Scheme) -> TenantKeys {
        let directory = self.clone();
        TenantKeys::new(scheme, move |tenant| directory.clone().look_up(tenant))
    }
}

fn in_path() -> TenantFrom {
    TenantFrom::path("/webhooks/{tenant}/stripe").unwrap()
}

fn layer_of(scheme: &Scheme, keys: TenantKeys, from: TenantFrom) -> WebhookLayer {
    let endpoint = Endpoint::from_source(scheme.clone(), keys)
        .unwrap()
        .with_tenant(from);
    WebhookLayer::for_endpoint(endpoint)
        .unwrap()
        .with_clock(FixedClock::new(now()))
}

/// A service whose tenants stand in the path, and whose handler counts its runs.
fn service_of(
    scheme: &Scheme,
    keys: TenantKeys,
    runs: &Counter,
) -> impl Service<http::Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static
+ use<> {
    layer_of(scheme, keys, in_path()).layer(counting(runs))
}

/// A delivery to `url` that is signed with the secret of `signer`.
fn delivery(scheme: &Scheme, url: &str, body: &str, signer: &str) -> Signed {
    Draft::new(body)
        .with_url(url)
        .with_timestamp(now())
        .sign(scheme, secret(scheme, signer))
        .unwrap()
}

const EVENT: &str = r#"{"id":"evt_1","type":"x"}"#;

/// A delivery to a tenant's path, with the tenant's secret.
fn to(scheme: &Scheme, tenant: &str) -> Signed {
    from_to(scheme, tenant, tenant)
}

fn from_to(scheme: &Scheme, signer: &str, tenant: &str) -> Signed {
    let url = format!("https://example.com/webhooks/{tenant}/stripe");
    delivery(scheme, &url, EVENT, signer)
}
