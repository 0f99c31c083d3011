//! Deliveries for property tests, genuine and forged, each with its verdict (feature `proptest`).
//!
//! ```
//! use axum_webhook::{Keyring, Secret, providers, testing::strategy};
//! use proptest::{prelude::*, test_runner::TestRunner};
//!
//! let (scheme, secret) = (providers::stripe(), Secret::new("whsec_x")?);
//! let keyring = Keyring::new(&scheme, secret.clone())?;
//! TestRunner::default().run(&strategy::deliveries(&scheme, secret)?, |trial| {
//!     let verdict = trial.verify(&scheme, &keyring);
//!     prop_assert_eq!(verdict.err().map(|error| error.code()), trial.code());
//!     Ok(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use axum_core::body::Body;
use http::Request;
use proptest::{prelude::*, sample::Index};

use crate::{
    incoming::Incoming,
    keys::{Keyring, Secrets},
    scheme::{Family, Scheme},
    sign::{SignError, Signed, split_url},
    testing::{Delivery, request, sample::sample_of},
    timestamp::Timestamp,
    verify::{Authentic, VerifyError, verify},
};

/// A delivery, the receiver's time, and the verdict that it has to get.
#[derive(Clone, Debug)]
pub struct Trial {
    name: &'static str,
    code: Option<&'static str>,
    signed: Signed,
    now: Timestamp,
}

impl Trial {
    /// `genuine`, or the [near miss's](crate::testing::NearMiss::name).
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The code by which it has to be refused; `None` where it has to be accepted.
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        self.code
    }

    /// The time that the receiver's [`FixedClock`](crate::testing::FixedClock) has to show.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The delivery, for a real client.
    #[must_use]
    pub const fn signed(&self) -> &Signed {
        &self.signed
    }

    /// The request, for `tower::ServiceExt::oneshot`. Its `public_url` is `https://example.com`.
    ///
    /// # Errors
    ///
    /// If the URL is not one.
    pub fn request(&self) -> Result<Request<Body>, SignError> {
        request(&self.signed).map_err(|_| SignError::Url)
    }

    /// The verdict of the core, without a layer.
    ///
    /// # Errors
    ///
    /// With the reason, where it is refused.
    pub fn verify(&self, scheme: &Scheme, keyring: &Keyring) -> Result<Authentic, VerifyError> {
        let Signed {
            method,
            url,
            headers,
            body,
        } = &self.signed;
        let Ok((public_url, uri)) = split_url(url) else {
            return Err(VerifyError::NoPublicUrl);
        };
        let incoming = Incoming::new(method, &uri, headers, body).with_public_url(&public_url);
        verify(&incoming, scheme, keyring, self.now)
    }
}

/// Deliveries of every shape of `scheme`, half of them genuine and half of them near misses, of any
/// time and with any text in what their bodies are free to say.
///
/// # Errors
///
/// As [`Delivery::sign`], before the first one is made: [`SignError::Unsupported`] where only the provider can sign.
pub fn deliveries(
    scheme: &Scheme,
    secrets: impl Into<Secrets>,
) -> Result<BoxedStrategy<Trial>, SignError> {
    let (scheme, secrets) = (scheme.clone(), secrets.into());
    for shape in 0..scheme.shapes.len().max(1) {
        Delivery::of_shape(&scheme, shape, secrets.clone()).sign()?;
    }
    // What a token says of its own end is not in the scheme.
    let (past, future) = match scheme.tolerance {
        Some(tolerance) if scheme.algorithm.family() != Family::Token => (
            tolerance.past.duration().as_secs(),
            tolerance.future.duration().as_secs(),
        ),
        _ => (0, 0),
    };
    let window = -past.cast_signed()..=future.cast_signed();
    // Of ten digits, as every Unix time that is signed has them.
    let now = 1_100_000_000_i64..9_000_000_000;
    let of = (
        any::<Index>(),
        any::<String>(),
        now,
        window,
        any::<Option<Index>>(),
    );
    let trials = of.prop_filter_map(
        "it can't be signed",
        move |(shape, text, now, offset, miss)| {
            let shape = shape.index(scheme.shapes.len());
            let now = Timestamp::from_unix_seconds(now);
            let sent = match miss {
                Some(_) => now,
                None => Timestamp::from_unix_seconds(now.unix_seconds() + offset),
            };
            let draft = sample_of(scheme.shapes.get(shape)?, sent, &text);
            let delivery = Delivery::of_shape(&scheme, shape, secrets.clone())
                .with_draft(|_| draft)
                .with_time(sent);
            let Some(miss) = miss else {
                return Some(Trial {
                    name: "genuine",
                    code: None,
                    signed: delivery.sign().ok()?,
                    now,
                });
            };
            let misses = delivery.near_misses().ok()?;
            let miss = misses.get(miss.index(misses.len()))?;
            Some(Trial {
                name: miss.name(),
                code: Some(miss.code()),
                signed: miss.signed().clone(),
                now,
            })
        },
    );
    Ok(trials.boxed())
}
