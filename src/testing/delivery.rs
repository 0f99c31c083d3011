//! A delivery as its provider would send it, and what a forger would make of it.

use axum_core::body::Body;
use http::Request;

use crate::{
    keys::Secrets,
    scheme::Scheme,
    sign::{Draft, SignError, Signed},
    testing::{
        near_miss::{self, NearMiss},
        request,
        sample::{sample_of, usual_shape},
        secret::other_secret,
    },
    timestamp::Timestamp,
};

/// A delivery of any scheme: everything that the scheme asks for is there, and can be said otherwise.
///
/// ```
/// use axum_webhook::{Secret, providers, testing::Delivery};
///
/// let delivery = Delivery::new(&providers::stripe(), Secret::new("whsec_x")?)
///     .with_body(r#"{"id":"evt_1","type":"charge.refunded"}"#)
///     .with_url("https://example.com/webhooks/stripe");
/// let request = delivery.request()?;
/// assert_eq!(request.uri(), "/webhooks/stripe");
/// assert!(request.headers().contains_key("stripe-signature"));
///
/// let names: Vec<_> = delivery.near_misses()?.iter().map(|miss| miss.name()).collect();
/// assert!(names.contains(&"stale") && names.contains(&"wrong key"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Delivery {
    /// With the shape of the delivery alone, so that the signer has no choice.
    signer: Scheme,
    /// As the receiver has it.
    scheme: Scheme,
    secrets: Secrets,
    time: Timestamp,
    draft: Draft,
}

impl Delivery {
    /// Creates a delivery of `scheme`, sent now to `https://example.com/webhook`.
    ///
    /// Its shape is the first that asks for no content type, or else for JSON; its event id is of the
    /// present second. With several secrets it is signed as during a rotation.
    pub fn new(scheme: &Scheme, secrets: impl Into<Secrets>) -> Self {
        Self::of_shape(scheme, usual_shape(scheme).unwrap_or(0), secrets)
    }

    /// As [`new`](Self::new), of another of the scheme's [`shapes`](Scheme::shapes), counted from 0: a form,
    /// where the provider sends JSON too.
    pub fn of_shape(scheme: &Scheme, shape: usize, secrets: impl Into<Secrets>) -> Self {
        let time = Timestamp::now();
        let shapes: Vec<_> = scheme.shapes.get(shape).cloned().into_iter().collect();
        Self {
            draft: match shapes.first() {
                Some(shape) => sample_of(shape, time, "hello"),
                None => Draft::new("{}"),
            },
            signer: Scheme {
                shapes,
                ..scheme.clone()
            },
            scheme: scheme.clone(),
            secrets: secrets.into(),
            time,
        }
    }

    /// Says the body. Signed values that the scheme has in the body are added where it lacks them.
    pub fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        self.with_draft(|draft| draft.with_body(body))
    }

    /// Says the full URL as the provider knows it. Where the URL is signed, it has to begin with the endpoint's `public_url`.
    pub fn with_url(self, url: impl Into<String>) -> Self {
        self.with_draft(|draft| draft.with_url(url))
    }

    /// Says when it is sent; the default is the time at which it was created.
    pub fn with_time(mut self, time: Timestamp) -> Self {
        self.time = time;
        self
    }

    /// Says anything else of it: id, type, method, content type, the fields of the scheme.
    pub fn with_draft(mut self, change: impl FnOnce(Draft) -> Draft) -> Self {
        self.draft = change(self.draft);
        self
    }

    /// Signs it, for a real client: method, URL, headers and body.
    ///
    /// # Errors
    ///
    /// As [`Draft::sign`]; [`SignError::Unsupported`] where only the provider can sign.
    pub fn sign(&self) -> Result<Signed, SignError> {
        self.signed(self.time, self.secrets.clone())
    }

    /// The request, for `tower::ServiceExt::oneshot`.
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign).
    pub fn request(&self) -> Result<Request<Body>, SignError> {
        request(&self.sign()?).map_err(|_| SignError::Url)
    }

    /// Deliveries that are nearly this one, each of which has to be refused, with the code that it is refused by.
    ///
    /// Which ones there are follows from the scheme: `stale` and `future` (a minute outside its
    /// [`tolerance`](Scheme::tolerance), so an endpoint with another one needs a scheme with that one) where
    /// it has a window, `tampered body` where it signs the body, and so on. A [`Credential`](crate::scheme::Coverage::Credential) covers no body, so nobody promises to see that it has changed.
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign).
    pub fn near_misses(&self) -> Result<Vec<NearMiss>, SignError> {
        let genuine = self.sign()?;
        let mut misses = vec![NearMiss::new(
            "wrong key",
            "mismatch",
            self.signed(self.time, self.other_secret())?,
        )];
        if let Some(shape) = self.signer.shapes.first() {
            for (name, code, time) in near_miss::times(&self.scheme, shape, self.time) {
                let signed = self.signed(time, self.secrets.clone())?;
                misses.push(NearMiss::new(name, code, signed));
            }
            misses.extend(near_miss::changed(&self.scheme, shape, &genuine));
        }
        Ok(misses)
    }

    fn signed(&self, time: Timestamp, secrets: impl Into<Secrets>) -> Result<Signed, SignError> {
        let draft = self.draft.clone().with_timestamp(time);
        draft.sign(&self.signer, secrets)
    }

    /// A secret that nobody has given to the endpoint, of the form that the scheme wants.
    fn other_secret(&self) -> Secrets {
        let other = other_secret(&self.scheme);
        let given = self.secrets.get(0).cloned();
        let other = given.map_or_else(|| other.clone(), |given| given.with_value_of(other.clone()));
        other.into()
    }
}
