//! The first half of the pipeline: a request goes in, a genuine delivery or a reason comes out.

use std::{pin::pin, sync::OnceLock, time::Duration};

use axum_core::{BoxError, body::Body};
use bytes::Bytes;
use http::{HeaderMap, Response, header, request::Parts};
use tokio::time::Instant;

use crate::{
    diagnosis::Case,
    endpoint::Endpoint,
    handshake::{self, HandshakeReply},
    incoming::{Head, Incoming},
    key_source::{KeyRequest, Keys},
    keys::Keyring,
    middleware::{body, layer::Shared, refuse::diagnose, select::original_uri},
    rejection::{Rejection, RejectionKind, plain},
    scheme::ContentEncoding,
    telemetry::{self, Stopwatch},
    tenant::{Tenant, TenantFrom},
    timestamp::Timestamp,
    verify::{Authentic, Begun, Keyed, VerifyError},
};

/// What a request turns out to be.
pub(super) enum Opened {
    /// A question of the provider, with its answer.
    Reply(Response<Body>),
    /// A genuine delivery, with its body as it arrived and as it was signed.
    /// The two are the same bytes unless they were unpacked in between.
    Delivery {
        authentic: Authentic,
        tenant: Option<Tenant>,
        received: Bytes,
        signed: Bytes,
        verify_time: Duration,
    },
}

/// Why a request is refused, and its body, unless that broke while it was read.
pub(super) struct Refused {
    pub(super) rejection: Rejection,
    pub(super) rest: Option<Body>,
}

#[expect(
    clippy::large_enum_variant,
    reason = "one for each request, and most are the largest"
)]
/// How far a verification has come before the body is there.
enum Stage {
    /// It waits for the body alone.
    Keyed(Keyed),
    /// It waits for the body, which names the keys.
    Begun(Begun),
    /// It has failed, but a question in a body comes without a signature, so the body is needed to tell.
    Failed(VerifyError),
}

impl Stage {
    fn update(&mut self, frame: &[u8]) {
        if let Self::Keyed(keyed) = self {
            keyed.update(frame);
        }
    }
}

/// Reads and verifies a request. What the head decides costs no byte of the body.
pub(super) async fn open<B>(
    shared: &Shared,
    endpoint: &Endpoint,
    parts: &Parts,
    incoming_body: B,
    now: Timestamp,
) -> Result<Opened, Refused>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let scheme = &*endpoint.scheme;
    let asking = Asking {
        endpoint,
        head: head(endpoint, parts),
        now,
        asked: Instant::now(),
        tenant: OnceLock::new(),
        stopwatch: Stopwatch::new(shared.listener.is_some()),
    };
    let head = asking.head;
    let reply = |reply: HandshakeReply| {
        let mut response = plain(reply.status, &reply.content_type, reply.body);
        response.headers_mut().extend(reply.headers);
        Opened::Reply(response)
    };
    // What stands in the head of a question can be told before its body comes.
    let early = match asking.answer(&[]).await {
        Ok(Some(answer)) => return Ok(reply(answer)),
        Ok(None) => match asking.check_head(parts) {
            Ok(encoding) => match asking.begin().await {
                Ok(stage) => Ok((encoding, stage)),
                Err(RejectionKind::Verification(error))
                    if handshake::may_be_in_body(
                        scheme,
                        &parts.method,
                        endpoint.pairing.is_some(),
                    ) =>
                {
                    Ok((encoding, Stage::Failed(error)))
                }
                Err(kind) => Err(kind),
            },
            Err(kind) => Err(kind),
        },
        Err(kind) => Err(kind),
    };
    let (encoding, mut stage) = match early {
        Ok(early) => early,
        Err(kind) => {
            return Err(Refused {
                rejection: asking.refusal(shared, kind, None, None),
                rest: Some(Body::new(incoming_body)),
            });
        }
    };

    let incoming_body = pin!(incoming_body);
    let packed = encoding == Encoding::Gzip;
    let on_frame = |frame: &[u8]| {
        if !packed {
            asking.stopwatch.time(|| stage.update(frame));
        }
    };
    let read = body::read(
        incoming_body,
        endpoint.body_limit,
        shared.deadlines,
        on_frame,
    );
    let received = read.await.map_err(|kind| Refused {
        rejection: asking.refusal(shared, kind, None, None),
        rest: None,
    })?;
    let refused = |kind, body: Option<&[u8]>, keyring: Option<&Keyring>| Refused {
        rejection: asking.refusal(shared, kind, body, keyring),
        rest: Some(Body::from(received.clone())),
    };
    let mut signed = received.clone();
    if packed {
        signed =
            unpack(&received, endpoint.body_limit).map_err(|kind| refused(kind, None, None))?;
        asking.stopwatch.time(|| stage.update(&signed));
    }

    let mut keyring = None;
    let authentic = match asking.decide(stage, &signed, &mut keyring).await {
        Ok(authentic) => authentic,
        Err(kind @ RejectionKind::Verification(_)) => {
            return match asking.answer(&signed).await {
                Ok(Some(answer)) => Ok(reply(answer)),
                Ok(None) => Err(refused(kind, Some(&signed), keyring.as_ref())),
                Err(kind) => Err(refused(kind, None, None)),
            };
        }
        Err(kind) => return Err(refused(kind, None, None)),
    };
    let incoming = Incoming {
        head,
        body: &signed,
    };
    if let Some(keyring) = &keyring
        && let Some(answer) = handshake::answer_signed(&authentic, &incoming, scheme, keyring)
    {
        return Ok(reply(answer));
    }
    Ok(Opened::Delivery {
        authentic,
        tenant: asking.tenant.get().cloned(),
        received,
        signed,
        verify_time: asking.stopwatch.spent(),
    })
}

