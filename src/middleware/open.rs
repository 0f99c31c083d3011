//! The first half of the pipeline: a request goes in, a genuine delivery or a reason comes out.

use std::{pin::pin, time::Duration};

use axum_core::{BoxError, body::Body};
use bytes::Bytes;
use http::{HeaderMap, Response, header, request::Parts};

#[cfg(feature = "inspector")]
use crate::extract::Delivery;
use crate::{
    endpoint::Endpoint,
    handshake::{self, HandshakeReply},
    incoming::{Head, Incoming},
    keys::Keyring,
    middleware::{
        asking::{Asking, Early},
        body,
        layer::Shared,
        select::original_uri,
    },
    rejection::{Rejection, RejectionKind, plain},
    scheme::ContentEncoding,
    tenant::Tenant,
    timestamp::Timestamp,
    verify::Authentic,
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

#[cfg(feature = "inspector")]
impl Opened {
    /// A delivery that was opened before.
    fn again(delivery: &Delivery) -> Self {
        Self::Delivery {
            authentic: delivery.authentic.clone(),
            tenant: delivery.tenant.clone(),
            received: delivery.bytes.clone(),
            signed: delivery.bytes.clone(),
            verify_time: Duration::ZERO,
        }
    }
}

/// Why a request is refused, and its body, unless that broke while it was read.
pub(super) struct Refused {
    pub(super) rejection: Rejection,
    pub(super) rest: Option<Body>,
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
    #[cfg(feature = "inspector")]
    if let Some(delivery) = shared.again_at(endpoint) {
        return Ok(Opened::again(delivery));
    }
    let scheme = &*endpoint.scheme;
    let head = head(endpoint, parts);
    let asking = Asking::new(endpoint, head, now, shared.listener.is_some());
    let reply = |reply: HandshakeReply| {
        let mut response = plain(reply.status, &reply.content_type, reply.body);
        response.headers_mut().extend(reply.headers);
        Opened::Reply(response)
    };
    let (encoding, mut stage) = match asking.begin(parts).await {
        Ok(Early::Begun(encoding, stage)) => (encoding, stage),
        Ok(Early::Answered(answer)) => return Ok(reply(answer)),
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

    let authentic = match asking.decide(&mut stage, &signed).await {
        Ok(authentic) => authentic,
        Err(kind @ RejectionKind::Verification(_)) => {
            return match asking.answer(&signed).await {
                Ok(Some(answer)) => Ok(reply(answer)),
                Ok(None) => Err(refused(kind, Some(&signed), stage.keyring())),
                Err(kind) => Err(refused(kind, None, None)),
            };
        }
        Err(kind) => return Err(refused(kind, None, None)),
    };
    let incoming = Incoming {
        head,
        body: &signed,
    };
    if let Some(keyring) = stage.keyring()
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

/// How the body is packed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
}

/// The checks of the head that every endpoint makes.
pub(super) fn check_head(endpoint: &Endpoint, parts: &Parts) -> Result<Encoding, RejectionKind> {
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
