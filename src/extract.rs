//! The extractor: a genuine delivery as the handler's type.

use std::{fmt, sync::Arc};

use axum_core::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri, request::Parts};
use serde_core::de::DeserializeOwned;

use crate::{
    endpoint::Endpoint,
    incoming::{Head, Incoming},
    late::Late,
    rejection::{Rejection, answer, plain},
    replay::{ClaimHandle, StoreError},
    scheme::{Coverage, Locate, MediaType, Scheme},
    telemetry,
    tenant::Tenant,
    timestamp::Timestamp,
    verify::Authentic,
};

/// A genuine delivery: verified by a [`WebhookLayer`](crate::WebhookLayer), with its payload as a `T`.
///
/// Without a type it is the raw body: `hook: VerifiedWebhook`. With one, the
/// payload is read as a form or as JSON, by the delivery's `Content-Type`. It
/// takes nothing from the body stream, so any argument position will do.
///
/// A batch is here only if all of it is genuine: where the provider signs each item
/// (Adyen), every one of them was verified, and one that was not refuses the whole;
/// where it signs the batch (`HubSpot`, LINE, Pusher), no item can be added to it. A batch
/// comes with the id and the type of its first item, if it has any.
///
/// Verified does not mean valid: check amounts and accounts as you would
/// anywhere. Events can come in any order.
///
/// # Errors
///
/// - Without the layer: 500. A value that nobody verified is never made.
/// - In shadow mode: 500, since the request may be forged.
/// - A payload that is not a `T`: 422. The delivery stays genuine, and the reason is for the operator.
pub struct VerifiedWebhook<T = Raw> {
    /// The payload.
    pub payload: T,
    delivery: Arc<Delivery>,
    event_id: Late,
    event_type: Late,
}

/// The payload of a [`VerifiedWebhook`] without a type: see [`VerifiedWebhook::raw`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Raw;

/// Stands in the request's extensions once it is verified. The type is private:
/// no other layer and no client can put one there.
#[derive(Clone)]
pub(crate) struct Verified(pub(crate) Arc<Delivery>);

/// What the layer knows of a genuine delivery.
pub(crate) struct Delivery {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) authentic: Authentic,
    pub(crate) tenant: Option<Tenant>,
    pub(crate) bytes: Bytes,
    pub(crate) claim: Option<Arc<ClaimHandle>>,
    /// Whether the operator handed it on once more.
    pub(crate) is_replayed: bool,
}

impl Delivery {
    /// The value that stands in the body, where `at` says.
    fn in_body<'s>(&'s self, at: impl FnOnce(&'s Scheme) -> Option<&'s Locate>) -> Option<String> {
        let scheme = &*self.endpoint.scheme;
        // To read the body it takes nothing of the head.
        let (uri, headers) = (Uri::default(), HeaderMap::new());
        let incoming = Incoming::new(&Method::POST, &uri, &headers, &self.bytes);
        self.authentic.text(scheme, &incoming, at(scheme)?)
    }
}