/// A request whose keys may have to be asked for.
struct Asking<'a> {
    endpoint: &'a Endpoint,
    head: Head<'a>,
    /// The window is judged by when the request began: the clock goes on while its body comes.
    now: Timestamp,
    asked: Instant,
    /// Once it is read.
    tenant: OnceLock<Tenant>,
    stopwatch: Stopwatch,
}

impl Asking<'_> {
    /// The refusal, with what is found out about it.
    fn refusal(
        &self,
        shared: &Shared,
        kind: RejectionKind,
        body: Option<&[u8]>,
        keyring: Option<&Keyring>,
    ) -> Rejection {
        let known = self.endpoint.keys.known();
        let case = Case {
            head: self.head,
            body,
            scheme: &self.endpoint.scheme,
            keyring: keyring.or(known.as_ref()),
            now: self.now,
        };
        diagnose(shared, kind, self.endpoint, &case).of_tenant(self.tenant.get())
    }

    /// The checks that need neither a key nor the body.
    fn check_head(&self, parts: &Parts) -> Result<Encoding, RejectionKind> {
        let encoding = check_head(self.endpoint, parts)?;
        if !self
            .endpoint
            .tenant
            .as_ref()
            .is_some_and(TenantFrom::is_in_body)
        {
            self.tenant(&[])?;
        }
        Ok(encoding)
    }

    /// The tenant, where the endpoint has such. It may stand in `body`.
    fn tenant(&self, body: &[u8]) -> Result<Option<&Tenant>, VerifyError> {
        let (Some(from), None) = (&self.endpoint.tenant, self.tenant.get()) else {
            return Ok(self.tenant.get());
        };
        let incoming = Incoming {
            head: self.head,
            body,
        };
        let tenant = from.read(incoming).map_err(|error| VerifyError::Tenant {
            at: from.to_string(),
            error,
        })?;
        Ok(Some(self.tenant.get_or_init(|| tenant)))
    }

    /// The answer to a question that comes without a signature.
    async fn answer(&self, body: &[u8]) -> Result<Option<HandshakeReply>, RejectionKind> {
        let scheme = &self.endpoint.scheme;
        let incoming = Incoming {
            head: self.head,
            body,
        };
        if let Some(pairing) = &self.endpoint.pairing {
            let Some((key, reply)) = handshake::pair(&incoming, scheme) else {
                return Ok(None);
            };
            let is_first = pairing.take(key);
            telemetry::key_came(&self.endpoint.name, &self.endpoint.provider, is_first);
            return Ok(is_first.then_some(reply));
        }
        if !handshake::may_be_asked(&incoming, scheme) {
            return Ok(None);
        }
        let (Some(request), Ok(tenant)) = (
            KeyRequest::of_question(incoming, scheme, self.now, self.asked),
            self.tenant(body),
        ) else {
            return Ok(None);
        };
        match self.endpoint.keys.get(&request.of_tenant(tenant)).await {
            Ok(keyring) => Ok(handshake::answer_unsigned(
                &incoming, scheme, &keyring, self.now,
            )),
            Err(error) if error.is_unknown() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The cheap checks, then the keys, unless the body names them.
    async fn begin(&self) -> Result<Stage, RejectionKind> {
        let scheme = &self.endpoint.scheme;
        let stopwatch = &self.stopwatch;
        let begun = stopwatch.time(|| Begun::new(self.head, scheme, self.now))?;
        if self.endpoint.waits_for_body() {
            return Ok(Stage::Begun(begun));
        }
        let keyring = self.keys(&begun, &[]).await?;
        let keyed = stopwatch.time(|| begun.with_keys(&keyring, self.head, scheme, self.now))?;
        Ok(Stage::Keyed(keyed))
    }

    /// Decides, now that the body is there. It leaves the keys that were tried in `keyring`.
    async fn decide(
        &self,
        stage: Stage,
        body: &[u8],
        keyring: &mut Option<Keyring>,
    ) -> Result<Authentic, RejectionKind> {
        let scheme = &self.endpoint.scheme;
        let incoming = Incoming {
            head: self.head,
            body,
        };
        let keyed = match stage {
            Stage::Keyed(keyed) => keyed,
            Stage::Begun(begun) => {
                begun.check_body(incoming, scheme, self.now)?;
                let keys = self.keys(&begun, body).await?;
                self.stopwatch.time(|| {
                    let mut keyed = begun.with_keys(&keys, self.head, scheme, self.now)?;
                    keyed.update(body);
                    Ok::<_, VerifyError>(keyed)
                })?
            }
            Stage::Failed(error) => return Err(error.into()),
        };
        *keyring = Some(keyed.keyring().clone());
        match self
            .stopwatch
            .time(|| keyed.finish(incoming, scheme, self.now))
        {
            Err(VerifyError::Mismatch) => {}
            other => return Ok(other?),
        }
        // A key may have changed since it was asked for.
        let Keys::Source(source) = &self.endpoint.keys else {
            return Err(VerifyError::Mismatch.into());
        };
        let begun = Begun::new(self.head, scheme, self.now)?;
        let request = begun.key_request(incoming, scheme, self.now, self.asked)?;
        let request = request.of_tenant(self.tenant(body)?);
        let Ok(newer) = source.newer_keys(&request).await else {
            return Err(VerifyError::Mismatch.into());
        };
        let mut keyed = begun.with_keys(&newer, self.head, scheme, self.now)?;
        keyed.update(body);
        *keyring = Some(newer);
        Ok(keyed.finish(incoming, scheme, self.now)?)
    }

    async fn keys(&self, begun: &Begun, body: &[u8]) -> Result<Keyring, RejectionKind> {
        match &self.endpoint.keys {
            Keys::Own(keys) => Ok(keys.keyring()),
            Keys::Source(source) => {
                let incoming = Incoming {
                    head: self.head,
                    body,
                };
                let scheme = &self.endpoint.scheme;
                let request = begun.key_request(incoming, scheme, self.now, self.asked)?;
                let request = request.of_tenant(self.tenant(body)?);
                Ok(source.keys(&request).await?)
            }
        }
    }
}

/// How the body is packed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
}

