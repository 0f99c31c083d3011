use http::Method;

use crate::{
    scheme::{
        Algorithm, Answer, Answers, Batch, ContentEncoding, Coverage, Dedupe, Encoding, Field,
        JsonPointer, Locate, OnRetry, Scheme, SecretFormat, Shape, Signature, Template, UrlPorts,
        When,
    },
    units::Span,
};

/// Adyen's standard payment webhooks: `additionalData.hmacSignature` in each item of the body,
/// base64 over eight of its fields.
///
/// # Source
///
/// <https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures>,
/// and `HmacValidator` of `@adyen/api-library` 32.1.0 and of `Adyen/adyen-java-api-library`, whose
/// tests are in the vectors. Evidence: high.
///
/// # What is signed
///
/// Of each item:
/// `pspReference:originalReference:merchantAccountCode:merchantReference:amount.value:amount.currency:eventCode:success`,
/// decoded from the JSON and not escaped; a missing one counts as empty.
///
/// **Not** signed are all other fields (`reason`, `eventDate`, `additionalData`, `paymentMethod`)
/// and `live`; there is no id and no timestamp. Adyen says that duplicates have the same
/// `pspReference` and `eventCode`
/// (<https://docs.adyen.com/development-resources/webhooks/handle-webhook-events>), so equal signed
/// content is deduplicated.
///
/// # Pitfalls
///
/// - Whoever has seen one delivery can send its items again with other unsigned fields. Read those
///   from Adyen's API where money hangs on them.
/// - A delivery is a batch: every item must verify, and an empty batch is refused.
/// - Only `merchantReference` may contain a colon, because nothing tells the colons of two such
///   values apart.
/// - The secret is the hexadecimal HMAC key of the Customer Area. After making a new one keep the
///   old beside it: both are used while the change spreads.
/// - Adyen now takes any 2xx; `[accepted]` is what older webhooks insist on
///   (<https://www.adyen.com/knowledge-hub/webhooks-accept-2xx>): let your handler answer that.
/// - Banking and platform webhooks sign the whole body in the header `HmacSignature`: another
///   scheme.
/// - Retries: for up to 30 days
///   (<https://docs.adyen.com/development-resources/webhooks/troubleshoot>).
#[must_use]
pub fn adyen() -> Scheme {
    Scheme {
        id: "adyen".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Hex,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Fields,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::json("/additionalData/hmacSignature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal(
                "{psp_reference}:{original_reference}:{merchant_account_code}:{merchant_reference}:{amount_value}:{amount_currency}:{event_code}:{success}",
            )),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/eventCode")),
            fields: vec![
                Field::optional("psp_reference", Locate::json("/pspReference")),
                Field::optional("original_reference", Locate::json("/originalReference")),
                Field::optional(
                    "merchant_account_code",
                    Locate::json("/merchantAccountCode"),
                ),
                // Merchants choose it, and Adyen's own test has colons in it.
                Field {
                    name: "merchant_reference".to_owned(),
                    at: Locate::json("/merchantReference"),
                    optional: true,
                    free: true,
                    width: None,
                    is: None,
                },
                Field::optional("amount_value", Locate::json("/amount/value")),
                Field::optional("amount_currency", Locate::json("/amount/currency")),
                Field::optional("event_code", Locate::json("/eventCode")),
                Field::optional("success", Locate::json("/success")),
            ],
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: Some(Batch {
                array: JsonPointer::literal("/notificationItems"),
                item: JsonPointer::literal("/NotificationRequestItem"),
            }),
        }],
        tolerance: None,
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(30),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers {
            accepted: Answer::text(200, "[accepted]"),
            duplicate: Answer::text(200, "[accepted]"),
            refused: Answer::refusal(),
        },
        handshakes: Vec::new(),
    }
}
