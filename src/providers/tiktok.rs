use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// TikTok for Developers: `TikTok-Signature: t=<unix>,s=<hex>` over timestamp and body.
///
/// # Source
///
/// <https://developers.tiktok.com/doc/webhooks-verification>. Evidence: high for the construction,
/// which the page spells out; no vector is published (its example has neither secret nor body).
///
/// # What is signed
///
/// `<t>.<body>`.
///
/// There is no delivery id. The body has the event, the user, its time in seconds (`create_time`)
/// and what it is about (`content`, a JSON text inside the JSON): equal signed content is the same
/// delivery, and is deduplicated. That stops a replay within the window, not a retry with a new
/// timestamp: go by `event`, `user_openid`, `create_time` and `content`.
///
/// # Pitfalls
///
/// - The secret is the app's `client_secret`; a new one signs at once.
/// - The item is called `s`, not `v1`.
/// - TikTok Shop and TikTok for Business sign differently.
/// - Tolerance: left to you; five minutes both ways, on the reading that `t` is new on each
///   attempt.
/// - Retries: for up to 72 hours (<https://developers.tiktok.com/doc/webhooks-overview>).
#[must_use]
pub fn tiktok() -> Scheme {
    Scheme {
        id: "tiktok".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("tiktok-signature"),
                list: Some(List::pairs(",", "=")),
                item: Some(ItemKey::name("s")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::item("t"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: None,
            event_type: Some(Locate::json("/event")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