/// The checks of the head that every endpoint makes.
fn check_head(endpoint: &Endpoint, parts: &Parts) -> Result<Encoding, RejectionKind> {
    if !endpoint.scheme.methods.contains(&parts.method) {
        let handshakes = endpoint.scheme.handshakes.iter();
        let mut allowed = endpoint.scheme.methods.clone();
        allowed.extend(handshakes.map(|handshake| handshake.method.clone()));
        allowed.dedup();
        return Err(RejectionKind::Method(allowed));
    }
    let encoding = encoding(&parts.headers)
        .filter(|encoding| match endpoint.scheme.content_encoding {
            ContentEncoding::Gunzip if cfg!(feature = "gzip") => true,
            _ => *encoding == Encoding::Identity,
        })
        .ok_or(RejectionKind::ContentEncoding)?;
    let announced = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    if let Some(announced) = announced {
        // A number that does not fit is larger than any limit.
        let len = announced.parse::<usize>().unwrap_or(usize::MAX);
        if len > endpoint.body_limit {
            return Err(RejectionKind::BodyTooLarge {
                limit: endpoint.body_limit,
            });
        }
    }
    Ok(encoding)
}

/// How the headers say that the body is packed; `None` for anything but gzip.
fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
    let Some(value) = values.next() else {
        return Some(Encoding::Identity);
    };
    let is = |name: &str| value.as_bytes().eq_ignore_ascii_case(name.as_bytes());
    if values.next().is_some() {
        None
    } else if is("identity") {
        Some(Encoding::Identity)
    } else if is("gzip") || is("x-gzip") {
        Some(Encoding::Gzip)
    } else {
        None
    }
}

/// Makes the headers of a body that arrived packed fit the one that the handler gets.
pub(super) fn describe_unpacked(headers: &mut HeaderMap, bytes: &Bytes) {
    if encoding(headers) != Some(Encoding::Gzip) {
        return;
    }
    headers.remove(header::CONTENT_ENCODING);
    if headers.contains_key(header::CONTENT_LENGTH) {
        headers.insert(header::CONTENT_LENGTH, bytes.len().into());
    }
}

#[cfg(feature = "gzip")]
fn unpack(packed: &[u8], limit: usize) -> Result<Bytes, RejectionKind> {
    body::gunzip(packed, limit)
}

#[cfg(not(feature = "gzip"))]
fn unpack(_: &[u8], _: usize) -> Result<Bytes, RejectionKind> {
    Err(RejectionKind::ContentEncoding)
}

pub(super) fn head<'a>(endpoint: &'a Endpoint, parts: &'a Parts) -> Head<'a> {
    Head {
        method: &parts.method,
        uri: original_uri(parts),
        headers: &parts.headers,
        public_url: endpoint.public_url.as_ref(),
    }
}
