//! The life cycle of events: the store by itself, and behind the layer.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, LazyLock, Mutex},
    task::Poll,
    time::Duration,
};

use axum_core::body::Body;
use axum_webhook::{
    ResponseFuture, Timestamp, WebhookLayer, providers,
    replay::{Claim, ClaimToken, MemoryReplayStore, ReplayKey, ReplayStore},
    testing::FixedClock,
};
use http::{HeaderValue, Request, Response, StatusCode};
use tokio::{
    runtime::{Builder, Runtime},
    sync::oneshot,
    time,
};
use tower::{Layer as _, Service as _};

use super::{
    Outcome,
    support::{BODY, NOW, base64, mac, now, secret},
};

thread_local! {
    /// Its clock stands still but where a target moves it.
    static RUNTIME: Runtime = {
        let mut builder = Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap()
    };
}

/// The most steps of one run.
const MAX_STEPS: usize = 96;

/// How many seconds go by at once: a lease is renewed in time.
const STEP: u64 = 5;

/// A lease is renewed for 15 minutes: no handler here takes as long.
const MAX_SECONDS: u64 = 600;

/// How many events there are.
const EVENTS: usize = 3;

/// The memory store, against a model: claims, renewals, commits and releases by whoever had a claim, and time that goes by.
/// A step is three bytes: what is done, to which event and by whose token, for how long.
pub fn store(data: &[u8]) -> Outcome {
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let mut world = Store::new();
            for step in data.chunks_exact(3).take(MAX_STEPS) {
                world.step([step[0], step[1], step[2]]).await;
            }
            Outcome::of(!world.tokens.is_empty())
        })
    })
}

struct Store {
    asked: MemoryReplayStore,
    /// Since the beginning, in nanoseconds.
    now: u64,
    events: [Known; EVENTS],
    /// Of every claim so far, with its event.
    tokens: Vec<ClaimToken>,
}

/// What the model knows of an event.
#[derive(Clone, Copy, Default)]
struct Known {
    state: State,
    until: u64,
    fence: u64,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    #[default]
    Free,
    Claimed(ClaimToken),
    Done,
}

impl Store {
    fn new() -> Self {
        Self {
            asked: MemoryReplayStore::new(),
            now: 0,
            events: [Known::default(); EVENTS],
            tokens: Vec::new(),
        }
    }

    async fn step(&mut self, [what, whose, long]: [u8; 3]) {
        let spans = [0, 1, 1_000_000, 1_000_000_000, 60_000_000_000, u64::MAX];
        let nanos = spans[usize::from(long) % spans.len()].saturating_mul(u64::from(long / 64 + 1));
        let span = Duration::from_nanos(nanos);
        let event = usize::from(whose) % EVENTS;
        let key = ReplayKey::from_bytes([u8::try_from(event).unwrap(); 32]);
        let back = usize::from(whose) / EVENTS;
        let token = self.tokens.iter().rev().nth(back % 8).copied();
        let token = token.unwrap_or(ClaimToken::new(u128::from(what)));
        let now = self.now;
        let known = &mut self.events[event];
        if known.until <= now {
            known.state = State::Free;
        }
        let owns = known.state == State::Claimed(token);
        // The last moment that there is, in 584 years.
        let until = now.saturating_add(nanos).min(u64::MAX - 1);
        match what % 5 {
            0 => match (known.state, self.asked.claim(&key, span).await.unwrap()) {
                (State::Free, Claim::New { token, fence }) => {
                    assert!(!self.tokens.contains(&token), "a token was given twice");
                    assert!(fence > known.fence, "a later claim has a smaller number");
                    assert!(self.asked.len() <= EVENTS);
                    self.tokens.push(token);
                    *known = Known {
                        state: State::Claimed(token),
                        until,
                        fence,
                    };
                }
                (State::Claimed(_), Claim::InFlight { remaining }) => {
                    assert_eq!(remaining, Duration::from_nanos(known.until - now));
                }
                (State::Done, Claim::Done) => {}
                (_, answer) => panic!("{answer:?}"),
            },
            1 => {
                assert_eq!(self.asked.renew(&key, token, span).await.unwrap(), owns);
                if owns {
                    known.until = until;
                }
            }
            2 => {
                assert_eq!(self.asked.commit(&key, token, span).await.unwrap(), owns);
                if owns {
                    (known.state, known.until) = (State::Done, until);
                }
            }
            3 => {
                assert_eq!(self.asked.release(&key, token).await.unwrap(), owns);
                if owns {
                    known.state = State::Free;
                }
            }
            // Centuries at once are no test of a clock.
            _ if nanos <= 240_000_000_000 => {
                time::advance(span).await;
                self.now += nanos;
            }
            _ => {}
        }
    }
}

/// Deliveries through the layer: they are handled once at a time and not again after they succeeded, whatever fails, is
/// dropped, is sent again or is forged, and whatever clocks do. A step is two bytes: what happens, and to whom.
pub fn layer(data: &[u8]) -> Outcome {
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let mut world = World::new();
            for step in data.chunks_exact(2).take(MAX_STEPS) {
                world.step(step[0], usize::from(step[1])).await;
            }
            Outcome::of(world.last.iter().any(Option::is_some))
        })
    })
}

/// What the handlers know of each event.
#[derive(Default)]
struct Event {
    /// Tells the handler that runs what to answer.
    running: Option<oneshot::Sender<StatusCode>>,
    is_done: bool,
}

type Events = Arc<Mutex<[Event; EVENTS]>>;
type Answering = Pin<Box<ResponseFuture<Infallible>>>;

