//! A scheme of one's own, held against recorded deliveries and against itself.

use std::time::Duration;

use crate::{
    diagnosis::diagnose,
    incoming::Incoming,
    keys::{Keyring, Secrets},
    public_url::PublicUrl,
    scheme::{Coverage, Scheme},
    sign::{Signed, split_url},
    testing::{
        Delivery, NearMiss, SchemeFailures, SchemeReport, Vector, near_miss, secret,
        secret::{other_secret, signs},
    },
    timestamp::Timestamp,
    verify::{Authentic, VerifyError, verify},
};

/// Panics where [`check_scheme`] has found something, and prints what the linter warns of and what could not be checked.
///
/// ```
/// use axum_webhook::{scheme::Scheme, testing::{Vectors, assert_scheme}};
///
/// let scheme: Scheme = toml::from_str(r#"
///     id = "acme"
///     algorithm = "hmac-sha256"
///     content = "{body}"
///     signature = { at = { header = "acme-signature" }, prefix = "sha256=", encoding = "hex" }
/// "#)?;
/// let vectors: Vectors = toml::from_str(r#"
///     [[vector]]
///     name = "the example of their page"
///     secret = "It's a Secret to Everybody"
///     headers = { "acme-signature" = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" }
///     body = "Hello, World!"
/// "#)?;
/// assert_scheme(&scheme, &vectors.vector);
/// # Ok::<(), toml::de::Error>(())
/// ```
///
/// # Panics
///
/// With the text of [`SchemeFailures`].
#[track_caller]
#[expect(clippy::print_stderr, reason = "a test's output is for who reads the test")]
pub fn assert_scheme(scheme: &Scheme, vectors: &[Vector]) {
    match check_scheme(scheme, vectors) {
        Ok(report) => eprintln!("{report}"),
        Err(failures) => panic!("{failures}"),
    }
}

/// Checks a scheme against recorded deliveries and against itself:
///
/// - the linter finds no error, and there is at least one vector;
/// - each vector verifies, with its event id and type, is refused once it is changed, under another secret, and a minute outside its window;
/// - what the scheme signs it accepts, and it refuses each of the [near misses](Delivery::near_misses) by its code.
///
/// In a build without the feature of the algorithm not all of that can be done: what was left out is in
/// [`SchemeReport::not_checked`].
///
/// # Errors
///
/// With everything that was found, and what to do about it.
pub fn check_scheme(scheme: &Scheme, vectors: &[Vector]) -> Result<SchemeReport, SchemeFailures> {
    let mut check = Check {
        scheme,
        failures: Vec::new(),
        report: SchemeReport {
            scheme: scheme.id.clone(),
            ..SchemeReport::default()
        },
    };
    match scheme.validate() {
        Err(error) => check.failures.push(error.to_string()),
        Ok(()) => {
            check.report.warnings = scheme.lint();
            if vectors.is_empty() {
                check.failures.push(
                    "there is no vector, and a scheme that only agrees with itself may be wrong throughout: record one delivery of the provider, \
                     or take one from its page"
                        .to_owned(),
                );
            }
            for vector in vectors {
                check.vector(vector);
            }
            check.round_trips(vectors);
        }
    }
    if check.failures.is_empty() {
        Ok(check.report)
    } else {
        Err(SchemeFailures {
            scheme: scheme.id.clone(),
            failures: check.failures,
        })
    }
}

/// The checks while they run.
struct Check<'s> {
    scheme: &'s Scheme,
    failures: Vec<String>,
    report: SchemeReport,
}

