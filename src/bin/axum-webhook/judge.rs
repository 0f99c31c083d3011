//! What the layer itself says of a delivery.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, body::Body, response::Response};
use axum_webhook::{
    Clock, Diagnosis, DiagnosisLevel, Rejection, Timestamp, VerifiedWebhook, WebhookLayer,
    WebhookRejection, scheme::Coverage, telemetry::Event,
};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tower_service::Service as _;

use crate::failure::Failure;

/// A layer around a handler that accepts everything.
#[derive(Debug)]
pub(crate) struct Judge {
    app: Router,
    heard: Arc<Mutex<Option<Heard>>>,
}

/// What the layer told of a request.
#[derive(Debug)]
enum Heard {
    Verified,
    Answered { endpoint: String, provider: String },
    Refused(Rejection),
}

/// What became of a delivery.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It is genuine. Without a word about it where its endpoint only observes.
    Genuine(Option<Genuine>),
    /// It is a question of the provider, which the layer answers.
    Answered { endpoint: String, provider: String },
    /// It does not get to a handler.
    Refused(Rejection),
}

/// What a handler hears of a genuine delivery.
#[derive(Clone, Debug)]
pub(crate) struct Genuine {
    pub(crate) endpoint: String,
    pub(crate) provider: String,
    pub(crate) key_id: String,
    pub(crate) event_id: Option<String>,
    pub(crate) event_type: Option<String>,
    pub(crate) timestamp: Option<Timestamp>,
    pub(crate) coverage: Coverage,
}

impl Judge {
    pub(crate) fn new(layer: WebhookLayer, level: DiagnosisLevel, clock: impl Clock) -> Self {
        let heard = Arc::new(Mutex::new(None));
        let listener = Arc::clone(&heard);
        let layer = layer
            .with_diagnosis(level)
            .with_clock(clock)
            .on_event(move |event| {
                if let Some(event) = Heard::of(event) {
                    *listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(event);
                }
            });
        let app = Router::new().fallback(accept).layer(layer);
        Self { app, heard }
    }

    /// Judges one delivery after the other; two at a time would not be told apart.
    pub(crate) async fn judge(
        &mut self,
        request: Request<Body>,
    ) -> Result<(Verdict, Response), Failure> {
        let Ok(()) =
            poll_fn(|cx| tower_service::Service::<Request<Body>>::poll_ready(&mut self.app, cx))
                .await;
        let Ok(response) = self.app.call(request).await;
        let heard = self
            .heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let verdict = match heard {
            Some(Heard::Verified) => {
                Verdict::Genuine(response.extensions().get::<Genuine>().cloned())
            }
            Some(Heard::Answered { endpoint, provider }) => {
                Verdict::Answered { endpoint, provider }
            }
            Some(Heard::Refused(rejection)) => Verdict::Refused(rejection),
            None => return Err(Failure::Failed("the layer said nothing".to_owned())),
        };
        Ok((verdict, response))
    }
}

/// The handler of every endpoint.
async fn accept(hook: Result<VerifiedWebhook, WebhookRejection>) -> Response {
    match hook {
        Ok(hook) => {
            let mut response = hook.accepted();
            response.extensions_mut().insert(Genuine {
                endpoint: hook.endpoint().to_owned(),
                provider: hook.provider().to_owned(),
                key_id: hook.key_id().to_owned(),
                event_id: hook.event_id().map(str::to_owned),
                event_type: hook.event_type().map(str::to_owned),
                timestamp: hook.timestamp(),
                coverage: hook.coverage(),
            });
            response
        }
        // Its endpoint only observes.
        Err(_) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::OK;
            response
        }
    }
}

impl Heard {
    fn of(event: &Event<'_>) -> Option<Self> {
        match event {
            Event::Refused(rejection) | Event::WouldBeRefused(rejection) => {
                Some(Self::Refused((*rejection).clone()))
            }
            Event::Verified(_) => Some(Self::Verified),
            Event::Answered {
                endpoint, provider, ..
            } => Some(Self::Answered {
                endpoint: (*endpoint).to_owned(),
                provider: (*provider).to_owned(),
            }),
            _ => None,
        }
    }
}

impl Verdict {
    /// One word for it.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Genuine(_) => "genuine",
            Self::Answered { .. } => "answered",
            Self::Refused(_) => "refused",
        }
    }

    /// The name of the endpoint, where one was selected.
    pub(crate) fn endpoint(&self) -> Option<&str> {
        match self {
            Self::Genuine(genuine) => genuine.as_ref().map(|genuine| genuine.endpoint.as_str()),
            Self::Answered { endpoint, .. } => Some(endpoint),
            Self::Refused(rejection) => rejection.endpoint(),
        }
    }

    /// The provider's id, where an endpoint was selected.
    pub(crate) fn provider(&self) -> Option<&str> {
        match self {
            Self::Genuine(genuine) => genuine.as_ref().map(|genuine| genuine.provider.as_str()),
            Self::Answered { provider, .. } => Some(provider),
            Self::Refused(rejection) => rejection.provider(),
        }
    }

    /// Everything about it, for scripts.
    pub(crate) fn json(&self) -> Value {
        let mut value = json!({
            "verdict": self.name(),
            "endpoint": self.endpoint(),
            "provider": self.provider(),
        });
        let more = match self {
            Self::Genuine(Some(genuine)) => json!({
                "key_id": genuine.key_id,
                "event_id": genuine.event_id,
                "event_type": genuine.event_type,
                "timestamp": genuine.timestamp.map(|time| time.to_string()),
                "covers": genuine.coverage,
            }),
            Self::Refused(rejection) => json!({
                "code": rejection.code(),
                "reason": rejection.to_string(),
                "diagnoses": rejection.diagnoses().iter().map(finding).collect::<Vec<_>>(),
            }),
            Self::Genuine(None) | Self::Answered { .. } => Value::Null,
        };
        if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
            value.extend(more);
        }
        value
    }
}

fn finding(diagnosis: &Diagnosis) -> Value {
    json!({
        "code": diagnosis.code(),
        "message": diagnosis.message(),
        "proven": diagnosis.is_proven(),
    })
}
