//! The provider: signs events, and delivers them over HTTP.

use std::net::SocketAddr;

use axum_webhook::{
    Secret, Timestamp, providers,
    sign::{Draft, Signed},
};

use crate::http::{Answer, message, send};

/// What a handler answers that has run.
pub(crate) const HANDLED: &str = "handled";

pub(crate) fn secret() -> Secret {
    Secret::new("whsec_the_secret_of_these_tests").unwrap()
}

pub(crate) struct Provider;

impl Provider {
    /// A genuine event, whose handler takes `millis` and answers `status`.
    pub(crate) fn event(&self, id: &str, millis: u64, status: u16) -> Event {
        self.signed(id, millis, status, secret())
    }

    /// The same, by somebody who does not know the secret.
    pub(crate) fn forgery(&self, id: &str) -> Event {
        let wrong = Secret::new("whsec_a_guess_that_is_wrong").unwrap();
        self.signed(id, 0, 200, wrong)
    }

    fn signed(&self, id: &str, millis: u64, status: u16, secret: Secret) -> Event {
        let Self = self;
        let body = format!(r#"{{"id":"{id}","millis":{millis},"status":{status}}}"#);
        let signed = Draft::new(body)
            .with_timestamp(Timestamp::now())
            .sign(&providers::stripe(), secret)
            .unwrap();
        Event(signed)
    }
}

#[derive(Clone)]
pub(crate) struct Event(Signed);

impl Event {
    /// The answer; `None` where the connection was refused or broke.
    pub(crate) async fn deliver(self, to: SocketAddr) -> Option<Answer> {
        let Self(signed) = self;
        send(&message(&signed, "/webhooks/stripe", ""), to).await
    }
}
