//! What is kept of one delivery.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, request::Parts};

use crate::{
    content::Reading,
    diagnosis::Diagnosis,
    endpoint::Endpoint,
    extract::Delivery,
    incoming::{Head, Incoming},
    inspector::log::{Limits, Log},
    rejection::{Rejection, RejectionKind},
    scheme::{ContentEncoding, Locate, Scheme, Shape},
    telemetry::{Event, Settlement},
    timestamp::Timestamp,
};

/// As many characters are kept of an event's id or type, which a body may make as long as it likes.
const MAX_NAME: usize = 200;
/// As many notes are kept of one delivery, such as that the store did not answer.
const MAX_NOTES: usize = 8;

/// Hands a delivery to its handler once more: with its body, and the record of how that goes. `None` where the
/// inner service failed.
pub(crate) type Again = dyn Fn(Bytes, Arc<Record>) -> Pin<Box<dyn Future<Output = Option<StatusCode>> + Send>>
    + Send
    + Sync;

/// A request as it arrives.
pub(crate) struct Arrival<'a> {
    pub(crate) at: Timestamp,
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) endpoint: Option<Receiver>,
    /// The delivery that the operator hands on once more.
    pub(crate) again_of: Option<u64>,
}

/// What is kept of an endpoint: it is as it was when the delivery came.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(super) name: Arc<str>,
    pub(super) provider: Arc<str>,
    pub(super) scheme: Arc<Scheme>,
}

impl From<&Endpoint> for Receiver {
    fn from(endpoint: &Endpoint) -> Self {
        Self {
            name: Arc::clone(&endpoint.name),
            provider: Arc::clone(&endpoint.provider),
            scheme: Arc::clone(&endpoint.scheme),
        }
    }
}

/// What is kept of one delivery.
pub(crate) struct Record {
    pub(super) id: u64,
    pub(super) at: Timestamp,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    /// `None` where no endpoint fits.
    pub(super) receiver: Option<Receiver>,
    pub(super) again_of: Option<u64>,
    began: Instant,
    limits: Limits,
    allows_replay: bool,
    // The log owns the record.
    log: Weak<Log>,
    story: Mutex<Story>,
}

/// What has become of a delivery.
#[derive(Default)]
pub(super) struct Story {
    pub(super) state: State,
    pub(super) is_verified: bool,
    pub(super) tenant: Option<String>,
    pub(super) event_id: Option<String>,
    pub(super) event_type: Option<String>,
    /// The beginning of the body, or all of it.
    pub(super) body: Vec<u8>,
    /// The length of what has arrived.
    pub(super) body_len: usize,
    pub(super) is_unpacked: bool,
    pub(super) code: Option<&'static str>,
    pub(super) reason: Option<String>,
    pub(super) diagnoses: Vec<Diagnosis>,
    pub(super) key_id: Option<String>,
    pub(super) skew_seconds: Option<f64>,
    pub(super) verify_time: Option<Duration>,
    pub(super) handler_time: Option<Duration>,
    pub(super) total_time: Option<Duration>,
    pub(super) status: Option<StatusCode>,
    pub(super) notes: Vec<String>,
    pub(super) again: Option<Arc<Again>>,
    is_published: bool,
}

/// How far a delivery is, or how it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// Its body is on its way.
    #[default]
    Arriving,
    /// Nothing is known of it: its client went away before a verdict.
    BrokenOff,
    Refused,
    /// Its endpoint only observes.
    WouldBeRefused,
    /// It was a question of the provider.
    Answered,
    /// It is genuine, and its handler is at work.
    Handling,
    /// Another delivery of its event is being handled.
    InFlight,
    /// Its event was handled before.
    Duplicate,
    /// It is genuine, but the replay store did not answer.
    NotClaimed,
    /// Its handler did not come to an end.
    Abandoned,
    Handled(Settlement),
}

