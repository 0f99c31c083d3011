use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Persona: `Persona-Signature: t=<unix>,v1=<hex>` over timestamp and body.
///
/// # Source
///
/// <https://docs.withpersona.com/docs/webhooks-best-practices>, with samples in three languages;
/// there is no library. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// `<t>.<body>`. The event's id, `data.id`, is in the body, so it is signed, and deliveries are
/// deduplicated by it.
///
/// # Pitfalls
///
/// - While a secret is rotated the header has whole sets, `t=…,v1=… t=…,v1=…`, each with its own
///   timestamp. Any one will do.
/// - Tolerance: none is documented; five minutes both ways.
/// - A workflow's *Make HTTPS Request* step signs alike, with a secret of its own and a body of
///   your own making. Give it an endpoint of its own with `dedupe = "off"`: its `data.id`, if any,
///   need not be an event's.
/// - Retries: pages of different age say 5 attempts within six minutes, and 8; an event is
///   remembered for our default of three days.
#[must_use]
pub fn persona() -> Scheme {
    Scheme {
        id: "persona".to_owned(),
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
                at: Locate::header("persona-signature"),
                list: Some(List {
                    sets: Some(" ".to_owned()),
                    items: ",".to_owned(),
                    pair: Some("=".to_owned()),
                }),
                item: Some(ItemKey::name("v1")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::item("t"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::json("/data/id")),
            event_type: Some(Locate::json("/data/attributes/name")),
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