impl Check<'_> {
    fn vector(&mut self, vector: &Vector) {
        if let Err(failure) = self.try_vector(vector) {
            self.failures
                .push(format!("vector {:?}: {failure}", vector.name));
        }
    }

    fn try_vector(&mut self, vector: &Vector) -> Result<(), String> {
        let scheme = self.scheme;
        let signed = vector.signed().map_err(|error| error.what)?;
        let secrets = vector.secrets().map_err(|error| error.what)?;
        let keyring = Keyring::new(scheme, secrets.clone()).map_err(|error| error.to_string())?;
        let Some(signed) = unpacked(signed) else {
            let what = format!(
                "vector {:?} is packed: switch the feature `gzip` on",
                vector.name
            );
            self.report.not_checked.push(what);
            return Ok(());
        };
        let delivery = Judged::new(&signed, vector.url.is_some())?;
        let now = vector.time();
        let authentic = match delivery.verify(scheme, &keyring, now) {
            Ok(authentic) => authentic,
            Err(error) => return Err(delivery.refusal(scheme, &secrets, now, &error)),
        };
        let incoming = delivery.incoming();
        for (name, wanted, seen) in [
            (
                "event id",
                &vector.event_id,
                authentic.event_id(scheme, &incoming),
            ),
            (
                "event type",
                &vector.event_type,
                authentic.event_type(scheme, &incoming),
            ),
        ] {
            if wanted.is_some() && *wanted != seen {
                return Err(format!(
                    "the {name} should be {wanted:?}, but the scheme finds {seen:?}: look at its place in the scheme"
                ));
            }
        }
        self.report.vectors += 1;

        let shape = vector.shape(scheme, &signed).map_err(|error| error.what)?;
        for miss in near_miss::changed(scheme, shape, &signed) {
            let delivery = Judged::new(miss.signed(), vector.url.is_some())?;
            self.refused(&miss, delivery.verify(scheme, &keyring, now))?;
        }
        let mine = secrets.get(0).cloned();
        let other = mine.map(|mine| mine.with_value_of(other_secret(scheme)));
        let other: Secrets = other.into_iter().collect::<Vec<_>>().into();
        let others = Keyring::new(scheme, other).map_err(|error| error.to_string())?;
        let miss = NearMiss::new("wrong key", "mismatch", signed.clone());
        self.refused(&miss, delivery.verify(scheme, &others, now))?;
        if let (Some(tolerance), Some(_)) = (scheme.tolerance, &shape.timestamp) {
            let whole = tolerance.past.duration() + tolerance.future.duration();
            let outside = whole + Duration::from_mins(1);
            for (name, code, now) in [
                ("stale", "stale", now.saturating_add(outside)),
                ("future", "future", now.saturating_sub(outside)),
            ] {
                let miss = NearMiss::new(name, code, signed.clone());
                self.refused(&miss, delivery.verify(scheme, &keyring, now))?;
            }
        }
        Ok(())
    }

    /// Counts a near miss, which must have been refused by its code.
    fn refused(
        &mut self,
        miss: &NearMiss,
        verdict: Result<Authentic, VerifyError>,
    ) -> Result<(), String> {
        match verdict {
            Err(error) if error.code() == miss.code() => {
                self.report.near_misses += 1;
                Ok(())
            }
            Err(error) => Err(format!(
                "its near miss {:?} should be refused as {:?}, but is as {:?}: {error}",
                miss.name(),
                miss.code(),
                error.code()
            )),
            Ok(_) if miss.name().ends_with("body") => Err(format!(
                "its near miss {:?} is ACCEPTED: the scheme says `coverage = {:?}`, so `content` has to have {{body}} or a hash of it",
                miss.name(),
                "body"
            )),
            Ok(_) => Err(format!(
                "its near miss {:?} is ACCEPTED: what it changes is not signed",
                miss.name()
            )),
        }
    }

    /// Signs a delivery of each shape, and verifies it.
    fn round_trips(&mut self, vectors: &[Vector]) {
        if !signs(self.scheme) {
            let what = "a round trip, since nothing in this build signs with the algorithm; the vectors were";
            self.report.not_checked.push(what.to_owned());
            return;
        }
        let given = vectors.iter().find_map(|vector| vector.secrets().ok());
        let Some(mut secrets) = given else {
            return;
        };
        if self.scheme.algorithm.has_public_key() {
            // Of the provider's key only the public half is known.
            let pairs = secrets.all().iter().cloned();
            let pairs = pairs.map(|mine| mine.with_value_of(secret(self.scheme)));
            secrets = pairs.take(1).collect::<Vec<_>>().into();
        }
        for shape in 0..self.scheme.shapes.len() {
            if let Err(failure) = self.round_trip(shape, &secrets) {
                self.failures
                    .push(format!("round trip of shape {shape}: {failure}"));
            }
        }
    }

    fn round_trip(&mut self, shape: usize, secrets: &Secrets) -> Result<(), String> {
        let scheme = self.scheme;
        let keyring = Keyring::new(scheme, secrets.clone()).map_err(|error| error.to_string())?;
        let now = Timestamp::from_unix_seconds(1_700_000_000);
        let sent = Delivery::of_shape(scheme, shape, secrets.clone()).with_time(now);
        let signed = sent.sign().map_err(|error| {
            format!(
                "it can't be signed: {error}. Every role of `content` needs its place in the scheme"
            )
        })?;
        let delivery = Judged::new(&signed, true)?;
        if let Err(error) = delivery.verify(scheme, &keyring, now) {
            return Err(delivery.refusal(scheme, secrets, now, &error));
        }
        self.report.round_trips += 1;
        for miss in sent.near_misses().map_err(|error| error.to_string())? {
            let delivery = Judged::new(miss.signed(), true)?;
            self.refused(&miss, delivery.verify(scheme, &keyring, now))?;
        }
        Ok(())
    }
}

