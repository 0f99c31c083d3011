//! Tokens: what is special about signatures that bring their own content. What holds for every signature is
//! in the tables of the other modules, which run on tokens as well.

mod claims;
mod form;
#[cfg(feature = "public-key")]
mod keys;
mod messagebird;
mod moved;
mod times;

use std::rc::Rc;

use axum_webhook::{
    Keyring, Secret, providers,
    scheme::{Algorithm, Scheme, SecretFormat},
    sign::Signed,
};
use http::{HeaderMap, Method};

use super::{
    delivery::Delivery,
    jwt,
    samples::{NOW, SAMPLES, Sample, sample, secret},
};

/// The providers whose tokens these tests can sign.
fn samples() -> impl Iterator<Item = &'static Sample> {
    let is_token = |sample: &&Sample| sample.scheme().algorithm.name().starts_with("jwt-");
    SAMPLES.iter().filter(is_token)
}

/// A genuine delivery of each of them.
fn genuine() -> impl Iterator<Item = Delivery> {
    samples().map(Sample::delivery)
}

/// The genuine delivery of one of them.
fn delivery(provider: &str) -> Delivery {
    sample(provider).delivery()
}

/// The scheme of a provider with a public key, as if it signed with a secret: what a token must say
/// is the same.
fn under_hs256(describe: fn() -> Scheme) -> Scheme {
    Scheme {
        algorithm: Algorithm::JwtHs256,
        secret: SecretFormat::Text,
        remote_keys: None,
        ..describe()
    }
}

/// A delivery of `{}` without a token, to be judged with the keys of `secret`.
fn bare(scheme: &Scheme, secret: Secret) -> Delivery {
    let keyring = Keyring::new(scheme, secret).unwrap();
    let signed = Signed {
        method: Method::POST,
        url: "https://hooks.example.com/webhooks/in".to_owned(),
        headers: HeaderMap::new(),
        body: b"{}".to_vec(),
    };
    Delivery::new(&scheme.id, &Rc::new(scheme.clone()), keyring, signed, NOW)
}

/// A delivery of a scheme with a secret, with these claims.
fn deliver(scheme: &Scheme, claims: &str) -> Delivery {
    bare(scheme, secret(scheme, 1)).resigned(jwt::HEADER, claims)
}

#[test]
fn the_providers_whose_tokens_can_be_signed_are_known() {
    let names: Vec<_> = samples().map(|sample| sample.provider).collect();
    assert_eq!(names, ["messagebird", "monday", "netlify", "vonage"]);
    let all = providers::ALL.iter().map(|(_, describe)| describe());
    let public = all.filter(|scheme| {
        scheme.algorithm.name().starts_with("jwt-") && scheme.algorithm.has_public_key()
    });
    assert_eq!(public.count(), 5);
}
