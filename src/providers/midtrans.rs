use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, Charset, ContentEncoding, Coverage, Dedupe, Encoding, Field, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, UrlPorts, When, Width,
    },
    units::Span,
};

/// Midtrans payment notifications: `signature_key` in the body, the hex SHA-512 of three of its
/// fields and the server key.
///
/// # Source
///
/// <https://docs.midtrans.com/docs/https-notification-webhooks> and
/// <https://docs.midtrans.com/reference/handle-notifications>, whose inputs are in the vectors.
/// Evidence: high.
///
/// # What is signed
///
/// `<order_id><status_code><gross_amount><server key>`, hashed. **`transaction_status`,
/// `fraud_status`, `payment_type` and `transaction_id` are not signed.** There is no signed id and
/// no timestamp.
///
/// # Pitfalls
///
/// - Ask the status API before goods leave: whoever has seen one notification can send it again
///   with another `transaction_status`. Midtrans's own library does nothing else.
/// - Nothing separates the fields. With orders `A-7200` and `A-7` in one shop, a notification of
///   the first for 100.00 also fits the second for 200100.00. Compare the amount with your order's,
///   and give all order ids the same length.
/// - A plain hash with the key at its end is weaker than an HMAC; nothing better is offered.
/// - A capture and its settlement have equal signed content and one `transaction_id`, so nothing is
///   deduplicated and no id is given to the handler: go by `order_id` and the status that the API
///   answers.
/// - Payouts (Iris) sign the body in `Iris-Signature`: another scheme.
/// - Retries: not documented, so an event is remembered for our default of three days.
///
/// # Warnings
///
/// - `weak-algorithm`: a hash with the key in it is what Midtrans chose.
/// - `no-separator`: order ids and amounts have no fixed length, so digits could move between them:
///   see the pitfalls.
#[must_use]
pub fn midtrans() -> Scheme {
    Scheme {
        id: "midtrans".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::Sha512,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Fields,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::json("/signature_key"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal(
                "{order_id}{status_code}{gross_amount}{secret}",
            )),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/transaction_status")),
            fields: vec![
                Field::required("order_id", Locate::json("/order_id")),
                Field {
                    name: "status_code".to_owned(),
                    at: Locate::json("/status_code"),
                    optional: false,
                    free: false,
                    width: Some(Width {
                        charset: Charset::Digits,
                        min: 3,
                        max: 3,
                    }),
                    is: None,
                },
                Field::required("gross_amount", Locate::json("/gross_amount")),
            ],
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
