//! A request whose keys may have to be asked for: from its head to the verdict.

use std::{mem, sync::OnceLock};

use http::request::Parts;
use tokio::time::Instant;

use crate::{
    diagnosis::Case,
    endpoint::Endpoint,
    handshake::{self, HandshakeReply},
    incoming::{Head, Incoming},
    key_source::{DynKeySource, KeyRequest, Keys},
    keys::Keyring,
    middleware::{
        layer::Shared,
        open::{Encoding, check_head},
        refuse::diagnose,
    },
    pairing::Pairing,
    rejection::{Rejection, RejectionKind},
    scheme::Scheme,
    telemetry::{self, Stopwatch},
    tenant::{Tenant, TenantFrom},
    timestamp::Timestamp,
    verify::{Authentic, Begun, Keyed, VerifyError},
};

/// A request whose keys may have to be asked for.
pub(super) struct Asking<'a> {
    endpoint: &'a Endpoint,
    head: Head<'a>,
    /// The window is judged by when the request began: the clock goes on while its body comes.
    now: Timestamp,
    /// When the source of the keys was asked first; `None` where they are the endpoint's own.
    asked: Option<Instant>,
    /// Once it is read.
    pub(super) tenant: OnceLock<Tenant>,
    pub(super) stopwatch: Stopwatch,
}

impl<'a> Asking<'a> {
    pub(super) fn new(
        endpoint: &'a Endpoint,
        head: Head<'a>,
        now: Timestamp,
        has_listener: bool,
    ) -> Self {
        Self {
            endpoint,
            head,
            now,
            asked: matches!(endpoint.keys, Keys::Source(_)).then(Instant::now),
            tenant: OnceLock::new(),
            stopwatch: Stopwatch::new(has_listener),
        }
    }