impl<T> VerifiedWebhook<T> {
    /// The id of the provider, such as `github`.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.delivery.endpoint.provider
    }

    /// The name of the endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.delivery.endpoint.name
    }

    /// The tenant whose key matched, where the [endpoint has tenants](Endpoint::with_tenant).
    #[must_use]
    pub fn tenant(&self) -> Option<&Tenant> {
        self.delivery.tenant.as_ref()
    }

    /// The event's id, where the delivery has one. Its provider's docs say
    /// whether it is signed; an unsigned one is no reason to skip an event.
    #[must_use]
    pub fn event_id(&self) -> Option<&str> {
        let at = |scheme| self.delivery.authentic.event_id_at(scheme);
        self.event_id.get(|| self.delivery.in_body(at))
    }

    /// The event's type, where the delivery has one. See [`event_id`](Self::event_id) on signing.
    #[must_use]
    pub fn event_type(&self) -> Option<&str> {
        let at = |scheme| self.delivery.authentic.event_type_at(scheme);
        self.event_type.get(|| self.delivery.in_body(at))
    }

    /// When the provider says it sent the delivery, where it says so.
    #[must_use]
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.delivery.authentic.timestamp()
    }

    /// The id of the key that matched.
    #[must_use]
    pub fn key_id(&self) -> &str {
        self.delivery.authentic.key_id()
    }

    /// How much of the delivery was covered by the check.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.delivery.authentic.coverage()
    }

    /// The body as received.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.delivery.bytes
    }

    /// The answer that the provider wants to hear when a delivery is accepted.
    #[must_use]
    pub fn accepted(&self) -> Response {
        answer(&self.delivery.endpoint.scheme.answers.accepted)
    }

    /// Marks the event as done now, before the handler ends.
    ///
    /// Call it after the last effect, where work that may fail follows. Answers
    /// whether the claim was still held; `true` where nothing guards this event.
    ///
    /// # Errors
    ///
    /// If the store can't be reached. The end of the handler then decides.
    pub async fn done(&self) -> Result<bool, StoreError> {
        match &self.delivery.claim {
            Some(claim) => claim.done().await,
            None => Ok(true),
        }
    }

    /// A number that is larger for every later claim of the same event; `None` where nothing guards it.
    ///
    /// A handler that was held up may find that its lease ran out and the event went to another.
    /// A write that says "only if no larger number wrote before" keeps the late one out, where
    /// [`done`](Self::done) only tells it afterwards.
    #[must_use]
    pub fn fence(&self) -> Option<u64> {
        let claim = self.delivery.claim.as_ref();
        claim.map(|claim| claim.fence())
    }

    /// Whether the handler has lost its lease: another delivery of the event may be handled beside it.
    ///
    /// It asks no store: it is what the renewal has found, and the end of the lease by this
    /// process's clock. Look before an effect that can't be taken back.
    #[must_use]
    pub fn is_lease_lost(&self) -> bool {
        let claim = self.delivery.claim.as_ref();
        claim.is_some_and(|claim| claim.is_lost())
    }

    /// Whether the operator has handed the delivery to this handler once more, from the page of the
    /// [inspector](crate#features), and not the provider.
    ///
    /// Its event may have been handled before: that is what the operator wants. A handler whose effects
    /// should not be repeated even then (a payment, a mail) asks here.
    #[must_use]
    pub fn is_replayed_by_operator(&self) -> bool {
        self.delivery.is_replayed
    }

    /// Asks for the provider's retry: the event is not marked as done, and the
    /// sender gets 503 unless the handler's own answer is a 5xx.
    ///
    /// Answers `false` where it is too late, or where nothing guards this event;
    /// there, answer with a 5xx.
    #[must_use]
    pub fn retry_later(&self) -> bool {
        self.delivery
            .claim
            .as_ref()
            .is_some_and(|claim| claim.retry_later())
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn claim(&self) -> Option<&ClaimHandle> {
        self.delivery.claim.as_deref()
    }

    fn of(parts: &Parts, payload: T, delivery: Arc<Delivery>) -> Self {
        let endpoint = &delivery.endpoint;
        let incoming = Incoming {
            head: Head {
                method: &parts.method,
                uri: &parts.uri,
                headers: &parts.headers,
                public_url: endpoint.public_url.as_ref(),
            },
            body: &delivery.bytes,
        };
        let (authentic, scheme) = (&delivery.authentic, &endpoint.scheme);
        let late = |at: Option<&Locate>| {
            Late::new(at, incoming.head, || authentic.text(scheme, &incoming, at?))
        };
        let event_id = late(authentic.event_id_at(scheme));
        let event_type = late(authentic.event_type_at(scheme));
        Self {
            payload,
            delivery,
            event_id,
            event_type,
        }
    }
}

/// Shows who sent it, not what: neither body nor headers.
impl<T> fmt::Debug for VerifiedWebhook<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedWebhook")
            .field("endpoint", &self.endpoint())
            .field("provider", &self.provider())
            .field("tenant", &self.tenant())
            .field("event_id", &self.event_id())
            .field("event_type", &self.event_type())
            .field("key_id", &self.key_id())
            .finish_non_exhaustive()
    }
}

