use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Supabase Auth Hooks: `webhook-signature: v1,<base64>` over id, timestamp and body, with `, `
/// between several.
///
/// # Source
///
/// <https://supabase.com/docs/guides/auth/auth-hooks> and `internal/hooks/hookshttp/hookshttp.go`
/// of `supabase/auth`, which is the sender. Evidence: high for the construction, which is read from
/// the sender's code; no vector is published.
///
/// # What is signed
///
/// `<webhook-id>.<webhook-timestamp>.<body>`.
///
/// The id is signed but **new for each attempt**, so deliveries are deduplicated by content: that
/// stops a replay, and can't tell a repeated attempt.
///
/// # Pitfalls
///
/// - The dashboard shows `v1,whsec_…`. Configure it as shown, or from `whsec_` on.
/// - With several secrets (joined with `|` on the sender) the signatures have a comma and a space
///   between, not the space of Standard Webhooks. Any one will do.
/// - A hook is a question: your answer is its result, JSON with `Content-Type: application/json`,
///   within five seconds.
/// - Which hook it is only the URL says: give each an endpoint of its own.
/// - Database webhooks (`pg_net`) are not signed at all.
/// - Tolerance: five minutes both ways, which is what the libraries of Standard Webhooks check.
/// - Retries: three attempts two seconds apart (same file), so an hour is plenty.
#[must_use]
pub fn supabase_auth_hooks() -> Scheme {
    Scheme {
        id: "supabase-auth-hooks".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Whsec,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("webhook-signature"),
                list: Some(List {
                    sets: None,
                    items: ", ".to_owned(),
                    pair: Some(",".to_owned()),
                }),
                item: Some(ItemKey::name("v1")),
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{id}.{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("webhook-timestamp"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::header("webhook-id")),
            event_type: None,
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::New,
        retry_horizon: Span::hours(1),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