    /// The refusal, with what is found out about it.
    pub(super) fn refusal(
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

    /// Whether it may be a question that comes without a signature.
    #[inline]
    fn may_be_asked(&self, body: &[u8]) -> bool {
        let incoming = Incoming {
            head: self.head,
            body,
        };
        let scheme = &self.endpoint.scheme;
        self.endpoint.pairing.is_some() || handshake::may_be_asked(&incoming, scheme)
    }

    /// The answer to what may be a question that comes without a signature.
    async fn answer(&self, body: &[u8]) -> Result<Option<Box<HandshakeReply>>, RejectionKind> {
        let incoming = Incoming {
            head: self.head,
            body,
        };
        let answer = match &self.endpoint.pairing {
            Some(pairing) => self.pair(pairing, &incoming),
            None => self.answer_with_keys(incoming).await?,
        };
        Ok(answer.map(Box::new))
    }

    /// The answer to a request that brings the key, if it is the first one.
    fn pair(&self, pairing: &Pairing, incoming: &Incoming<'_>) -> Option<HandshakeReply> {
        let (key, reply) = handshake::pair(incoming, &self.endpoint.scheme)?;
        let is_first = pairing.take(key);
        telemetry::key_came(&self.endpoint.name, &self.endpoint.provider, is_first);
        is_first.then_some(reply)
    }

    /// The answer to a question that is signed like a delivery.
    fn answer_signed(
        &self,
        authentic: &Authentic,
        stage: &Stage<'_>,
        body: &[u8],
    ) -> Option<Box<HandshakeReply>> {
        let incoming = Incoming {
            head: self.head,
            body,
        };
        let keyring = stage.keyring()?;
        handshake::answer_signed(authentic, &incoming, &self.endpoint.scheme, keyring).map(Box::new)
    }

    async fn answer_with_keys(
        &self,
        incoming: Incoming<'_>,
    ) -> Result<Option<HandshakeReply>, RejectionKind> {
        let scheme = &self.endpoint.scheme;
        let (Some(request), Ok(tenant)) = (
            KeyRequest::of_question(incoming, scheme, self.now, self.asked()),
            self.tenant(incoming.body),
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

    /// What the head decides. It leaves in `stage` how far the verification of a delivery has come.
    pub(super) async fn begin(
        &self,
        parts: &Parts,
        stage: &mut Stage<'a>,
    ) -> Result<Early, RejectionKind> {
        // What stands in the head of a question can be told before its body comes. As all that few
        // requests come to it is boxed, so that the others need no room for it.
        if self.may_be_asked(&[])
            && let Some(answer) = Box::pin(self.answer(&[])).await?
        {
            return Ok(Early::Answered(answer));
        }
        let encoding = self.check_head(parts)?;
        let begun = match &self.endpoint.keys {
            Keys::Own(keys) => self.begin_now(keys.keyring(), stage),
            Keys::Source(source) => Box::pin(self.begin_with(&**source, stage)).await,
        };
        match begun {
            Ok(()) => Ok(Early::Begun(encoding)),
            Err(RejectionKind::Verification(error)) if self.may_ask_in_body(parts) => {
                *stage = Stage::Failed(error);
                Ok(Early::Begun(encoding))
            }
            Err(kind) => Err(kind),
        }
    }

    fn may_ask_in_body(&self, parts: &Parts) -> bool {
        let is_pairing = self.endpoint.pairing.is_some();
        handshake::may_be_in_body(&self.endpoint.scheme, &parts.method, is_pairing)
    }

    /// The cheap checks, with keys that are there.
    #[inline]
    fn begin_now(&self, keyring: Keyring, stage: &mut Stage<'a>) -> Result<(), RejectionKind> {
        let begun = self
            .stopwatch
            .time(|| stage.begin(keyring, self.head, &self.endpoint.scheme, self.now));
        Ok(begun?)
    }

    /// The cheap checks, then the keys, unless the body names them.
    async fn begin_with(
        &self,
        source: &dyn DynKeySource,
        stage: &mut Stage<'a>,
    ) -> Result<(), RejectionKind> {
        let scheme = &self.endpoint.scheme;
        let begun = self
            .stopwatch
            .time(|| Begun::new(self.head, scheme, self.now))?;
        *stage = if self.endpoint.waits_for_body() {
            Stage::Begun(begun)
        } else {
            Stage::Keyed(self.ask(source, begun, &[]).await?)
        };
        Ok(())
    }

    /// Decides, now that the body is there. It leaves the keys that were tried in `stage`.
    pub(super) async fn decide(
        &self,
        stage: &mut Stage<'a>,
        body: &[u8],
    ) -> Result<Decided, RejectionKind> {
        let decided = match &self.endpoint.keys {
            Keys::Own(_) => self.finish(stage, body).map_err(RejectionKind::from),
            Keys::Source(source) => Box::pin(self.decide_with(&**source, stage, body)).await,
        };
        match decided {
            Ok(authentic) => Ok(match self.answer_signed(&authentic, stage, body) {
                Some(answer) => Decided::Answered(answer),
                None => Decided::Genuine(authentic),
            }),
            Err(kind) => {
                let is_unsigned = matches!(kind, RejectionKind::Verification(_));
                if is_unsigned
                    && self.may_be_asked(body)
                    && let Some(answer) = Box::pin(self.answer(body)).await?
                {
                    return Ok(Decided::Answered(answer));
                }
                Err(kind)
            }
        }
    }

    async fn decide_with(
        &self,
        source: &dyn DynKeySource,
        stage: &mut Stage<'a>,
        body: &[u8],
    ) -> Result<Authentic, RejectionKind> {
        let scheme = &self.endpoint.scheme;
        let incoming = Incoming {
            head: self.head,
            body,
        };
        match mem::take(stage) {
            Stage::Begun(begun) => {
                begun.check_body(incoming, scheme, self.now)?;
                *stage = Stage::Keyed(self.ask(source, begun, body).await?);
            }
            other => *stage = other,
        }
        match self.finish(stage, body) {
            Err(VerifyError::Mismatch) => {}
            other => return Ok(other?),
        }
        // A key may have changed since it was asked for.
        let begun = Begun::new(self.head, scheme, self.now)?;
        let request = begun.key_request(incoming, scheme, self.now, self.asked())?;
        let request = request.of_tenant(self.tenant(body)?);
        let Ok(newer) = source.newer_keys(&request).await else {
            return Err(VerifyError::Mismatch.into());
        };
        let keyed = begun.with_keys(newer, self.head, scheme, self.now)?;
        *stage = Stage::Keyed(keyed);
        Ok(self.finish(stage, body)?)
    }

    /// Asks for the keys.
    async fn ask(
        &self,
        source: &dyn DynKeySource,
        begun: Begun<'a>,
        body: &[u8],
    ) -> Result<Keyed<'a>, RejectionKind> {
        let scheme = &self.endpoint.scheme;
        let incoming = Incoming {
            head: self.head,
            body,
        };
        let request = begun.key_request(incoming, scheme, self.now, self.asked())?;
        let request = request.of_tenant(self.tenant(body)?);
        let keyring = source.keys(&request).await?;
        let keyed = self
            .stopwatch
            .time(|| begun.with_keys(keyring, self.head, scheme, self.now))?;
        Ok(keyed)
    }

    /// Takes in the next piece of a body that comes in several.
    pub(super) fn take_in(&self, stage: &mut Stage<'_>, piece: &[u8], is_first: bool) {
        if let Some(keyed) = stage.keyed() {
            self.stopwatch.time(|| {
                if is_first {
                    keyed.start(self.head, &self.endpoint.scheme, self.now);
                }
                keyed.update(piece);
            });
        }
    }

    fn finish(&self, stage: &Stage<'_>, body: &[u8]) -> Result<Authentic, VerifyError> {
        let incoming = Incoming {
            head: self.head,
            body,
        };
        match stage {
            Stage::Keyed(keyed) => self
                .stopwatch
                .time(|| keyed.finish(incoming, &self.endpoint.scheme, self.now)),
            Stage::New | Stage::Begun(_) => Err(VerifyError::NoLiveKey),
            Stage::Failed(error) => Err(error.clone()),
        }
    }

    /// When the source was asked first; where the keys are the endpoint's own, nobody reads it.
    fn asked(&self) -> Instant {
        self.asked.unwrap_or_else(Instant::now)
    }
}

/// What the head decides.
pub(super) enum Early {
    /// It is a question, with its answer.
    Answered(Box<HandshakeReply>),
    /// It may be a delivery.
    Begun(Encoding),
}

/// What the body decides.
pub(super) enum Decided {
    /// It is a question, with its answer.
    Answered(Box<HandshakeReply>),
    /// It is a genuine delivery.
    Genuine(Authentic),
}

/// How far a verification has come before the body is there.
#[derive(Default)]
pub(super) enum Stage<'a> {
    /// Nothing has been looked at.
    #[default]
    New,
    /// It waits for the body alone.
    Keyed(Keyed<'a>),
    /// It waits for the body, which names the keys.
    Begun(Begun<'a>),
    /// It has failed, but a question in a body comes without a signature, so the body is needed to tell.
    Failed(VerifyError),
}

impl<'a> Stage<'a> {
    /// The cheap checks, with keys that are there.
    #[inline]
    fn begin(
        &mut self,
        keyring: Keyring,
        head: Head<'a>,
        scheme: &'a Scheme,
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        *self = Self::Keyed(Keyed::unread(keyring));
        let begun = self.keyed().map_or(Err(VerifyError::NoLiveKey), |keyed| {
            keyed.begin(head, scheme, now)
        });
        // What has failed does not wait for a body.
        if begun.is_err() {
            *self = Self::New;
        }
        begun
    }

    #[inline]
    const fn keyed(&mut self) -> Option<&mut Keyed<'a>> {
        match self {
            Self::Keyed(keyed) => Some(keyed),
            Self::New | Self::Begun(_) | Self::Failed(_) => None,
        }
    }

    /// The keys that were tried.
    pub(super) const fn keyring(&self) -> Option<&Keyring> {
        match self {
            Self::Keyed(keyed) => Some(keyed.keyring()),
            Self::New | Self::Begun(_) | Self::Failed(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Secret, middleware::open::head, providers};

    /// No way leads there, and if one did, nothing would be genuine.
    #[test]
    fn what_has_not_begun_is_refused() -> Result<(), Box<dyn std::error::Error>> {
        let secret = Secret::new("It's a Secret to Everybody")?;
        let endpoint = Endpoint::new(providers::github(), secret)?;
        let (parts, ()) = http::Request::new(()).into_parts();
        let now = Timestamp::from_unix_seconds(1_700_000_000);
        let asking = Asking::new(&endpoint, head(&endpoint, &parts), now, false);
        let finished = asking.finish(&Stage::default(), &[]);
        assert_eq!(finished.err(), Some(VerifyError::NoLiveKey));
        Ok(())
    }
}
