//! From a document to the keys in it.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::client::Client;
use crate::{
    crypto::public::{self, PublicKey},
    json,
    keys::PublishedKey,
    scheme::{Algorithm, CertificateRules, CertificateTrust, KeyDocument, is_name},
    timestamp::Timestamp,
};

/// The most keys of one document. A forged request that names none costs a check with each.
const MAX_KEYS: usize = 32;

/// The keys of a document.
pub(super) struct Keys {
    pub(super) keys: Vec<PublishedKey>,
}

impl Keys {
    /// Whether a key has this id, or none has any.
    pub(super) fn has(&self, id: &str) -> bool {
        let mut ids = self
            .keys
            .iter()
            .filter_map(|key| key.id.as_deref())
            .peekable();
        ids.peek().is_none() || ids.any(|known| known == id)
    }

    /// How long the last of the keys is still valid, where all of them have an end.
    pub(super) fn ends_in(&self, now: Timestamp) -> Option<Duration> {
        let ends: Option<Vec<_>> = self.keys.iter().map(|key| key.not_after).collect();
        let last = ends?.into_iter().max()?;
        Some(last.saturating_duration_since(now))
    }
}

/// Reads a document strictly; the error says why it is none.
pub(super) fn parse(
    document: &KeyDocument,
    algorithm: Algorithm,
    text: &str,
    client: &Client,
    now: Timestamp,
) -> Result<Keys, String> {
    let keys = match document {
        KeyDocument::JwkSet => json_keys(algorithm, text)?,
        KeyDocument::Pem => pem_keys(algorithm, text)?,
        KeyDocument::PemAt(pointer) => {
            let pem = json::value(text.as_bytes(), pointer)
                .map_err(|_| format!("the answer has no text at {pointer}"))?;
            pem_keys(algorithm, &pem)?
        }
        KeyDocument::Certificate(rules) => vec![certificate(algorithm, text, rules, client, now)?],
        KeyDocument::PlaidKey => plaid_key(algorithm, text)?,
    };
    if keys.len() > MAX_KEYS {
        return Err(format!("the answer has more than {MAX_KEYS} keys"));
    }
    Ok(Keys { keys })
}

fn json_keys(algorithm: Algorithm, text: &str) -> Result<Vec<PublishedKey>, String> {
    if !text.trim_start().starts_with('{') {
        return Err("the answer is no JWK set".to_owned());
    }
    let named = public::parse(algorithm, text).map_err(|error| error.to_string())?;
    let published = |named: public::NamedKey| PublishedKey {
        id: named.id,
        ..timeless(named.key)
    };
    Ok(named.into_iter().map(published).collect())
}

fn pem_keys(algorithm: Algorithm, text: &str) -> Result<Vec<PublishedKey>, String> {
    if !text.trim_start().starts_with("-----BEGIN ") || text.contains("-----BEGIN CERTIFICATE") {
        return Err("the answer is no public key in PEM".to_owned());
    }
    let named = public::parse(algorithm, text).map_err(|error| error.to_string())?;
    Ok(named.into_iter().map(|named| timeless(named.key)).collect())
}

fn timeless(key: PublicKey) -> PublishedKey {
    PublishedKey {
        id: None,
        key: Arc::new(key),
        not_before: None,
        not_after: None,
    }
}

fn certificate(
    algorithm: Algorithm,
    text: &str,
    rules: &CertificateRules,
    client: &Client,
    now: Timestamp,
) -> Result<PublishedKey, String> {
    let chain = public::certificates(text).ok_or("the answer is no certificate in PEM")?;
    let end = chain.first().and_then(|der| public::read_certificate(der));
    let end = end.ok_or("the answer has no X.509 certificate")?;
    let name = end
        .names
        .iter()
        .find(|name| rules.names.iter().any(|wanted| is_name(wanted, name)))
        .ok_or("the certificate is for another name")?;
    match rules.trust {
        CertificateTrust::Host => {}
        CertificateTrust::PublicRoots => {
            if !client.vouches_for(&chain, name, now) {
                return Err(
                    "the certificate's chain leads to no root that is trusted now; one \
                            between can be added as a root"
                        .to_owned(),
                );
            }
        }
    }
    let key = public::parse_certificate(algorithm, &end).map_err(|error| error.to_string())?;
    Ok(PublishedKey {
        not_before: Some(end.not_before),
        not_after: Some(end.not_after),
        ..timeless(key)
    })
}

/// Plaid's answer, as far as it is read.
#[derive(Deserialize)]
struct PlaidAnswer<'a> {
    #[serde(borrow)]
    key: &'a RawValue,
}

/// When Plaid takes a key out of use, in Unix seconds.
#[derive(Deserialize)]
struct PlaidTimes {
    expired_at: Option<i64>,
}

fn plaid_key(algorithm: Algorithm, text: &str) -> Result<Vec<PublishedKey>, String> {
    let wrong = |_| "the answer has no key".to_owned();
    let answer: PlaidAnswer<'_> = serde_json::from_str(text).map_err(wrong)?;
    let times: PlaidTimes = serde_json::from_str(answer.key.get()).map_err(wrong)?;
    let mut keys = json_keys(algorithm, answer.key.get())?;
    for key in &mut keys {
        key.not_after = times.expired_at.map(Timestamp::from_unix_seconds);
    }
    Ok(keys)
}