impl<S: Sync> FromRequestParts<S> for VerifiedWebhook<Raw> {
    type Rejection = WebhookRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let delivery = delivery(parts)?;
        Ok(Self::of(parts, Raw, delivery))
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for VerifiedWebhook<T> {
    type Rejection = WebhookRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let delivery = delivery(parts)?;
        let payload = parse(parts, &delivery.bytes).map_err(|reason| {
            telemetry::payload_refused(&delivery.endpoint.name, &reason);
            WebhookRejection(Kind::Payload(reason))
        })?;
        Ok(Self::of(parts, payload, delivery))
    }
}

fn delivery(parts: &Parts) -> Result<Arc<Delivery>, WebhookRejection> {
    match parts.extensions.get::<Verified>() {
        Some(Verified(delivery)) => Ok(Arc::clone(delivery)),
        None if parts.extensions.get::<ShadowVerdict>().is_some() => {
            Err(WebhookRejection(Kind::Shadow))
        }
        None => Err(WebhookRejection(Kind::NoLayer)),
    }
}

/// The payload by its content type; the error is the reason, with the path to the value.
fn parse<T: DeserializeOwned>(parts: &Parts, bytes: &[u8]) -> Result<T, String> {
    let head = Head {
        method: &parts.method,
        uri: &parts.uri,
        headers: &parts.headers,
        public_url: None,
    };
    if head.media_type() == Some(MediaType::Form) {
        form(bytes)
    } else {
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let payload = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| reason(error.path(), &category(error.inner())))?;
        json.end().map_err(|error| category(&error))?;
        Ok(payload)
    }
}

#[cfg(feature = "form")]
fn form<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let form = serde_html_form::Deserializer::from_bytes(bytes);
    serde_path_to_error::deserialize(form).map_err(|error| reason(error.path(), "form"))
}

#[cfg(not(feature = "form"))]
fn form<T>(_: &[u8]) -> Result<T, String> {
    Err("the payload is a form, which needs the feature `form`".to_owned())
}

/// Where the payload does not fit. serde's own message may quote a value of the body, so it stays out.
fn reason(path: &serde_path_to_error::Path, what: &str) -> String {
    format!("the payload does not fit at `{path}` ({what})")
}

fn category(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Io => "read",
        serde_json::error::Category::Syntax => "JSON syntax",
        serde_json::error::Category::Data => "JSON type",
        serde_json::error::Category::Eof => "JSON ends early",
    };
    format!("{what}, line {} column {}", error.line(), error.column())
}

/// Why a handler did not get its `VerifiedWebhook`.
#[derive(Debug)]
pub struct WebhookRejection(Kind);

#[derive(Debug)]
enum Kind {
    NoLayer,
    Shadow,
    Payload(String),
}

impl WebhookRejection {
    /// The status that the sender gets.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match &self.0 {
            Kind::NoLayer | Kind::Shadow => StatusCode::INTERNAL_SERVER_ERROR,
            Kind::Payload(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl fmt::Display for WebhookRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::NoLayer => f.write_str(
                "`VerifiedWebhook` needs a `WebhookLayer` around the handler: nothing verified this request",
            ),
            Kind::Shadow => f.write_str(
                "`VerifiedWebhook` can't be had in shadow mode: the request may be forged",
            ),
            Kind::Payload(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for WebhookRejection {}

impl IntoResponse for WebhookRejection {
    fn into_response(self) -> Response {
        let text = match &self.0 {
            // A mistake of the developer, which they see at their first request; it says nothing of a secret.
            Kind::NoLayer | Kind::Shadow => format!("{self}\n"),
            Kind::Payload(_) => "the payload is not what this endpoint expects\n".to_owned(),
        };
        let mut response = plain(self.status(), "text/plain; charset=utf-8", text);
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// What shadow mode found of a request: it stands in the request's extensions.
///
/// It is no proof: the request may be forged, and the handler of a shadowed
/// endpoint has to verify by its own means.
#[derive(Clone, Debug)]
pub struct ShadowVerdict {
    rejection: Option<Rejection>,
}

impl ShadowVerdict {
    pub(crate) const fn genuine() -> Self {
        Self { rejection: None }
    }

    pub(crate) fn refused(rejection: &Rejection) -> Self {
        Self {
            rejection: Some(rejection.clone()),
        }
    }

    /// Why the request would have been refused; `None` if it would not have been.
    #[must_use]
    pub const fn rejection(&self) -> Option<&Rejection> {
        self.rejection.as_ref()
    }
}
