use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Stripe: `Stripe-Signature: t=<unix>,v1=<hex>` over timestamp and body.
///
/// # Source
///
/// <https://docs.stripe.com/webhooks/signature>, and the tests of `stripe/stripe-dotnet`, whose
/// vector is in ours; the Node and Python libraries accept the others. Evidence: high.
///
/// # What is signed
///
/// `<t>.<body>`. The event's id is in the body, so it is signed; it stays the same on a retry, and
/// deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - The key is the whole text with `whsec_`: here it is not base64.
/// - While a secret is rolled there are several `v1`; any one will do. `v0` is a decoy of test mode
///   and never accepted.
/// - Each endpoint has its own secret, and so have *account* and *Connect* endpoints.
/// - Tolerance: five minutes, which is the libraries' default for the past; the same for the
///   future, which they do not check.
/// - *Resend* in the dashboard sends the same id: if that event was handled, it is answered and not
///   handled again.
/// - Retries: for three days, in a sandbox three times within hours
///   (<https://docs.stripe.com/webhooks>).
#[must_use]
pub fn stripe() -> Scheme {
    Scheme {
        id: "stripe".to_owned(),
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
                at: Locate::header("stripe-signature"),
                list: Some(List::pairs(",", "=")),
                item: Some(ItemKey::name("v1")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::item("t"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::json("/id")),
            event_type: Some(Locate::json("/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
