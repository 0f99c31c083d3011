//! What is a credential, so that nothing shows it.
//!
//! Four things make a value one: where it stands, as the scheme says; its name; its form, in a header or a path; and that
//! it is the same as another one that is masked. Too much is masked rather than too little.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, Uri};
use percent_encoding::percent_decode_str;

use crate::{
    form::pairs,
    inspector::pretty,
    scheme::{Expected, Locate, MediaType, Scheme, Template},
    text,
};

/// Stands for what is masked.
pub(super) const MASK: &str = "••••••••";

/// The shortest part of a masked value that is looked for elsewhere: shorter ones are words.
const MIN_COPY: usize = 12;
/// The shortest masked value that is looked for elsewhere as a whole.
const MIN_WHOLE: usize = 6;
/// As many masked values are looked for elsewhere.
const MAX_COPIES: usize = 64;
/// A run of letters and digits of this length is more likely a signature than a word.
const LONG_RUN: usize = 32;

/// Words in the name of a header, a parameter or a field that holds a credential.
const WORDS: &[&str] = &[
    "apikey",
    "assertion",
    "auth",
    "authorization",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    "csrf",
    "hmac",
    "jwt",
    "otp",
    "passphrase",
    "passwd",
    "password",
    "pwd",
    "secret",
    "session",
    "sig",
    "sign",
    "signature",
    "signatures",
    "token",
    "xsrf",
];

/// What makes a "key" a credential, where it stands before it.
const KEY_OF: &[&str] = &[
    "access",
    "api",
    "app",
    "auth",
    "encryption",
    "private",
    "secret",
    "shared",
    "signing",
    "webhook",
];

/// Headers whose values are long and harmless.
const PLAIN_HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "b3",
    "content-length",
    "content-type",
    "digest",
    "content-digest",
    "host",
    "traceparent",
    "tracestate",
    "user-agent",
    "via",
    "x-amzn-trace-id",
    "x-cloud-trace-context",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-request-id",
];

/// What of one delivery is not shown.
#[derive(Debug, Default)]
pub(super) struct Masks<'a> {
    places: Vec<&'a Locate>,
    /// Where the scheme has something that is no secret, however it looks.
    plain: Vec<&'a Locate>,
    /// What was found at the places, and must not be shown elsewhere.
    values: Vec<String>,
}

impl<'a> Masks<'a> {
    /// What of a delivery with this head and this text as its body is not shown.
    pub(super) fn new(
        scheme: Option<&'a Scheme>,
        headers: &HeaderMap,
        uri: &Uri,
        body: Option<(&str, Option<MediaType>)>,
    ) -> Self {
        let mut masks = Self::default();
        if let Some(scheme) = scheme {
            masks.read(scheme);
        }
        let mut values = Values::default();
        for (name, value) in headers {
            if masks.hides_header(name, value.as_bytes()) {
                values.add(&String::from_utf8_lossy(value.as_bytes()));
            }
        }
        for (name, value) in pairs(uri.query().unwrap_or_default().as_bytes()) {
            let value = String::from_utf8_lossy(&value);
            if masks.hides_query(&String::from_utf8_lossy(&name), &value) {
                values.add(&value);
            }
        }
        if let Some((text, kind)) = body {
            pretty::print(text, kind, &masks, &mut |masked| values.add(masked));
        }
        // The longest first, so that none is left in part by one that it contains.
        values
            .0
            .sort_unstable_by_key(|value| std::cmp::Reverse(value.len()));
        masks.values = values.0;
        masks
    }

