//! The TOML form of a scheme: the keys of a single shape stand at the top.

use http::Method;
use serde::{Deserialize, Serialize};

use crate::{
    scheme::{
        Algorithm, Answers, Batch, BodyHash, Claim, ContentEncoding, Coverage, Dedupe, Field,
        Handshake, Locate, OnRetry, RemoteKeys, Scheme, SecretFormat, Shape, Signature,
        SignedHeaders, Template, TimestampField, Tolerance, UrlPorts, When, method,
    },
    units::{ByteSize, Span},
};

/// [`Scheme`] as it is written.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SchemeRepr {
    #[serde(default = "custom")]
    id: String,
    #[serde(default = "post", skip_serializing_if = "is_post")]
    methods: Vec<MethodName>,
    algorithm: Algorithm,
    #[serde(default, skip_serializing_if = "is_default")]
    secret: SecretFormat,
    #[serde(default, skip_serializing_if = "is_default")]
    secret_parts: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    key_id: Option<Locate>,
    #[serde(default, skip_serializing_if = "is_default")]
    remote_keys: Option<RemoteKeys>,
    #[serde(default, skip_serializing_if = "is_default")]
    coverage: Coverage,
    #[serde(default, skip_serializing_if = "is_default")]
    dedupe: Dedupe,
    #[serde(default, skip_serializing_if = "is_default")]
    event_id_on_retry: OnRetry,
    #[serde(default = "three_days")]
    retry_horizon: Span,
    #[serde(default, skip_serializing_if = "is_default")]
    content_encoding: ContentEncoding,
    #[serde(default, skip_serializing_if = "is_default")]
    body_limit: Option<ByteSize>,
    #[serde(default, skip_serializing_if = "is_default")]
    url_ports: UrlPorts,
    #[serde(default, skip_serializing_if = "is_default")]
    content: Option<Template>,
    #[serde(default, skip_serializing_if = "is_default")]
    tolerance: Option<Tolerance>,
    #[serde(default, skip_serializing_if = "is_default")]
    signature: Option<Signature>,
    #[serde(default, skip_serializing_if = "is_default")]
    timestamp: Option<TimestampField>,
    #[serde(default, skip_serializing_if = "is_default")]
    event_id: Option<Locate>,
    #[serde(default, skip_serializing_if = "is_default")]
    event_type: Option<Locate>,
    #[serde(default, skip_serializing_if = "is_default")]
    fields: Vec<Field>,
    #[serde(default, skip_serializing_if = "is_default")]
    body_hash: Option<BodyHash>,
    #[serde(default, skip_serializing_if = "is_default")]
    claims: Vec<Claim>,
    #[serde(default, skip_serializing_if = "is_default")]
    signed_headers: Option<SignedHeaders>,
    #[serde(default, skip_serializing_if = "is_default")]
    each: Option<Batch>,
    #[serde(default, skip_serializing_if = "is_default")]
    when: When,
    #[serde(default, skip_serializing_if = "is_default")]
    answers: Answers,
    #[serde(default, skip_serializing_if = "is_default", rename = "shape")]
    shapes: Vec<Shape>,
    #[serde(default, skip_serializing_if = "is_default", rename = "handshake")]
    handshakes: Vec<Handshake>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct MethodName(#[serde(with = "method")] Method);

fn custom() -> String {
    "custom".to_owned()
}

fn post() -> Vec<MethodName> {
    vec![MethodName(Method::POST)]
}

fn is_post(methods: &[MethodName]) -> bool {
    methods == post()
}

/// Longer than most providers repeat, so that forgetting too early is the exception.
const fn three_days() -> Span {
    Span::days(3)
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl TryFrom<SchemeRepr> for Scheme {
    type Error = &'static str;

    fn try_from(repr: SchemeRepr) -> Result<Self, Self::Error> {
        let shapes = match (repr.signature, repr.shapes.is_empty()) {
            (Some(signature), true) => vec![Shape {
                when: repr.when,
                signature,
                content: repr.content,
                timestamp: repr.timestamp,
                event_id: repr.event_id,
                event_type: repr.event_type,
                fields: repr.fields,
                body_hash: repr.body_hash,
                claims: repr.claims,
                signed_headers: repr.signed_headers,
                each: repr.each,
            }],
            (None, true) => return Err("missing field `signature`: where the signature stands"),
            (Some(_), false) => return Err("`signature` and `shape` exclude each other"),
            (None, false) => {
                let at_the_top = repr.content.is_some()
                    || repr.timestamp.is_some()
                    || repr.event_id.is_some()
                    || repr.event_type.is_some()
                    || !repr.fields.is_empty()
                    || repr.body_hash.is_some()
                    || !repr.claims.is_empty()
                    || repr.signed_headers.is_some()
                    || repr.each.is_some()
                    || !repr.when.is_always();
                if at_the_top {
                    return Err("with `shape`, what belongs to a shape stands inside it");
                }
                repr.shapes
            }
        };
        Ok(Self {
            id: repr.id,
            methods: repr.methods.into_iter().map(|name| name.0).collect(),
            algorithm: repr.algorithm,
            secret: repr.secret,
            secret_parts: repr.secret_parts,
            key_id: repr.key_id,
            remote_keys: repr.remote_keys,
            coverage: repr.coverage,
            shapes,
            tolerance: repr.tolerance,
            dedupe: repr.dedupe,
            event_id_on_retry: repr.event_id_on_retry,
            retry_horizon: repr.retry_horizon,
            content_encoding: repr.content_encoding,
            body_limit: repr.body_limit,
            url_ports: repr.url_ports,
            answers: repr.answers,
            handshakes: repr.handshakes,
        })
    }
}

impl From<Scheme> for SchemeRepr {
    fn from(scheme: Scheme) -> Self {
        let mut shapes = scheme.shapes;
        let single = if shapes.len() == 1 {
            shapes.pop()
        } else {
            None
        };
        let mut repr = Self {
            id: scheme.id,
            methods: scheme.methods.into_iter().map(MethodName).collect(),
            algorithm: scheme.algorithm,
            secret: scheme.secret,
            secret_parts: scheme.secret_parts,
            key_id: scheme.key_id,
            remote_keys: scheme.remote_keys,
            coverage: scheme.coverage,
            dedupe: scheme.dedupe,
            event_id_on_retry: scheme.event_id_on_retry,
            retry_horizon: scheme.retry_horizon,
            content_encoding: scheme.content_encoding,
            body_limit: scheme.body_limit,
            url_ports: scheme.url_ports,
            content: None,
            tolerance: scheme.tolerance,
            signature: None,
            timestamp: None,
            event_id: None,
            event_type: None,
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
            when: When::always(),
            answers: scheme.answers,
            shapes,
            handshakes: scheme.handshakes,
        };
        if let Some(shape) = single {
            repr.when = shape.when;
            repr.signature = Some(shape.signature);
            repr.content = shape.content;
            repr.timestamp = shape.timestamp;
            repr.event_id = shape.event_id;
            repr.event_type = shape.event_type;
            repr.fields = shape.fields;
            repr.body_hash = shape.body_hash;
            repr.claims = shape.claims;
            repr.signed_headers = shape.signed_headers;
            repr.each = shape.each;
        }
        repr
    }
}
