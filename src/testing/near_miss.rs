//! Requests that are nearly genuine, made from a genuine one and its scheme.

use std::time::Duration;

use axum_core::body::Body;
use http::{HeaderName, Request, header};
use serde_json::Value;

use crate::{
    content::numbered,
    incoming::Head,
    scheme::{
        Coverage, Encoding, Family, Field, Filter, JsonPointer, Locate, Role, Scheme, Shape,
        Template,
    },
    sign::{SignError, Signed, split_url},
    testing::{
        request,
        spoil::{another, another_first, has_name, in_list, with_pair},
    },
    timestamp::Timestamp,
    verify::fits,
};

/// How far outside the window a near miss is sent, so that a real clock may run on while a test does.
const OUTSIDE: Duration = Duration::from_mins(1);

/// A delivery that is nearly genuine, and has to be refused.
#[derive(Clone, Debug)]
pub struct NearMiss {
    name: &'static str,
    code: &'static str,
    signed: Signed,
}

impl NearMiss {
    pub(super) const fn new(name: &'static str, code: &'static str, signed: Signed) -> Self {
        Self { name, code, signed }
    }

    /// What is wrong with it: `wrong key`, `stale`, `future`, `tampered body`, `truncated body`, `tampered field`,
    /// `tampered signature`, `truncated signature`, `missing signature` or `doubled signature`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The [`Rejection::code`](crate::Rejection::code) and [`VerifyError::code`](crate::VerifyError::code) by which it is refused.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The delivery, for a real client.
    #[must_use]
    pub const fn signed(&self) -> &Signed {
        &self.signed
    }

    /// The request, for `tower::ServiceExt::oneshot`.
    ///
    /// # Errors
    ///
    /// If the URL that was given for the delivery is not one.
    pub fn request(&self) -> Result<Request<Body>, SignError> {
        request(&self.signed).map_err(|_| SignError::Url)
    }
}

/// The times at which a delivery is not fresh, each with its name and its code.
pub(super) fn times(
    scheme: &Scheme,
    shape: &Shape,
    now: Timestamp,
) -> Vec<(&'static str, &'static str, Timestamp)> {
    match (scheme.tolerance, &shape.timestamp) {
        (Some(tolerance), Some(_)) => vec![
            (
                "stale",
                "stale",
                now.saturating_sub(tolerance.past.duration() + OUTSIDE),
            ),
            (
                "future",
                "future",
                now.saturating_add(tolerance.future.duration() + OUTSIDE),
            ),
        ],
        _ => Vec::new(),
    }
}

/// What can be made of a genuine delivery by who does not know its secret.
pub(super) fn changed(scheme: &Scheme, shape: &Shape, genuine: &Signed) -> Vec<NearMiss> {
    let case = Case {
        scheme,
        shape,
        genuine,
    };
    let of_the_body = case.body_code();
    [
        ("tampered body", of_the_body, case.tampered_body()),
        (
            "truncated body",
            case.truncated_code(),
            case.truncated_body(),
        ),
        ("tampered field", "mismatch", case.tampered_field()),
        ("tampered signature", "mismatch", case.tampered_signature()),
        (
            "truncated signature",
            case.truncated_signature_code(),
            case.truncated_signature(),
        ),
        ("doubled signature", "duplicate", case.doubled_signature()),
    ]
    .into_iter()
    .filter_map(|(name, code, signed)| Some(NearMiss::new(name, code, signed?)))
    .chain(case.missing_signature())
    .collect()
}

/// A genuine delivery, and how it is read.
struct Case<'a> {
    scheme: &'a Scheme,
    shape: &'a Shape,
    genuine: &'a Signed,
}

