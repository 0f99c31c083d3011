//! The endpoints, as the servers and the providers have them: each provider once with each store.

use axum_webhook::{
    Endpoint, Secret, Secrets, Timestamp, providers,
    scheme::{Dedupe, Scheme, SecretFormat},
    sign::{Draft, Signed},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

pub(crate) const STORES: [&str; 2] = ["redis", "postgres"];

const PROVIDERS: [fn() -> Scheme; 6] = [
    providers::stripe,
    providers::github,
    providers::standard_webhooks,
    providers::slack,
    providers::square,
    providers::paddle,
];

/// How many endpoints there are.
pub(crate) const COUNT: usize = STORES.len() * PROVIDERS.len();

/// Where the providers believe the servers to be; Square signs it.
pub(crate) const URL: &str = "https://soak.example.com";

/// How many secrets are live at once: the newest, and the one before it.
pub(crate) const LIVE: usize = 2;

/// One endpoint, of a provider and a store.
pub(crate) struct Place {
    pub(crate) store: usize,
    pub(crate) scheme: Scheme,
}

impl Place {
    pub(crate) fn all() -> Vec<Self> {
        (0..COUNT).map(Self::new).collect()
    }

    fn new(number: usize) -> Self {
        let mut scheme = PROVIDERS[number / STORES.len()]();
        // GitHub does not sign the id of a delivery.
        if scheme.dedupe == Dedupe::Off {
            scheme.dedupe = Dedupe::Content;
        }
        Self {
            store: number % STORES.len(),
            scheme,
        }
    }

    pub(crate) fn name(&self) -> String {
        format!("{}-{}", STORES[self.store], self.scheme.id)
    }

    pub(crate) fn path(&self) -> String {
        format!("/{}/{}", STORES[self.store], self.scheme.id)
    }

    /// The endpoint, with the secrets that are live when this one is the newest.
    pub(crate) fn endpoint(&self, newest: usize) -> Endpoint {
        Endpoint::new(self.scheme.clone(), self.live(newest))
            .unwrap()
            .with_name(self.name())
            .with_path(self.path())
            .with_public_url(URL.parse().unwrap())
    }

    pub(crate) fn live(&self, newest: usize) -> Secrets {
        let numbers = (0..LIVE).map(|age| newest.checked_sub(age));
        let secrets: Vec<_> = numbers
            .flatten()
            .map(|number| self.secret(number))
            .collect();
        secrets.into()
    }

    pub(crate) fn secret(&self, number: usize) -> Secret {
        let text = format!("the secret of {} with number {number:06}", self.name());
        Secret::new(match self.scheme.secret {
            SecretFormat::Whsec => format!("whsec_{}", STANDARD.encode(text)),
            _ => text.replace(' ', "-"),
        })
        .unwrap()
    }

    /// A delivery as its provider makes it.
    pub(crate) fn draft(&self, event: &str, body: String) -> Draft {
        Draft::new(body)
            .with_url(format!("{URL}{}", self.path()))
            .with_content_type("application/json")
            .with_id(event)
            .with_event_type("payment")
    }

    pub(crate) fn sign(&self, event: &str, body: String, secret: Secret) -> Signed {
        self.draft(event, body)
            .with_timestamp(Timestamp::now())
            .sign(&self.scheme, secret)
            .unwrap()
    }
}

/// The endpoint of an event, by its number.
pub(crate) fn of_event(number: u32) -> usize {
    number as usize % COUNT
}

/// The body of an event, wherever its provider has the id. Each try has the same.
pub(crate) fn body(event: &str, number: u32) -> String {
    // Most are small; one in 200 is 64 KiB.
    let length = match number % 200 {
        0 => 64 << 10,
        rest => 5 * rest as usize,
    };
    format!(
        r#"{{"id":"{event}","event_id":"{event}","type":"payment","event_type":"payment","event":{{"type":"payment"}},"note":"{}"}}"#,
        "é".repeat(length / 2)
    )
}

/// FNV-1a, by which both sides see whether a handler has the bytes that were sent.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