/// A delivery as the core sees it.
struct Judged<'a> {
    signed: &'a Signed,
    uri: http::Uri,
    public_url: Option<PublicUrl>,
}

impl<'a> Judged<'a> {
    fn new(signed: &'a Signed, has_url: bool) -> Result<Self, String> {
        let (public_url, uri) = split_url(&signed.url).map_err(|error| error.to_string())?;
        Ok(Self {
            signed,
            uri,
            public_url: has_url.then_some(public_url),
        })
    }

    fn incoming(&self) -> Incoming<'_> {
        let Signed {
            method,
            headers,
            body,
            ..
        } = self.signed;
        let incoming = Incoming::new(method, &self.uri, headers, body);
        match &self.public_url {
            Some(url) => incoming.with_public_url(url),
            None => incoming,
        }
    }

    fn verify(
        &self,
        scheme: &Scheme,
        keyring: &Keyring,
        now: Timestamp,
    ) -> Result<Authentic, VerifyError> {
        verify(&self.incoming(), scheme, keyring, now)
    }

    /// Why a delivery was refused that is genuine, and what to look at.
    fn refusal(
        &self,
        scheme: &Scheme,
        secrets: &Secrets,
        now: Timestamp,
        error: &VerifyError,
    ) -> String {
        let causes = diagnose(&self.incoming(), scheme, secrets, now);
        let mut text = format!("refused as {:?}: {error}", error.code());
        for cause in causes.iter().take(2).map(ToString::to_string) {
            if cause != error.to_string() {
                text = format!("{text}. {cause}");
            }
        }
        if *error == VerifyError::Mismatch && scheme.coverage != Coverage::Credential {
            let contents = scheme
                .shapes
                .iter()
                .filter_map(|shape| shape.content.as_ref());
            let contents: Vec<_> = contents.map(|it| format!("{:?}", it.to_string())).collect();
            text = format!(
                "{text}. Compare `content` ({}), `algorithm` ({}) and `secret` ({}) with the provider's page",
                contents.join(", "),
                scheme.algorithm,
                scheme.secret.name()
            );
        }
        text
    }
}

/// The delivery as it is signed; `None` where it is packed and this build can't unpack it.
fn unpacked(mut signed: Signed) -> Option<Signed> {
    let is_packed = signed
        .headers
        .get("content-encoding")
        .is_some_and(|it| it == "gzip");
    if is_packed {
        signed.body = gunzip(&signed.body)?;
    }
    Some(signed)
}

#[cfg(feature = "gzip")]
fn gunzip(body: &[u8]) -> Option<Vec<u8>> {
    use std::io::Read as _;

    let mut unpacked = Vec::new();
    let read = flate2::read::GzDecoder::new(body).read_to_end(&mut unpacked);
    read.ok().map(|_| unpacked)
}

#[cfg(not(feature = "gzip"))]
fn gunzip(_: &[u8]) -> Option<Vec<u8>> {
    None
}
