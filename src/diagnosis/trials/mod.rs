//! What would have to be different for the signature to be right: tried out, within a bound.

mod body;
mod json;
mod keys;
mod scheme;
mod url;

use crate::{
    diagnosis::{Case, Code, Diagnosis},
    incoming::{Head, Incoming},
    keys::Keyring,
    public_url::PublicUrl,
    scheme::{Scheme, UrlPorts},
    timestamp::Timestamp,
    verify::{self, Authentic, VerifyError},
};

/// The most MACs, or other checks of a signature, that one refusal costs.
pub(crate) const MAX_MACS: usize = 64;

/// The most bytes that one refusal has hashed or written anew.
// About 10 ms where the processor knows nothing of SHA-256, 1 ms where it does.
pub(crate) const MAX_BYTES: usize = 2 << 20;

/// Another endpoint of the same layer.
#[derive(Clone)]
pub(crate) struct Other<'a> {
    pub(crate) name: &'a str,
    pub(crate) scheme: &'a Scheme,
    pub(crate) keyring: Keyring,
    pub(crate) public_url: Option<&'a PublicUrl>,
}

/// Tries what a person would try, the likeliest first, until something fits.
pub(super) fn run(error: &VerifyError, case: &Case<'_>, others: &[Other<'_>]) -> Option<Diagnosis> {
    let (Some(received), Some(keyring)) = (case.body, case.keyring) else {
        return None;
    };
    // Whether it is in time is another question, asked and answered before.
    let timeless = Scheme {
        tolerance: None,
        ..case.scheme.clone()
    };
    let mut trials = Trials {
        case: Case {
            scheme: &timeless,
            ..*case
        },
        body: received,
        keyring,
        macs: 0,
        bytes: 0,
        cut: false,
    };
    let found = match error {
        VerifyError::Mismatch | VerifyError::BodyHashMismatch => {
            let found = keys::run(&mut trials)
                .or_else(|| body::run(&mut trials))
                .or_else(|| url::run(&mut trials));
            found
                .or_else(|| scheme::time(&mut trials))
                .or_else(|| scheme::preset(&mut trials))
                .or_else(|| keys::other_endpoint(&mut trials, others))
                .or_else(|| scheme::content(&mut trials))
        }
        VerifyError::ClaimMismatch { .. } => {
            body::run(&mut trials).or_else(|| url::run(&mut trials))
        }
        VerifyError::NoLiveKey | VerifyError::UnknownKeyId => keys::run(&mut trials),
        VerifyError::SignatureMalformed { .. } => {
            scheme::encoding(&mut trials).or_else(|| scheme::preset(&mut trials))
        }
        VerifyError::TimestampMalformed { .. } => scheme::unit(&mut trials),
        VerifyError::NoShape | VerifyError::Missing { .. } | VerifyError::Malformed { .. } => {
            scheme::preset(&mut trials).or_else(|| keys::other_endpoint(&mut trials, others))
        }
        _ => return None,
    };
    let note = |code, what: String| Some(Diagnosis::new(code, what));
    let macs = trials.macs;
    found.or_else(|| {
        if trials.cut {
            return note(
                Code::TrialsCut,
                format!("after {macs} trials their limit was reached, and none fitted"),
            );
        }
        if macs == 0 {
            return None;
        }
        note(
            Code::TrialsNone,
            format!(
                "none of {macs} trials fitted: another secret, or a body that was changed in some other way"
            ),
        )
    })
}

/// The trials of one refusal, and what they have cost.
struct Trials<'a> {
    case: Case<'a>,
    body: &'a [u8],
    keyring: &'a Keyring,
    /// How many MACs were made, counted from above.
    macs: usize,
    bytes: usize,
    cut: bool,
}

/// What is different in a trial.
#[derive(Clone, Copy)]
struct Variant<'v> {
    head: Head<'v>,
    body: &'v [u8],
    scheme: &'v Scheme,
    keyring: &'v Keyring,
    now: Timestamp,
}

impl<'a> Trials<'a> {
    /// The request as it is, of which a trial changes one thing.
    fn as_is(&self) -> Variant<'a> {
        Variant {
            head: self.case.head,
            body: self.body,
            scheme: self.case.scheme,
            keyring: self.keyring,
            now: self.case.now,
        }
    }

    /// Whether the signature is right with this.
    fn fits(&mut self, variant: Variant<'_>) -> Option<Authentic> {
        if !self.take(&variant) {
            return None;
        }
        let incoming = Incoming {
            head: variant.head,
            body: variant.body,
        };
        verify::verify(&incoming, variant.scheme, variant.keyring, variant.now).ok()
    }

    /// Takes the cost of a trial off what is left; `false` where that is not enough.
    fn take(&mut self, variant: &Variant<'_>) -> bool {
        let checks = variant.keyring.all().len() * variant.checks_of_a_key();
        let (checks, bytes) = (
            self.macs.saturating_add(checks),
            // Once more for what is read of the body beside its MAC.
            self.bytes
                .saturating_add((checks + 1).saturating_mul(variant.body.len())),
        );
        if checks > MAX_MACS || bytes > MAX_BYTES {
            self.cut = true;
            return false;
        }
        (self.macs, self.bytes) = (checks, bytes);
        true
    }

    /// How long a body may be that is still worth being written anew.
    const fn room(&self) -> usize {
        MAX_BYTES.saturating_sub(self.bytes) / 2
    }
}

impl Variant<'_> {
    /// The most checks that one key is good for, counted from above: how many signatures, forms of the URL, sets
    /// and items there can be.
    fn checks_of_a_key(&self) -> usize {
        let shapes = &self.scheme.shapes;
        let Some(shape) = shapes.iter().find(|shape| verify::fits(shape, self.head)) else {
            return 1;
        };
        let ports = if self.scheme.url_ports == UrlPorts::Either {
            2
        } else {
            1
        };
        let list = shape.signature.list.as_ref();
        let sets = if list.is_some_and(|list| list.sets.is_some()) {
            verify::MAX_SETS
        } else {
            1
        };
        // One MAC is compared with all entries; a public key is tried with each.
        let single = list.is_none() && shape.signature.at.is_single_in_head();
        let entries = if self.scheme.algorithm.has_public_key() && !single {
            verify::MAX_SIGNATURES
        } else {
            1
        };
        let items = shape.each.as_ref().map_or(1, |batch| {
            let root = crate::json::root(self.body);
            let array = root.and_then(|root| crate::json::at(root, &batch.array));
            let elements = array.and_then(crate::json::elements);
            elements.map_or(1, Iterator::count)
        });
        ports * sets * entries * items
    }
}