impl Case<'_> {
    fn is_token(&self) -> bool {
        self.scheme.algorithm.family() == Family::Token
    }

    fn with_body(&self, body: impl Into<Vec<u8>>) -> Signed {
        Signed {
            body: body.into(),
            ..self.genuine.clone()
        }
    }

    /// Whether a role stands in the signed content.
    fn signs(&self, role: &Role) -> bool {
        let mut values = self.shape.content.iter().flat_map(Template::values);
        values.any(|(signed, _)| signed == role)
    }

    /// The places of the values that are read before the signature is judged.
    fn places(&self) -> impl Iterator<Item = &Locate> {
        let shape = self.shape;
        let id = shape.event_id.iter().filter(|_| self.signs(&Role::Id));
        let time = shape.timestamp.iter().map(|field| &field.at);
        [&shape.signature.at]
            .into_iter()
            .chain(time.filter(|_| self.signs(&Role::Timestamp)))
            .chain(id)
            .chain(shape.fields.iter().map(|field| &field.at))
            .chain(shape.body_hash.iter().map(|hash| &hash.at))
    }

    /// How a body is refused that is not the signed one.
    fn body_code(&self) -> &'static str {
        let mut claims = self.shape.claims.iter();
        if self.genuine.body.is_empty() && claims.any(|claim| claim.unless_empty) {
            "missing"
        } else if self.shape.body_hash.is_some() {
            "body-hash-mismatch"
        } else if self.is_token() && self.shape.content.is_none() {
            "claim-mismatch"
        } else {
            "mismatch"
        }
    }

    /// The body with something in it that was not there, still of its kind.
    fn tampered_body(&self) -> Option<Signed> {
        if self.scheme.coverage != Coverage::Body {
            return None;
        }
        let text = str::from_utf8(&self.genuine.body).ok()?;
        let is_object = serde_json::from_str::<Value>(text).is_ok_and(|body| body.is_object());
        if is_object {
            let (before, members) = text.split_once('{')?;
            let is_empty = members.trim_start().starts_with('}');
            let comma = if is_empty { "" } else { "," };
            let body = format!(r#"{before}{{"tampered":true{comma}{members}"#);
            return Some(self.with_body(body));
        }
        let is_alone = self.places().any(|at| matches!(at, Locate::OnlyForm(_)));
        let is_form = text.contains('=') && !is_alone;
        let more = if is_form { "&tampered=1" } else { "1" };
        Some(self.with_body(format!("{text}{more}")))
    }

    /// The body without the last byte that is no white space.
    fn truncated_body(&self) -> Option<Signed> {
        let is_form = self
            .places()
            .any(|at| matches!(at, Locate::Form(_) | Locate::OnlyForm(_)));
        // Of what is packed, a part can't be unpacked, and is refused before it is verified.
        let is_packed = self.genuine.headers.contains_key(header::CONTENT_ENCODING);
        if self.scheme.coverage != Coverage::Body || is_form || is_packed {
            return None;
        }
        // Without a white space at its end, it might still be JSON.
        let (last, body) = self.genuine.body.trim_ascii_end().split_last()?;
        // `a=` and `a` are the same form.
        let is_same = self.signs(&Role::Form) && !last.is_ascii_alphanumeric();
        (!is_same).then(|| self.with_body(body))
    }

    fn truncated_code(&self) -> &'static str {
        let mut values = self.shape.content.iter().flat_map(Template::values);
        let reads_json = values.any(|(_, filters)| filters.contains(&Filter::Json));
        if reads_json || self.places().any(|at| matches!(at, Locate::Json(_))) {
            "malformed"
        } else {
            self.body_code()
        }
    }

    /// Another value of the first signed field that is free to have one.
    fn tampered_field(&self) -> Option<Signed> {
        // Another time is another near miss.
        let time = self.shape.timestamp.as_ref().map(|field| &field.at);
        let is_free = |field: &&Field| {
            let is_signed = self.signs(&Role::Field(field.name.clone()));
            is_signed && field.is.is_none() && Some(&field.at) != time
        };
        let fields = self.shape.fields.iter().filter(is_free);
        let id = self.shape.event_id.iter().filter(|_| self.signs(&Role::Id));
        let mut places = fields.map(|field| &field.at).chain(id);
        places.find_map(|at| match at {
            Locate::Header(name) => {
                let mut other = self.genuine.clone();
                let value = another(other.headers.get(name)?.to_str().ok()?)?;
                other.headers.insert(name, value.parse().ok()?);
                Some(other)
            }
            Locate::Json(pointer) => {
                let pointer = self.full_pointer(pointer);
                let mut body: Value = serde_json::from_slice(&self.genuine.body).ok()?;
                let value = another(body.pointer(&pointer)?.as_str()?)?;
                *body.pointer_mut(&pointer)? = value.into();
                Some(self.with_body(body.to_string()))
            }
            _ => None,
        })
    }

    /// The pointer from the root, also where it starts at the first item of a batch.
    fn full_pointer(&self, pointer: &JsonPointer) -> String {
        match &self.shape.each {
            Some(batch) => format!("{}/0{}{pointer}", batch.array, batch.item),
            None => pointer.to_string(),
        }
    }

    fn tampered_signature(&self) -> Option<Signed> {
        self.with_signature(|text| {
            // Of a token, the part that is the signature.
            let at = if self.is_token() {
                text.rfind('.')? + 1
            } else {
                0
            };
            let (before, signature) = text.split_at_checked(at)?;
            Some(format!("{before}{}", another_first(signature)?))
        })
    }

    fn truncated_signature(&self) -> Option<Signed> {
        // Of a key of any length, any length may be a signature.
        if self.scheme.algorithm.has_public_key() && !self.is_token() {
            return None;
        }
        self.with_signature(|text| {
            let end = if self.is_token() {
                text.rfind('.')?
            } else {
                text.char_indices().last()?.0
            };
            text.get(..end).map(str::to_owned)
        })
    }

    fn truncated_signature_code(&self) -> &'static str {
        let is_text = self.shape.signature.encoding == Encoding::Text;
        if is_text && !self.is_token() {
            "mismatch"
        } else {
            "signature-malformed"
        }
    }

    fn missing_signature(&self) -> Option<NearMiss> {
        let names = self.signature_headers();
        let mut other = self.genuine.clone();
        for name in &names {
            other.headers.remove(name);
        }
        let (_, uri) = split_url(&other.url).ok()?;
        let head = Head {
            method: &other.method,
            uri: &uri,
            headers: &other.headers,
            public_url: None,
        };
        let fits = self.scheme.shapes.iter().any(|shape| fits(shape, head));
        let code = if fits { "missing" } else { "no-shape" };
        (!names.is_empty()).then(|| NearMiss::new("missing signature", code, other))
    }

    fn doubled_signature(&self) -> Option<Signed> {
        let mut other = self.genuine.clone();
        match &self.shape.signature.at {
            Locate::RepeatedHeader(_) | Locate::Json(_) | Locate::Item(_) | Locate::Claim(_) => {
                return None;
            }
            Locate::Query(name) => {
                let query = other.url.split_once('?')?.1;
                let pair = query.split('&').find(|pair| has_name(pair, name))?;
                other.url = format!("{}&{pair}", other.url);
            }
            Locate::Form(name) | Locate::OnlyForm(name) => {
                let body = str::from_utf8(&other.body).ok()?;
                let pair = body.split('&').find(|pair| has_name(pair, name))?;
                other.body = format!("{body}&{pair}").into_bytes();
            }
            _ => {
                let name = self.signature_headers().into_iter().next()?;
                let value = other.headers.get(&name)?.clone();
                other.headers.append(name, value);
            }
        }
        Some(other)
    }

    /// The headers with signatures; none where they stand elsewhere.
    fn signature_headers(&self) -> Vec<HeaderName> {
        let is_there = |name: &HeaderName| self.genuine.headers.contains_key(name);
        match &self.shape.signature.at {
            Locate::Header(name) | Locate::RepeatedHeader(name) => vec![name.clone()],
            Locate::Headers(names) => names
                .iter()
                .filter(|name| is_there(name))
                .cloned()
                .collect(),
            Locate::HeaderFamily(prefix) => {
                let names = (1..).map_while(|number| numbered(prefix, number));
                names.take_while(is_there).collect()
            }
            Locate::Bearer => vec![header::AUTHORIZATION],
            _ => Vec::new(),
        }
    }

    /// The delivery with each signature changed, after the literal that stands before it.
    fn with_signature(&self, change: impl Fn(&str) -> Option<String>) -> Option<Signed> {
        let signature = &self.shape.signature;
        let change = |text: &str| {
            let rest = text.strip_prefix(&signature.prefix)?;
            Some(format!("{}{}", signature.prefix, change(rest)?))
        };
        let mut other = self.genuine.clone();
        match &signature.at {
            Locate::Query(name) => {
                let (path, query) = other.url.split_once('?')?;
                other.url = format!("{path}?{}", with_pair(query, name, change)?);
            }
            Locate::Form(name) | Locate::OnlyForm(name) => {
                let body = str::from_utf8(&other.body).ok()?;
                other.body =
                    with_pair(body, name, |text| in_list(text, signature, &change))?.into_bytes();
            }
            Locate::Json(pointer) => {
                let at = self.full_pointer(pointer);
                let mut body: Value = serde_json::from_slice(&other.body).ok()?;
                let value = in_list(body.pointer(&at)?.as_str()?, signature, &change)?;
                *body.pointer_mut(&at)? = value.into();
                other.body = body.to_string().into_bytes();
            }
            at => {
                for name in self.signature_headers() {
                    let text = other.headers.get(&name)?.to_str().ok()?;
                    let value = match (at, text.split_once(' ')) {
                        (Locate::Bearer, Some((kind, token))) => {
                            format!("{kind} {}", change(token)?)
                        }
                        _ => in_list(text, signature, &change)?,
                    };
                    other.headers.insert(name, value.parse().ok()?);
                }
            }
        }
        Some(other)
    }
}