impl Record {
    pub(super) fn new(
        arrival: Arrival<'_>,
        log: &Arc<Log>,
        limits: Limits,
        allows_replay: bool,
    ) -> Self {
        Self {
            id: log.next_id(),
            at: arrival.at,
            method: arrival.method.clone(),
            uri: lasting(arrival.uri),
            headers: copied(arrival.headers),
            receiver: arrival.endpoint,
            again_of: arrival.again_of,
            began: Instant::now(),
            limits,
            allows_replay,
            log: Arc::downgrade(log),
            story: Mutex::default(),
        }
    }

    pub(super) fn story(&self) -> MutexGuard<'_, Story> {
        self.story.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_verified(&self) -> bool {
        self.story().is_verified
    }

    /// What it takes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        let headers = self.headers.iter();
        let headers: usize = headers
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        let story = self.story();
        let found = story.diagnoses.iter();
        let found: usize = found.map(|diagnosis| diagnosis.message().len()).sum();
        size_of::<Self>() + self.uri.to_string().len() + headers + story.body.capacity() + found
    }

    /// A part of the body has arrived.
    pub(crate) fn arrived(&self, data: &[u8]) {
        let mut story = self.story();
        story.body_len = story.body_len.saturating_add(data.len());
        let room = self.limits.body.saturating_sub(story.body.len());
        story.body.extend(data.iter().take(room));
    }

    /// It is on its way to the handler. `again` is asked for where it may be replayed.
    pub(crate) fn is_genuine(
        self: &Arc<Self>,
        parts: &Parts,
        delivery: &Delivery,
        again: impl FnOnce() -> Box<Again>,
    ) {
        let incoming = Incoming {
            head: Head {
                method: &self.method,
                uri: &self.uri,
                headers: &parts.headers,
                public_url: delivery.endpoint.public_url.as_ref(),
            },
            body: &delivery.bytes,
        };
        let scheme = &*delivery.endpoint.scheme;
        let is_unpacked = scheme.content_encoding == ContentEncoding::Gunzip;
        let fits = delivery.bytes.len() <= self.limits.body;
        let again = (self.allows_replay && fits).then(again);
        let mut story = self.story();
        story.is_verified = true;
        story.event_id = delivery.authentic.event_id(scheme, &incoming).map(short);
        story.event_type = delivery.authentic.event_type(scheme, &incoming).map(short);
        if is_unpacked || self.again_of.is_some() {
            story.body = delivery
                .bytes
                .iter()
                .take(self.limits.body)
                .copied()
                .collect();
            story.body_len = delivery.bytes.len();
            story.is_unpacked = is_unpacked;
        }
        story.again = again.map(Arc::from);
        drop(story);
        self.publish();
    }

    /// Keeps what has happened to it.
    pub(crate) fn hear(self: &Arc<Self>, event: &Event<'_>) {
        let mut story = self.story();
        match event {
            Event::Refused(rejection) => story.refused(rejection, State::Refused),
            Event::WouldBeRefused(rejection) => story.refused(rejection, State::WouldBeRefused),
            Event::Verified(verified) => {
                story.state = State::Handling;
                story.is_verified = true;
                story.tenant = verified.tenant.map(ToString::to_string);
                story.key_id = Some(verified.key_id.to_owned());
                story.skew_seconds = verified.skew_seconds;
                story.verify_time = Some(verified.verify_time);
            }
            Event::Replayed { .. } => {
                story.state = State::Handling;
                story.is_verified = true;
            }
            Event::Answered { .. } => story.state = State::Answered,
            Event::Duplicate { .. } => story.state = State::Duplicate,
            Event::Handled(handled) => {
                story.state = State::Handled(handled.settlement);
                story.handler_time = Some(handled.time);
                story.status = Some(handled.status);
            }
            Event::Abandoned { .. } => story.state = State::Abandoned,
            Event::LeaseLost { .. } => {
                story.note("the handler lost its lease while it was at work");
            }
            Event::SettledLate { held, .. } => story.note(if *held {
                "its end reached the replay store late"
            } else {
                "its end reached the replay store too late: the event was another's by then"
            }),
            Event::StoreFailed { step, error, .. } => {
                let note = format!("the replay store did not answer ({}): {error}", step.name());
                story.note(note);
            }
        }
        drop(story);
        self.publish();
    }

    /// The layer has answered; `None` where the inner service failed.
    pub(crate) fn answered(self: &Arc<Self>, status: Option<StatusCode>) {
        let mut story = self.story();
        story.total_time = Some(self.began.elapsed());
        story.status = status;
        self.read_names(&mut story);
        if status.is_none() {
            story.note("the inner service failed");
        }
        drop(story);
        self.publish();
    }

    /// The handler panicked, or nobody waits for the answer any more.
    pub(crate) fn broke_off(self: &Arc<Self>) {
        let mut story = self.story();
        story.total_time = Some(self.began.elapsed());
        if story.state == State::Arriving {
            story.state = State::BrokenOff;
        }
        story.note(if std::thread::panicking() {
            "the handler panicked"
        } else {
            "the client went away before it had an answer"
        });
        drop(story);
        self.publish();
    }

    /// Whatever hands it to its handler once more, with the body for it; why not, where it can't be.
    pub(super) fn again(&self) -> Result<(Arc<Again>, Bytes), &'static str> {
        if !self.allows_replay {
            return Err("the inspector does not allow it");
        }
        let story = self.story();
        if !story.is_verified {
            return Err("only a genuine delivery can be handed to a handler");
        }
        match &story.again {
            Some(again) => Ok((Arc::clone(again), Bytes::copy_from_slice(&story.body))),
            None if story.body_len > story.body.len() => Err("its body is too large to be kept"),
            None => Err("it did not come to a handler"),
        }
    }

    /// Reads the event's id and type where no handler got the delivery. What is not genuine may say anything.
    fn read_names(&self, story: &mut Story) {
        let Some(receiver) = &self.receiver else {
            return;
        };
        if story.event_id.is_some() || story.event_type.is_some() {
            return;
        }
        let incoming = Incoming::new(&self.method, &self.uri, &self.headers, &story.body);
        let shapes = &receiver.scheme.shapes;
        let find = |at: fn(&Shape) -> Option<&Locate>| {
            shapes.iter().find_map(|shape| {
                let text = Reading::new(shape, incoming).text(at(shape)?).ok()?;
                Some(short(text.into_owned()))
            })
        };
        let event_id = find(|shape| shape.event_id.as_ref());
        let event_type = find(|shape| shape.event_type.as_ref());
        story.event_id = event_id;
        story.event_type = event_type;
    }

    fn publish(self: &Arc<Self>) {
        let is_first = !std::mem::replace(&mut self.story().is_published, true);
        if let Some(log) = self.log.upgrade() {
            log.publish(self, is_first, self.limits);
        }
    }
}

