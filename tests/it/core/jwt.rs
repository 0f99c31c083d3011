//! Tokens as a provider's own library would make them: an implementation beside the crate's, which
//! also makes what no provider sends.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use axum_webhook::scheme::Locate;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value};
use sha2::Sha256;

use super::{delivery::Delivery, samples::secret_text};

/// The header of a token with HS256.
pub(super) const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// A part of a token.
pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a part of a token.
pub(super) fn decode(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}

/// The signature with HS256.
pub(super) fn mac(key: &[u8], input: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(input.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// A token, signed with HS256 whatever its header says.
pub(super) fn token(header: &str, payload: &str, key: &[u8]) -> String {
    let input = format!("{}.{}", encode(header), encode(payload));
    let signature = encode(mac(key, &input));
    format!("{input}.{signature}")
}

/// What a token says: names with their values as JSON text, in any order and number.
#[derive(Clone, Debug)]
pub(super) struct Claims(Vec<(String, String)>);

impl Claims {
    fn read(payload: &[u8]) -> Self {
        let claims: Map<String, Value> = serde_json::from_slice(payload).unwrap();
        let texts = claims
            .into_iter()
            .map(|(name, value)| (name, value.to_string()));
        Self(texts.collect())
    }

    /// The JSON text of a claim.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut claims = self.0.iter();
        let (_, value) = claims.find(|(known, _)| known == name)?;
        Some(value)
    }

    /// A time, where the claim is there.
    pub(super) fn seconds(&self, name: &str) -> Option<i64> {
        self.get(name).map(|value| value.parse().unwrap())
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// Gives a claim another value, which is any text.
    pub(super) fn set(&mut self, name: &str, value: impl ToString) {
        self.remove(name);
        self.push(name, value);
    }

    /// Adds a claim, even if it is there already.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a number is easier to read than its address"
    )]
    pub(super) fn push(&mut self, name: &str, value: impl ToString) {
        self.0.push((name.to_owned(), value.to_string()));
    }

    /// The payload.
    pub(super) fn json(&self) -> String {
        let members = self
            .0
            .iter()
            .map(|(name, value)| format!("{name:?}:{value}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}

/// Of a delivery that is signed with a token.
impl Delivery {
    /// Header, payload and signature, as they stand there.
    pub(super) fn token_parts(&self) -> [String; 3] {
        let text = self.signature_text();
        let token = text.strip_prefix(&self.shape().signature.prefix).unwrap();
        let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        parts.try_into().unwrap()
    }

    /// What the token says.
    pub(super) fn claims(&self) -> Claims {
        Claims::read(&decode(&self.token_parts()[1]))
    }

    /// The same delivery with any text in place of the token.
    #[track_caller]
    pub(super) fn with_token(&self, token: &str) -> Self {
        let text = format!("{}{token}", self.shape().signature.prefix);
        self.with_signature_text(&text).unwrap()
    }

    /// The same delivery with this header and payload, signed with HS256 and the first secret.
    pub(super) fn resigned(&self, header: &str, payload: &str) -> Self {
        let key = secret_text(&self.scheme, 1);
        self.with_token(&token(header, payload, key.as_bytes()))
    }

    /// The same delivery with other claims, signed with HS256 and the first secret.
    pub(super) fn with_claims(&self, change: impl FnOnce(&mut Claims)) -> Self {
        let mut claims = self.claims();
        change(&mut claims);
        self.resigned(HEADER, &claims.json())
    }

    /// The same delivery with other claims under the signature that it has.
    pub(super) fn with_claims_unsigned(&self, change: impl FnOnce(&mut Claims)) -> Self {
        let mut claims = self.claims();
        change(&mut claims);
        let [header, _, signature] = self.token_parts();
        let payload = encode(claims.json());
        self.with_token(&format!("{header}.{payload}.{signature}"))
    }

    /// The name of the claim at a place.
    pub(super) fn claim_name(place: &Locate) -> Option<String> {
        let Locate::Claim(pointer) = place else {
            return None;
        };
        Some(pointer.to_string()[1..].to_owned())
    }
}
