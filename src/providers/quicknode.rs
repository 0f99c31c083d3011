use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::Span,
};

/// QuickNode Streams and Webhooks: `x-qn-signature: <hex>` over nonce, timestamp and body.
///
/// # Source
///
/// <https://www.quicknode.com/guides/quicknode-products/streams/validating-incoming-streams-webhook-messages>,
/// <https://www.quicknode.com/sample-app-library/streams-webhook-validate-signature> and
/// `quiknode-labs/qn-guide-examples`. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// `<x-qn-nonce><x-qn-timestamp><body>`, with nothing between, and the body as it was **before**
/// gzip. The nonce is signed and documented as unique, so it is the id, and deliveries are deduplicated by it;
/// whether a retry has the same one is not said.
///
/// # Pitfalls
///
/// - **Weak**: the nonce has no documented form, so its end and the timestamp's start can't be told
///   apart by the signature. The timestamp's ten digits and the five minutes leave no other reading
///   as long as the body starts with `{` or `[`: don't let a filter return a bare number.
/// - Compressed deliveries need the feature `gzip`; the limit holds for the unpacked body.
/// - Batches of blocks pass 1 MiB easily: raise `body_limit`.
/// - The secret is the security token as shown, `qnsec_` included.
/// - A connection test may come without the three headers. It is refused like any unsigned request.
/// - Tolerance: five minutes both ways, as in the official examples.
/// - `QuickAlerts`, the older product, signs a content hash in base64: another scheme.
/// - Retries: as each stream is configured (`max_retry`, `retry_interval_sec`), so our default of
///   three days.
///
/// # Warnings
///
/// - `no-separator`: nothing stands between nonce and timestamp. The form of the nonce is not
///   documented; one that ends in a letter or is of one length lets nothing move.
#[must_use]
pub fn quicknode() -> Scheme {
    Scheme {
        id: "quicknode".to_owned(),
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
                at: Locate::header("x-qn-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{id}{timestamp}{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("x-qn-timestamp"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::header("x-qn-nonce")),
            event_type: None,
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Gunzip,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
