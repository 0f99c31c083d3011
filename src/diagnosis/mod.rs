//! Why a request was refused, in plain words: for the operator, made after the verdict, and never acted on.
//!
#![doc = include_str!("../../docs/DIAGNOSIS.md")]

mod cause;
mod facts;
mod form;
mod head;
mod known;
mod level;
mod signature;
mod time;
mod trials;
mod unselected;
mod words;

use crate::{
    incoming::{Head, Incoming},
    keys::{Keyring, Secrets},
    scheme::Scheme,
    timestamp::Timestamp,
    verify::{self, VerifyError},
};

pub(crate) use self::{
    cause::Code,
    facts::said,
    level::Depth,
    trials::Other,
    unselected::{Known, bare_path, near_path, no_such_path, not_detected},
    words::span,
};
pub use self::{cause::Diagnosis, level::DiagnosisLevel};

/// What a diagnosis may look at.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) head: Head<'a>,
    /// As it is signed; `None` where it was not read.
    pub(crate) body: Option<&'a [u8]>,
    pub(crate) scheme: &'a Scheme,
    /// `None` where the request was refused before there were any keys.
    pub(crate) keyring: Option<&'a Keyring>,
    pub(crate) now: Timestamp,
}

impl<'a> Case<'a> {
    fn incoming(&self) -> Incoming<'a> {
        Incoming {
            head: self.head,
            body: self.body.unwrap_or_default(),
        }
    }
}

/// Says why a request is not genuine, with every trial; nothing where it is genuine.
///
/// It reads no clock and does no I/O. Its work is bounded, as that of a layer's trials.
///
/// ```
/// use axum_webhook::{Incoming, Secret, Timestamp, diagnosis::diagnose, providers, sign::Draft};
/// use http::{Method, Uri};
///
/// let secret = Secret::new("It's a Secret to Everybody")?;
/// let signed = Draft::new(r#"{"zen":1}"#).sign(&providers::github(), secret.clone())?;
///
/// let uri = Uri::from_static("/webhooks/github");
/// let body = b"{\"zen\":1}\n";
/// let incoming = Incoming::new(&Method::POST, &uri, &signed.headers, body);
/// let why = diagnose(&incoming, &providers::github(), &secret.into(), Timestamp::now());
/// assert_eq!(why[0].code(), "body-newline");
/// assert!(why[0].is_proven());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn diagnose(
    incoming: &Incoming<'_>,
    scheme: &Scheme,
    secrets: &Secrets,
    now: Timestamp,
) -> Vec<Diagnosis> {
    let keyring = match Keyring::new(scheme, secrets.clone()) {
        Ok(keyring) => keyring,
        Err(error) => return vec![Diagnosis::new(Code::SecretForm, error.to_string())],
    };
    let case = Case {
        head: incoming.head,
        body: Some(incoming.body),
        scheme,
        keyring: Some(&keyring),
        now,
    };
    match verify::verify(incoming, scheme, &keyring, now) {
        Ok(_) => Vec::new(),
        Err(error) => with_trials(&error, &case, &[]),
    }
}

/// The hints alone, which cost no MAC.
pub(crate) fn hints(error: &VerifyError, case: &Case<'_>) -> Vec<Diagnosis> {
    in_order(error, case, None)
}

/// What the trials have shown, and the hints.
pub(crate) fn with_trials(
    error: &VerifyError,
    case: &Case<'_>,
    others: &[Other<'_>],
) -> Vec<Diagnosis> {
    in_order(error, case, trials::run(error, case, others))
}

/// What is proven, what is likely, then the plain facts.
fn in_order(error: &VerifyError, case: &Case<'_>, trial: Option<Diagnosis>) -> Vec<Diagnosis> {
    let mut found = head::hints(error, case);
    found.extend(signature::hints(error, case));
    found.extend(time::hints(error, case));
    found.extend(facts::causes(error, case));
    match trial {
        Some(proven) if proven.is_proven() => found.insert(0, proven),
        Some(note) => found.push(note),
        None if found.is_empty() => {
            found.push(Diagnosis::new(Code::of(error), error.to_string()));
        }
        None => {}
    }
    found.extend(facts::facts(error, case));
    found
}