    fn read(&mut self, scheme: &'a Scheme) {
        for shape in &scheme.shapes {
            self.places.push(&shape.signature.at);
            let secret = shape
                .fields
                .iter()
                .filter(|field| is_of_secret(field.is.as_ref()));
            self.places.extend(secret.map(|field| &field.at));
            self.plain.extend(&shape.event_id);
            self.plain.extend(&shape.event_type);
            self.plain
                .extend(shape.timestamp.as_ref().map(|timestamp| &timestamp.at));
        }
        for handshake in &scheme.handshakes {
            let secret = handshake.when.iter();
            let secret = secret.filter(|expect| matches!(expect.is, Expected::Secret { .. }));
            self.places.extend(secret.map(|expect| &expect.at));
            let key = handshake.challenge.as_ref().filter(|_| handshake.pairs);
            self.places.extend(key.map(|key| &key.at));
        }
    }

    /// Whether a credential stands in the body, as the scheme says.
    pub(super) fn is_in_body(&self) -> bool {
        self.places.iter().any(|at| at.is_in_body())
    }

    pub(super) fn hides_header(&self, name: &HeaderName, value: &[u8]) -> bool {
        if self.places.iter().any(|at| is_header(at, name)) || has_word(name.as_str(), Any) {
            return true;
        }
        let is_plain = PLAIN_HEADERS.contains(&name.as_str())
            || self.plain.iter().any(|at| is_header(at, name));
        !is_plain && looks_secret(&String::from_utf8_lossy(value))
    }

    fn hides_query(&self, name: &str, value: &str) -> bool {
        let is_place = |at: &&Locate| matches!(at, Locate::Query(place) if place == name);
        let is_plain = self.plain.iter().any(is_place);
        self.places.iter().any(is_place)
            || has_word(name, Any)
            || (!is_plain && looks_secret(value))
    }

    /// Whether a value of the JSON body is not shown; the path has the names and numbers from the root on.
    pub(super) fn hides_json(&self, path: &[String], is_text: bool) -> bool {
        let is_place = |at: &&Locate| match at {
            // In a batch the place is below the item, so the end of the path is what counts.
            Locate::Json(pointer) => {
                let steps: Vec<_> = pointer.steps().collect();
                let end = path.len().checked_sub(steps.len());
                end.and_then(|end| path.get(end..))
                    .is_some_and(|end| !end.is_empty() && end.iter().eq(steps.iter()))
            }
            _ => false,
        };
        let has_name = || path.last().is_some_and(|name| has_word(name, Last));
        self.places.iter().any(is_place) || (is_text && has_name())
    }

    pub(super) fn hides_form(&self, name: &str) -> bool {
        let is_place = |at: &&Locate| matches!(at, Locate::Form(place) | Locate::OnlyForm(place) if place == name);
        self.places.iter().any(is_place) || has_word(name, Last)
    }

    /// The text without copies of what is masked elsewhere.
    pub(super) fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for value in &self.values {
            if text.contains(value) {
                text = Cow::Owned(text.replace(value, MASK));
            }
        }
        text
    }

    /// Whether these bytes have something in them that is masked elsewhere.
    pub(super) fn is_in(&self, bytes: &[u8]) -> bool {
        let mut values = self.values.iter();
        values.any(|value| text::find(bytes, value).is_some())
    }

    /// Path and query as received, each part as it was written, or masked.
    pub(super) fn target(&self, uri: &Uri) -> String {
        let hides = |text: &str| self.clean(text) != text || looks_secret(text);
        let mut target = String::new();
        for (number, segment) in uri.path().split('/').enumerate() {
            if number > 0 {
                target.push('/');
            }
            let decoded = percent_decode_str(segment).decode_utf8_lossy();
            target.push_str(if hides(&decoded) { MASK } else { segment });
        }
        let Some(query) = uri.query() else {
            return target;
        };
        for (number, pair) in query.split('&').enumerate() {
            target.push(if number == 0 { '?' } else { '&' });
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = pairs(pair.as_bytes()).next().unwrap_or_default();
            let decoded = [&decoded.0, &decoded.1].map(|text| String::from_utf8_lossy(text));
            let [plain_name, plain_value] = &decoded;
            target.push_str(if hides(plain_name) { MASK } else { name });
            if pair.contains('=') {
                target.push('=');
                let is_hidden = self.hides_query(plain_name, plain_value)
                    || self.clean(plain_value) != *plain_value;
                target.push_str(if is_hidden { MASK } else { value });
            }
        }
        target
    }
}

