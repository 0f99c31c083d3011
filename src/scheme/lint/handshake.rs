//! What is wrong with a question and its answer.

use super::Linter;
use crate::scheme::{
    ChallengeField, Expect, Expected, Family, Filter, Handshake, Role, Segment, Shape, Template,
};

/// The longest challenge that a handshake may accept, in bytes.
const MAX_CHALLENGE: usize = 1024;

/// How the headers begin that an answer may not have.
const ACTED_ON: [&str; 11] = [
    "access-control-",
    "connection",
    "content-",
    "cross-origin-",
    "link",
    "location",
    "refresh",
    "set-cookie",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl Linter<'_> {
    pub(super) fn handshake(&mut self, handshake: &Handshake) {
        let mut uses_challenge = false;
        for (role, filters) in answered(handshake) {
            match role {
                Role::Challenge => {
                    uses_challenge = true;
                    if filters.contains(&Filter::Hmac)
                        && self.scheme.algorithm.family() != Family::Hmac
                    {
                        self.error("handshake", "the filter `hmac` needs an HMAC algorithm");
                    }
                }
                Role::SecretPart(part) if self.scheme.secret_parts.contains(part) => {}
                _ => self.error(
                    "handshake",
                    format!("`{{{role}}}` has no meaning in a handshake's answer"),
                ),
            }
        }
        if handshake.pairs {
            self.pairing(handshake);
        }
        if !handshake.signed && self.is_oracle(handshake) {
            self.error(
                "oracle",
                "whoever asks gets the HMAC of a text of their choice, and that is the signature of a \
                 delivery: sign `{body|json}`, or give the signed field a `width` that no challenge has",
            );
        }
        // A key need not be said back: Asana alone wants it.
        let is_surfaced = uses_challenge || handshake.pairs;
        if is_surfaced != handshake.challenge.is_some() {
            self.error("handshake", "`challenge` and `{challenge}` belong together");
        }
        if handshake
            .challenge
            .as_ref()
            .is_some_and(|field| field.max > MAX_CHALLENGE)
        {
            self.error(
                "handshake",
                format!("a challenge is at most {MAX_CHALLENGE} bytes"),
            );
        }
        let html = !handshake.answer.content_type.starts_with("text/plain")
            && !handshake
                .answer
                .content_type
                .starts_with("application/json");
        if handshake.answer.body != Template::literal("") && html {
            self.error(
                "handshake",
                "an answer is text/plain or application/json, never HTML",
            );
        }
        for header in &handshake.answer.headers {
            // What a browser or a proxy acts on is nothing that a question may decide.
            let name = header.name.as_str();
            if ACTED_ON.iter().any(|prefix| name.starts_with(prefix)) {
                self.error(
                    "handshake",
                    format!("an answer should not have the header {name}: browsers and proxies act on it"),
                );
            }
        }
        for expect in &handshake.when {
            if let Expected::Secret { secret } = &expect.is
                && !self.scheme.secret_parts.contains(secret)
            {
                self.error(
                    "secret-parts",
                    format!(
                        "a handshake names the secret's part {secret:?}, which `secret_parts` lacks"
                    ),
                );
            }
        }
        if handshake.when.is_empty() && handshake.challenge.is_none() && handshake.signed {
            self.error(
                "handshake",
                "a signed handshake without `when` would swallow every delivery",
            );
        }
        let method_is_delivery = self.scheme.methods.contains(&handshake.method);
        if !handshake.signed
            && method_is_delivery
            && handshake.when.is_empty()
            && handshake.challenge.is_none()
        {
            self.error(
                "handshake",
                "an unsigned handshake without `when` would swallow every delivery",
            );
        }
    }

    /// A key comes before there is any.
    fn pairing(&mut self, handshake: &Handshake) {
        let needs_key = answered(handshake).any(|(role, filters)| {
            matches!(role, Role::SecretPart(_)) || filters.contains(&Filter::Hmac)
        });
        let needs_part = |expect: &Expect| matches!(expect.is, Expected::Secret { .. });
        if handshake.signed
            || handshake.challenge.is_none()
            || needs_key
            || handshake.when.iter().any(needs_part)
        {
            self.error(
                "pairs",
                "a handshake that brings the key has a `challenge`, which is that key; it can't be signed, \
                 nor need a key itself",
            );
        }
    }

    /// Whether the answer to an unsigned question is a signature of some delivery.
    fn is_oracle(&self, handshake: &Handshake) -> bool {
        let macs_challenge = answered(handshake)
            .any(|(role, filters)| *role == Role::Challenge && filters.contains(&Filter::Hmac));
        let Some(challenge) = &handshake.challenge else {
            return false;
        };
        macs_challenge
            && self
                .scheme
                .shapes
                .iter()
                .any(|shape| could_sign(shape, challenge))
    }
}

/// The values in an answer, in its headers and its body.
fn answered(handshake: &Handshake) -> impl Iterator<Item = (&Role, &[Filter])> {
    let headers = handshake.answer.headers.iter();
    headers
        .flat_map(|header| header.value.values())
        .chain(handshake.answer.body.values())
}

/// Whether what `shape` signs could be a text that `challenge` accepts.
///
/// It could, unless one piece of it has a character that no challenge has, or all are too long.
fn could_sign(shape: &Shape, challenge: &ChallengeField) -> bool {
    let Some(content) = &shape.content else {
        return false;
    };
    let mut shortest = 0;
    for segment in content.segments() {
        match segment {
            Segment::Literal(text) if !text.bytes().all(|c| challenge.charset.has(c)) => {
                return false;
            }
            Segment::Literal(text) => shortest += text.len(),
            Segment::Value {
                role: Role::Body,
                filters,
            } if filters.as_slice() == [Filter::Json] && !challenge.charset.has(b'{') => {
                return false;
            }
            Segment::Value {
                role: Role::Field(name),
                filters,
            } if filters.is_empty() => {
                let mut fields = shape.fields.iter();
                let width = fields.find(|field| field.name == *name);
                let width = width.and_then(|field| field.width);
                shortest += width.map_or(0, |width| width.min);
            }
            Segment::Value { .. } => {}
        }
    }
    shortest <= challenge.max
}