impl Story {
    fn refused(&mut self, rejection: &Rejection, state: State) {
        self.state = match rejection.kind() {
            RejectionKind::InFlight { .. } => State::InFlight,
            RejectionKind::Store(_) => State::NotClaimed,
            // It was handled, and what became of it is known.
            RejectionKind::RetryAsked => self.state,
            _ => state,
        };
        self.code = Some(rejection.code());
        self.reason = Some(rejection.to_string());
        self.diagnoses = rejection.diagnoses().to_vec();
        self.tenant = rejection.tenant().map(ToString::to_string);
    }

    fn note(&mut self, note: impl Into<String>) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(note.into());
        }
    }
}

/// Neither headers nor body.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn short(name: String) -> String {
    match name.char_indices().nth(MAX_NAME) {
        Some((end, _)) => name.get(..end).unwrap_or_default().to_owned(),
        None => name,
    }
}

/// A copy that keeps no buffer of the connection alive, as a clone would.
pub(crate) fn copied(headers: &HeaderMap) -> HeaderMap {
    let copy = |(name, value): (_, &HeaderValue)| {
        let mut copied = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        copied.set_sensitive(value.is_sensitive());
        Some((http::HeaderName::clone(name), copied))
    };
    let mut lasting = HeaderMap::with_capacity(headers.keys_len());
    for (name, value) in headers.iter().filter_map(copy) {
        lasting.append(name, value);
    }
    lasting
}

/// As [`copied`], of a URI.
pub(crate) fn lasting(uri: &Uri) -> Uri {
    uri.to_string().parse().unwrap_or_default()
}
