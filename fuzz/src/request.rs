//! Whole requests through the layer.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use axum_core::{body::Body, extract::FromRequestParts as _};
use axum_webhook::{
    ByteSize, Endpoint, Raw, VerifiedWebhook, WebhookLayer, WebhookService, providers,
    testing::FixedClock,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::BodyExt as _;
use tokio::runtime::{Builder, Runtime};
use tower::{Layer as _, ServiceExt as _, util::BoxCloneService};

use super::{
    Outcome,
    headers::{base64_fits, pairs_fit, prefix_fits, versions_fit},
    support::{NOW, base64, hex, mac, now, only, secret},
};

/// The largest body that the endpoints take.
const LIMIT: usize = 256;

/// What the handler answers.
const HANDLED: &str = "handled";

/// All that a stranger may be told, with its status.
const ANSWERS: [(StatusCode, &str); 4] = [
    (StatusCode::UNAUTHORIZED, "webhook verification failed\n"),
    (StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n"),
    (StatusCode::PAYLOAD_TOO_LARGE, "payload too large\n"),
    (
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "content encoding not supported\n",
    ),
];

type Service = BoxCloneService<Request<Frames>, Response<Body>, Infallible>;

/// Genuine requests that are changed, of five providers: the handler runs where a reference says that the request is genuine,
/// with the bytes that arrived; anybody else hears one of [`ANSWERS`].
pub fn request(data: &[u8]) -> Outcome {
    let mut input = Input(data);
    let which = usize::from(input.byte()) % 5;
    let frame = usize::from(input.byte());
    let edits: Vec<[u8; 3]> = (0..input.byte() % 8)
        .map(|_| [input.byte(), input.byte(), input.byte()])
        .collect();
    RECEIVERS.with(|receivers| {
        let receiver = &receivers[which];
        let mut sent = Sent::genuine(receiver.provider, input.0);
        for edit in edits {
            sent.change(edit);
        }
        receiver.check(&sent, frame)
    })
}

/// The rest of the data.
struct Input<'d>(&'d [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Provider {
    GitHub,
    Shopify,
    Slack,
    Standard,
    Stripe,
}

/// A request on its way.
struct Sent {
    method: Method,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Sent {
    fn genuine(provider: Provider, body: &[u8]) -> Self {
        let time = NOW.to_string();
        let time = time.as_bytes();
        let headers = match provider {
            Provider::GitHub => {
                vec![(
                    "x-hub-signature-256",
                    format!("sha256={}", hex(&mac(&[body]))),
                )]
            }
            Provider::Shopify => vec![("x-shopify-hmac-sha256", base64(&mac(&[body])))],
            Provider::Slack => vec![
                (
                    "x-slack-signature",
                    format!("v0={}", hex(&mac(&[b"v0:", time, b":", body]))),
                ),
                ("x-slack-request-timestamp", NOW.to_string()),
                ("content-type", "application/json".to_owned()),
            ],
            Provider::Standard => vec![
                (
                    "webhook-signature",
                    format!("v1,{}", base64(&mac(&[b"m1.", time, b".", body]))),
                ),
                ("webhook-timestamp", NOW.to_string()),
                ("webhook-id", "m1".to_owned()),
            ],
            Provider::Stripe => {
                let tag = hex(&mac(&[time, b".", body]));
                vec![("stripe-signature", format!("t={NOW},v1={tag}"))]
            }
        };
        let headers = headers.into_iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::try_from(value).unwrap(),
            )
        });
        Self {
            method: Method::POST,
            headers: headers.collect(),
            body: body.to_vec(),
        }
    }

    fn change(&mut self, [what, at, byte]: [u8; 3]) {
        let at = usize::from(at);
        let names: Vec<_> = self.headers.keys().cloned().collect();
        let name = names.get(at % names.len().max(1));
        match what % 9 {
            0 => {
                let at = at % self.body.len().max(1);
                if let Some(place) = self.body.get_mut(at) {
                    *place = byte;
                }
            }
            1 => self.body.truncate(at),
            2 => self.body.push(byte),
            3 | 4 => {
                let Some(name) = name else { return };
                let mut value = self.headers[name].as_bytes().to_vec();
                if what % 9 == 4 {
                    value.push(byte);
                } else {
                    let at = (at / names.len()) % value.len().max(1);
                    if let Some(place) = value.get_mut(at) {
                        *place = byte;
                    }
                }
                if let Ok(value) = HeaderValue::from_bytes(&value) {
                    self.headers.insert(name, value);
                }
            }
            5 => drop(name.map(|name| self.headers.remove(name))),
            6 => {
                if let Some(name) = name {
                    self.headers
                        .append(name.clone(), self.headers[name].clone());
                }
            }
            7 => {
                let others = [
                    ("content-encoding", "gzip"),
                    ("content-encoding", "identity"),
                    ("content-length", "257"),
                    ("content-length", "18446744073709551616"),
                    ("content-length", "0"),
                    ("x-http-method-override", "GET"),
                    ("x-forwarded-for", "127.0.0.1"),
                    ("content-type", "application/x-www-form-urlencoded"),
                    ("stripe-signature", "t=1700000000,v1=00"),
                ];
                let (name, value) = others[at % others.len()];
                self.headers.append(name, HeaderValue::from_static(value));
            }
            _ => {
                let methods = [Method::GET, Method::PUT, Method::HEAD, Method::OPTIONS];
                self.method = methods[at % methods.len()].clone();
            }
        }
    }

    /// Whether its handler has to see it.
    fn is_genuine(&self, provider: Provider) -> bool {
        let (headers, body) = (&self.headers, self.body.as_slice());
        let is_signed = match provider {
            Provider::GitHub => {
                let wanted = format!("sha256={}", hex(&mac(&[body])));
                only(headers, "x-hub-signature-256") == Some(&wanted)
            }
            Provider::Shopify => base64_fits(headers, body),
            Provider::Slack => prefix_fits(headers, body) && self.has_media_type(),
            Provider::Standard => versions_fit(headers, body),
            Provider::Stripe => pairs_fit(headers, body),
        };
        let encodings: Vec<_> = headers.get_all("content-encoding").iter().collect();
        // Of a length that is no text nothing is known; the bytes are counted in any case.
        let announced = headers.get("content-length");
        let announced = announced.and_then(|len| len.to_str().ok());
        is_signed
            && self.method == Method::POST
            && (encodings.is_empty() || encodings[..] == ["identity"])
            && announced.is_none_or(|len| len.parse().is_ok_and(|len: usize| len <= LIMIT))
            && body.len() <= LIMIT
    }

    fn has_media_type(&self) -> bool {
        let text = only(&self.headers, "content-type")
            .unwrap_or_default()
            .to_ascii_lowercase();
        let essence = text.split(';').next().unwrap_or_default().trim();
        essence == "application/json"
            || essence == "application/x-www-form-urlencoded"
            || (essence.ends_with("+json") && essence != "+json")
    }

    /// Whether it may be Slack's question for the URL, which the layer answers itself.
    fn may_be_question(&self) -> bool {
        let value: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
        value.is_some_and(|value| value.get("challenge").is_some())
    }
}

/// An endpoint, with a handler that remembers what it got.
struct Receiver {
    provider: Provider,
    service: Service,
    got: Arc<Mutex<Vec<Bytes>>>,
}

thread_local! {
    static RECEIVERS: [Receiver; 5] = Receiver::all();

    static RUNTIME: Runtime = {
        let mut builder = Builder::new_current_thread();
        builder.enable_time().build().unwrap()
    };
}

impl Receiver {
    fn all() -> [Self; 5] {
        [
            (Provider::GitHub, providers::github()),
            (Provider::Shopify, providers::shopify()),
            (Provider::Slack, providers::slack()),
            (Provider::Standard, providers::standard_webhooks()),
            (Provider::Stripe, providers::stripe()),
        ]
        .map(|(provider, scheme)| {
            let secret = secret(&scheme);
            let endpoint = Endpoint::new(scheme, secret).unwrap();
            let endpoint = endpoint.with_body_limit(ByteSize::bytes(LIMIT as u64));
            let layer = WebhookLayer::for_endpoint(endpoint).unwrap();
            let layer = layer.with_clock(FixedClock::new(now()));
            let got = Arc::default();
            let service = Self::service(&layer, Arc::clone(&got));
            Self {
                provider,
                service,
                got,
            }
        })
    }

    fn service(layer: &WebhookLayer, got: Arc<Mutex<Vec<Bytes>>>) -> Service {
        let handler = tower::service_fn(move |request: Request<Body>| {
            let got = Arc::clone(&got);
            async move {
                let (mut parts, body) = request.into_parts();
                let hook = VerifiedWebhook::<Raw>::from_request_parts(&mut parts, &()).await;
                let body = body.collect().await.unwrap().to_bytes();
                assert_eq!(*hook.unwrap().raw(), body);
                got.lock().unwrap().push(body);
                Ok::<_, Infallible>(Response::new(Body::from(HANDLED)))
            }
        });
        let service: WebhookService<_> = layer.layer(handler);
        BoxCloneService::new(service)
    }

    fn check(&self, sent: &Sent, frame: usize) -> Outcome {
        let mut request = Request::new(Frames::new(&sent.body, frame));
        *request.method_mut() = sent.method.clone();
        *request.headers_mut() = sent.headers.clone();
        let service = self.service.clone();
        let (parts, text) = RUNTIME.with(|runtime| {
            runtime.block_on(async {
                let response = service.oneshot(request).await.unwrap();
                let (parts, body) = response.into_parts();
                (parts, body.collect().await.unwrap().to_bytes())
            })
        });
        let got = std::mem::take(&mut *self.got.lock().unwrap());
        let status = parts.status;
        let was_handled = !got.is_empty();
        if was_handled {
            assert_eq!((status, &*text), (StatusCode::OK, HANDLED.as_bytes()));
            assert_eq!(got, [sent.body.as_slice()]);
            assert!(sent.is_genuine(self.provider), "a forgery was handled");
        } else if sent.is_genuine(self.provider) {
            assert!(
                self.provider == Provider::Slack && sent.may_be_question(),
                "a genuine request was not handled: {status}"
            );
        } else {
            let is_public = |(known, answer): &(_, &str)| *known == status && text == *answer;
            assert!(ANSWERS.iter().any(is_public), "{status} {text:?}");
            let told = [
                "allow",
                "connection",
                "content-type",
                "x-content-type-options",
            ];
            assert!(
                parts
                    .headers
                    .keys()
                    .all(|name| told.contains(&name.as_str())),
                "{:?}",
                parts.headers
            );
        }
        Outcome::of(was_handled)
    }
}

/// A body that arrives in frames of a size.
struct Frames(VecDeque<Bytes>);

impl Frames {
    fn new(body: &[u8], size: usize) -> Self {
        Self(
            body.chunks(size.max(1))
                .map(Bytes::copy_from_slice)
                .collect(),
        )
    }
}

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|bytes| Ok(Frame::data(bytes))))
    }
}