struct World {
    layer: WebhookLayer,
    clock: FixedClock,
    store: Arc<MemoryReplayStore>,
    events: Events,
    /// Those that are being handled, with their events.
    under_way: Vec<(usize, Answering)>,
    /// The last delivery of each event, as it was sent.
    last: [Option<(i64, HeaderValue)>; EVENTS],
    wall: i64,
    /// How many seconds have gone by, whatever the clock on the wall says.
    elapsed: u64,
}

impl World {
    fn new() -> Self {
        static LAYER: LazyLock<WebhookLayer> = LazyLock::new(|| {
            let scheme = providers::standard_webhooks();
            let secret = secret(&scheme);
            WebhookLayer::new(scheme, secret).unwrap()
        });
        let clock = FixedClock::new(now());
        let store = Arc::new(MemoryReplayStore::new());
        let layer = LAYER.clone().with_clock(clock.clone());
        Self {
            layer: layer.with_shared_replay_store(Arc::clone(&store)),
            clock,
            store,
            events: Arc::default(),
            under_way: Vec::new(),
            last: [None, None, None],
            wall: NOW,
            elapsed: 0,
        }
    }

    async fn step(&mut self, what: u8, which: usize) {
        let event = which % EVENTS;
        let any = which % self.under_way.len().max(1);
        match what % 7 {
            0 => self.deliver(event, self.wall, None).await,
            1 => {
                if let Some((time, signature)) = self.last[event].clone() {
                    self.deliver(event, time, Some(signature)).await;
                }
            }
            2 => {
                let forged =
                    HeaderValue::from_static("v1,WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=");
                let count = self.store.len();
                self.deliver(event, self.wall, Some(forged)).await;
                assert_eq!(self.store.len(), count, "a forgery was remembered");
            }
            3 if !self.under_way.is_empty() => {
                let status = [StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR][which / 128];
                self.finish(any, status).await;
            }
            4 if !self.under_way.is_empty() => {
                // The client went away.
                let (event, answering) = self.under_way.swap_remove(any);
                drop(answering);
                tokio::task::yield_now().await;
                self.events.lock().unwrap()[event].running = None;
            }
            5 => {
                for _ in 0..which % 8 {
                    if self.elapsed < MAX_SECONDS {
                        self.elapsed += STEP;
                        time::advance(Duration::from_secs(STEP)).await;
                        self.poll_all().await;
                    }
                }
            }
            6 => {
                let steps = [-600, -301, -60, -1, 1, 60, 301, 600];
                self.wall += steps[which % steps.len()];
                self.clock.set(Timestamp::from_unix_seconds(self.wall));
            }
            _ => {}
        }
    }

    /// Sends a delivery, and compares what comes of it with what is known of its event.
    async fn deliver(&mut self, event: usize, time: i64, signature: Option<HeaderValue>) {
        let text = time.to_string();
        let id = format!("m{event}");
        let right = mac(&[id.as_bytes(), b".", text.as_bytes(), b".", BODY]);
        let right = HeaderValue::try_from(format!("v1,{}", base64(&right))).unwrap();
        let signature = signature.unwrap_or_else(|| right.clone());
        let is_genuine = signature == right && (time - self.wall).abs() <= 300;
        let mut request = Request::post("/").body(Body::from(BODY)).unwrap();
        let headers = request.headers_mut();
        headers.insert("webhook-id", id.parse().unwrap());
        headers.insert("webhook-timestamp", text.parse().unwrap());
        headers.insert("webhook-signature", signature);
        if is_genuine {
            self.last[event] = Some((time, right));
        }
        let (was_running, was_done) = self.known(event);
        let events = Arc::clone(&self.events);
        let handler = tower::service_fn(move |_| handle(Arc::clone(&events), event));
        let mut answering = Box::pin(self.layer.layer(handler).call(request));
        let answer = poll(&mut answering).await;
        let status = answer.as_ref().map(Response::status);
        let wanted = if !is_genuine {
            Some(StatusCode::UNAUTHORIZED)
        } else if was_running {
            Some(StatusCode::SERVICE_UNAVAILABLE)
        } else if was_done {
            Some(StatusCode::OK)
        } else {
            None
        };
        assert_eq!(
            status, wanted,
            "event {event}: running {was_running}, done {was_done}"
        );
        if answer.is_none() {
            self.under_way.push((event, answering));
        }
    }

    fn known(&self, event: usize) -> (bool, bool) {
        let event = &self.events.lock().unwrap()[event];
        (event.running.is_some(), event.is_done)
    }

    /// Lets a handler answer.
    async fn finish(&mut self, which: usize, status: StatusCode) {
        let (event, mut answering) = self.under_way.swap_remove(which);
        {
            let event = &mut self.events.lock().unwrap()[event];
            event.running.take().unwrap().send(status).unwrap();
            event.is_done = status.is_success();
        }
        let answer = poll(&mut answering).await.map(|answer| answer.status());
        assert_eq!(answer, Some(status));
    }

    async fn poll_all(&mut self) {
        for (event, answering) in &mut self.under_way {
            assert!(
                poll(answering).await.is_none(),
                "event {event} was answered by nobody"
            );
        }
    }
}

/// Waits to be told what to answer.
async fn handle(events: Events, event: usize) -> Result<Response<Body>, Infallible> {
    let (sender, told) = oneshot::channel();
    {
        let event = &mut events.lock().unwrap()[event];
        assert!(!event.is_done, "it was handled after it was done");
        assert!(event.running.is_none(), "it is handled twice at once");
        event.running = Some(sender);
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = told.await.unwrap();
    Ok(response)
}

/// The answer, if it is there.
async fn poll(answering: &mut Answering) -> Option<Response<Body>> {
    let polled = poll_fn(|context| Poll::Ready(answering.as_mut().poll(context))).await;
    match polled {
        Poll::Ready(Ok(answer)) => Some(answer),
        Poll::Pending => None,
    }
}
