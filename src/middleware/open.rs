//! The first half of the pipeline: a request goes in, a genuine delivery or a reason comes out.

use std::pin::pin;

use axum_core::{BoxError, body::Body};
use bytes::Bytes;
use http::{HeaderMap, Response, header, request::Parts};

#[cfg(feature = "inspector")]
use crate::extract::Delivery;
use crate::{
    endpoint::Endpoint,
    handshake::HandshakeReply,
    incoming::Head,
    keys::Keyring,
    middleware::{
        asking::{Asking, Decided, Early, Stage},
        body,
        budget::Held,
        layer::Shared,
        select::original_uri,
    },
    rejection::{Rejection, RejectionKind, plain},
    scheme::ContentEncoding,
    telemetry::{Event, Verified},
    tenant::Tenant,
    timestamp::Timestamp,
    verify::Authentic,
};

/// What a request turns out to be.
pub(super) enum Opened {
    /// A question of the provider, with its answer.
    Reply(Response<Body>),
    /// It is what it claims to be.
    Delivery(Genuine),
}

/// A genuine delivery.
pub(super) struct Genuine {
    pub(super) authentic: Authentic,
    pub(super) tenant: Option<Tenant>,
    /// Its body as it arrived.
    pub(super) received: Bytes,
    /// Its body as it was signed, where that had to be unpacked.
    pub(super) unpacked: Option<Bytes>,
    /// Whether the operator hands it on once more.
    pub(super) is_replayed: bool,
}

impl Genuine {
    /// The body as it was signed.
    pub(super) fn signed(&self) -> &Bytes {
        self.unpacked.as_ref().unwrap_or(&self.received)
    }
}

#[cfg(feature = "inspector")]
impl Opened {
    /// A delivery that was opened before.
    fn again(delivery: &Delivery) -> Self {
        Self::Delivery(Genuine {
            authentic: delivery.authentic.clone(),
            tenant: delivery.tenant.clone(),
            received: delivery.bytes.clone(),
            unpacked: None,
            is_replayed: true,
        })
    }
}

/// Why a request is refused, and its body, unless that broke while it was read.
pub(super) struct Refused {
    pub(super) rejection: Rejection,
    pub(super) rest: Option<Body>,
}

/// Reads and verifies a request. What the head decides costs no byte of the body.
#[expect(clippy::manual_async_fn, reason = "an `async fn` holds its arguments twice")]
pub(super) fn open<'a, B>(
    shared: &'a Shared,
    endpoint: &'a Endpoint,
    parts: &'a Parts,
    incoming_body: B,
    now: Timestamp,
    held: &'a mut Held<'_>,
) -> impl Future<Output = Result<Opened, Refused>>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    async move {
        #[cfg(feature = "inspector")]
        if let Some(delivery) = shared.again_at(endpoint) {
            return Ok(Opened::again(delivery));
        }
        let head = head(endpoint, parts);
        let asking = Asking::new(endpoint, head, now, shared.listener.is_some());
        let mut stage = Stage::default();
        let encoding = match asking.begin(parts, &mut stage).await {
            Ok(Early::Begun(encoding)) => encoding,
            Ok(Early::Answered(answer)) => return Ok(reply(shared, endpoint, *answer)),
            Err(kind) => {
                return Err(Refused {
                    rejection: asking.refusal(shared, kind, None, None),
                    rest: Some(Body::new(incoming_body)),
                });
            }
        };

        let incoming_body = pin!(incoming_body);
        let packed = encoding == Encoding::Gzip;
        let on_piece = |piece: &[u8], is_first| {
            if !packed {
                asking.take_in(&mut stage, piece, is_first);
            }
        };
        let deadlines = &shared.deadlines;
        let read = body::read(
            incoming_body,
            endpoint.body_limit,
            deadlines,
            held,
            on_piece,
        );
        let received = match read.await {
            Ok(received) => received,
            Err(kind) => {
                return Err(Refused {
                    rejection: asking.refusal(shared, kind, None, None),
                    rest: None,
                });
            }
        };
        let refused = |received, kind, body: Option<&[u8]>, keyring: Option<&Keyring>| Refused {
            rejection: asking.refusal(shared, kind, body, keyring),
            rest: Some(Body::from(received)),
        };
        let mut unpacked = None;
        if packed {
            // It is unpacked without a pause, so that few have what they have not taken.
            let taken = unpack(&received, endpoint.body_limit)
                .and_then(|bytes| held.take(bytes.len()).map(|()| bytes));
            match taken {
                Ok(bytes) => unpacked = Some(bytes),
                Err(kind) => return Err(refused(received, kind, None, None)),
            }
        }
        let signed = unpacked.as_ref().unwrap_or(&received);
        let authentic = match asking.decide(&mut stage, signed).await {
            Ok(Decided::Genuine(authentic)) => authentic,
            Ok(Decided::Answered(answer)) => return Ok(reply(shared, endpoint, *answer)),
            Err(kind @ RejectionKind::Verification(_)) => {
                let refused = refused(received.clone(), kind, Some(signed), stage.keyring());
                return Err(refused);
            }
            Err(kind) => return Err(refused(received, kind, None, None)),
        };
        shared.tell(|| {
            Event::Verified(Verified {
                endpoint: &endpoint.name,
                provider: &endpoint.provider,
                tenant: asking.tenant.get(),
                key_id: authentic.key_id(),
                skew_seconds: authentic.timestamp().map(|sent| now.seconds_since(sent)),
                body_bytes: received.len(),
                verify_time: asking.stopwatch.spent(),
            })
        });
        Ok(Opened::Delivery(Genuine {
            authentic,
            tenant: asking.tenant.into_inner(),
            received,
            unpacked,
            is_replayed: false,
        }))
    }
}

/// The answer to a question.
fn reply(shared: &Shared, endpoint: &Endpoint, reply: HandshakeReply) -> Opened {
    shared.emit(&Event::Answered {
        endpoint: &endpoint.name,
        provider: &endpoint.provider,
    });
    let mut response = plain(reply.status, &reply.content_type, reply.body);
    response.headers_mut().extend(reply.headers);
    Opened::Reply(response)
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
    let Some(value) = headers.get(header::CONTENT_ENCODING) else {
        return Some(Encoding::Identity);
    };
    let is = |name: &str| value.as_bytes().eq_ignore_ascii_case(name.as_bytes());
    let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
    if values.nth(1).is_some() {
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

#[cfg(all(test, not(feature = "gzip")))]
mod tests {
    use super::*;

    /// No way leads there: a packed body is refused before it is read.
    #[test]
    fn nothing_is_unpacked_without_the_feature() {
        let unpacked = unpack(b"", usize::MAX);
        assert!(matches!(unpacked, Err(RejectionKind::ContentEncoding)));
    }
}
