//! Tokens, as the provider would make them.

use serde_json::{Map, Value};

use crate::{
    crypto::jws,
    keys::{Key, Keyring, Secrets},
    scheme::{Claim, JsonPointer, Locate},
    sign::{SignError, Signer, put},
    timestamp::Timestamp,
};

/// For how long a token that has to expire is good: as most providers have it.
const LIFETIME_SECONDS: i64 = 300;

impl Signer<'_> {
    /// Puts a value into the token that is being made. The delivery's time is a number there; an id
    /// is a text, also one of digits.
    pub(super) fn place_claim(&mut self, at: &JsonPointer, value: &str) -> Result<(), SignError> {
        let time = self.shape.timestamp.as_ref();
        let is_time = time.is_some_and(|field| matches!(&field.at, Locate::Claim(it) if it == at));
        let number = value.parse::<i64>().ok().filter(|_| is_time);
        let value = number.map_or_else(|| Value::from(value), Value::from);
        put(&mut self.claims, at, value).ok_or(SignError::Unsupported)
    }

    /// Signs with a token.
    pub(super) fn sign_token(
        &mut self,
        keyring: &Keyring,
        secrets: &Secrets,
        now: Timestamp,
    ) -> Result<(), SignError> {
        let key = keyring.all().first().ok_or(SignError::Unsupported)?;
        let secret = secrets.get(0).ok_or(SignError::Unsupported)?;
        let header = jws::header(self.scheme.algorithm).ok_or(SignError::Unsupported)?;
        let (payload, shown) = if let Some(content) = &self.shape.content {
            let detached = self.with_reading(None, |reading| {
                let mut payload = Vec::new();
                reading.feed(content, Some(key), &mut |bytes| payload.extend(bytes))?;
                Ok(jws::encode(&payload))
            })?;
            (detached, String::new())
        } else {
            for claim in &self.shape.claims {
                self.fill(claim, key, now)?;
            }
            let claims = match &self.claims {
                Value::Null => Value::Object(Map::new()),
                claims => claims.clone(),
            };
            let payload = jws::encode(claims.to_string().as_bytes());
            (payload.clone(), payload)
        };
        let input = format!("{header}.{payload}");
        let signature = match key.hasher() {
            Some(hasher) => {
                let mut hasher = hasher.clone();
                hasher.update(input.as_bytes());
                jws::encode(hasher.finish().as_bytes())
            }
            None => jws::encode(
                &secret
                    .sign(input.as_bytes())
                    .ok_or(SignError::Unsupported)?,
            ),
        };
        let prefix = &self.shape.signature.prefix;
        let token = format!("{prefix}{header}.{shown}.{signature}");
        self.place(&self.shape.signature.at, &token)
    }

    /// Gives the token a claim that it has to have.
    fn fill(&mut self, claim: &Claim, key: &Key, now: Timestamp) -> Result<(), SignError> {
        let is_there = self.claims.pointer(&claim.at.to_string()).is_some();
        if is_there || (claim.unless_empty && self.signed.body.is_empty()) {
            return Ok(());
        }
        let value = match (claim.is.first(), claim.at.to_string().as_str()) {
            (Some(template), _) => {
                let text = self.with_reading(None, |reading| {
                    let mut text = Vec::new();
                    reading.feed(template, Some(key), &mut |bytes| text.extend(bytes))?;
                    Ok(String::from_utf8_lossy(&text).into_owned())
                })?;
                text.parse().map_or(Value::String(text), Value::Bool)
            }
            (None, "/exp") => (now.unix_seconds() + LIFETIME_SECONDS).into(),
            (None, "/iat" | "/nbf") => now.unix_seconds().into(),
            (None, at) => return Err(SignError::MissingValue(at.to_owned())),
        };
        put(&mut self.claims, &claim.at, value).ok_or(SignError::Unsupported)
    }
}

#[cfg(all(test, feature = "jwt"))]
mod tests {
    use crate::{
        Secret, Timestamp, providers,
        sign::{Draft, SignError},
    };

    /// What the token of a signed delivery says.
    fn payload(id: Option<&str>) -> Result<String, SignError> {
        let draft = Draft::new("{}").with_timestamp(Timestamp::from_unix_seconds(1_700_000_000));
        let draft = id.into_iter().fold(draft, Draft::with_id);
        let secret = Secret::new("the secret of the test").expect("a secret");
        let signed = draft.sign(&providers::vonage(), secret)?;
        let token = signed.headers.get("authorization").expect("a token");
        let payload = crate::crypto::jws::payload(token.to_str().expect("a text"));
        Ok(String::from_utf8(payload.expect("a payload")).expect("JSON"))
    }

    #[test]
    fn an_id_stays_the_text_that_it_is() {
        for id in [
            "evt_1",
            "0123456789",
            "+1234567890",
            "1234567890123",
            "true",
        ] {
            let claims = payload(Some(id)).expect("it can be signed");
            assert!(claims.contains(&format!(r#""jti":"{id}""#)), "{claims}");
            assert!(claims.contains(r#""iat":1700000000,"#), "{claims}");
        }
    }

    #[test]
    fn a_claim_that_nobody_gives_is_missing() {
        assert_eq!(
            payload(None),
            Err(SignError::MissingValue("/jti".to_owned()))
        );
    }
}