/// Whether a value is compared with a part of the secret.
fn is_of_secret(is: Option<&Template>) -> bool {
    is.is_some_and(|template| template.to_string().contains("{secret"))
}

fn is_header(at: &Locate, name: &HeaderName) -> bool {
    match at {
        Locate::Header(place) | Locate::RepeatedHeader(place) => place == name,
        Locate::Headers(places) => places.contains(name),
        Locate::HeaderFamily(prefix) => name.as_str().starts_with(prefix.as_str()),
        Locate::Bearer => *name == http::header::AUTHORIZATION,
        _ => false,
    }
}

/// Which of the words of a name count.
#[derive(Clone, Copy, PartialEq)]
enum Which {
    Any,
    /// `client_secret` is one, `secret_question_id` is none.
    Last,
}
use Which::{Any, Last};

/// Whether a name says that its value is a credential.
fn has_word(name: &str, which: Which) -> bool {
    let words = words(name);
    let is_one = |at: usize| {
        let word = words.get(at).map_or("", String::as_str);
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        WORDS.contains(&word)
            || (word == "key" && before.is_some_and(|word| KEY_OF.contains(&word.as_str())))
    };
    match which {
        Any => (0..words.len()).any(is_one),
        Last => words.len().checked_sub(1).is_some_and(is_one),
    }
}

/// The words of a name in any of the usual spellings, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (was_lower && c.is_uppercase()) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a value has the form of a signature, a key or credentials.
fn looks_secret(value: &str) -> bool {
    let has_scheme = ["basic ", "bearer ", "digest "].iter().any(|scheme| {
        let start = value.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    let is_run = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_');
    let mut runs = value.split(|c| !is_run(c));
    has_scheme
        || runs.any(|run| {
            // A path has slashes, and is no run of base64.
            run.len() >= LONG_RUN
                && run.matches('/').count() <= run.len() / 12
                && run.contains(|c: char| c.is_ascii_digit())
                && run.contains(|c: char| c.is_ascii_alphabetic())
        })
}

/// Masked values, as they are looked for elsewhere.
#[derive(Default)]
struct Values(Vec<String>);

impl Values {
    fn add(&mut self, value: &str) {
        let is_between = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '=' | '"');
        let parts = value.split(is_between);
        let parts = parts.filter(|part| part.len() >= MIN_COPY);
        let whole = Some(value).filter(|whole| whole.len() >= MIN_WHOLE);
        for value in whole.into_iter().chain(parts) {
            if self.0.len() < MAX_COPIES && !self.0.iter().any(|known| known == value) {
                self.0.push(value.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_a_credential() {
        for name in [
            "authorization",
            "cookie",
            "x-hub-signature-256",
            "stripe-signature",
            "x-api-key",
            "X-Gitlab-Token",
            "proxy-authorization",
            "clientSecret",
            "APIKey",
            "x-csrf-token",
            "webhook_key",
        ] {
            assert!(has_word(name, Any), "{name}");
        }
        for name in [
            "webhook-id",
            "x-github-delivery",
            "idempotency-key",
            "design",
            "monkey",
            "x-key-id",
        ] {
            assert!(!has_word(name, Any), "{name}");
        }
        assert!(has_word("client_secret", Last));
        assert!(!has_word("token_count", Last));
    }

    #[test]
    fn forms_say_what_is_a_credential() {
        for value in [
            "Bearer x",
            "basic dXNlcjpwYXNz",
            "sha256=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39",
            "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
        ] {
            assert!(looks_secret(value), "{value}");
        }
        for value in [
            "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            "application/json; charset=utf-8",
            "/webhooks/payments/of/the/second/region/1",
            "GitHub-Hookshot/044aadd",
        ] {
            assert!(!looks_secret(value), "{value}");
        }
    }
}
