//! What is wrong with a scheme, before a request can show it.

mod answers;
mod content;
mod coverage;
mod finding;
mod handshake;
mod list;
mod signature;
mod urls;

pub use finding::{Finding, LintError, Severity};

use crate::{
    scheme::{
        Coverage, Dedupe, Family, Locate, OnRetry, Scheme, SecretFormat, Shape, Tolerance,
        remote_lint,
    },
    units::Span,
};

impl Scheme {
    /// Checks that the scheme can be used.
    ///
    /// # Errors
    ///
    /// With every finding of [`lint`](Self::lint) that is a [`Severity::Error`].
    pub fn validate(&self) -> Result<(), LintError> {
        let mut findings = self.lint();
        findings.retain(|finding| finding.severity == Severity::Error);
        if findings.is_empty() {
            Ok(())
        } else {
            Err(LintError {
                scheme: self.id.clone(),
                findings,
            })
        }
    }

    /// Everything that can be said about the scheme without a request.
    #[must_use]
    pub fn lint(&self) -> Vec<Finding> {
        let mut lint = Linter {
            scheme: self,
            findings: Vec::new(),
        };
        lint.whole();
        for shape in &self.shapes {
            lint.shape(shape);
        }
        for handshake in &self.handshakes {
            lint.handshake(handshake);
        }
        lint.findings
    }
}

struct Linter<'a> {
    scheme: &'a Scheme,
    findings: Vec<Finding>,
}

impl Linter<'_> {
    fn error(&mut self, code: &'static str, message: impl Into<String>) {
        self.findings.push(Finding {
            severity: Severity::Error,
            code,
            message: message.into(),
        });
    }

    fn warn(&mut self, code: &'static str, message: impl Into<String>) {
        self.findings.push(Finding {
            severity: Severity::Warning,
            code,
            message: message.into(),
        });
    }

    fn whole(&mut self) {
        let scheme = self.scheme;
        if scheme.id.is_empty() || scheme.id.bytes().any(|c| !c.is_ascii_graphic()) {
            self.error("id", "`id` should be a name such as \"acme\"");
        }
        if scheme.methods.is_empty() {
            self.error(
                "methods",
                "`methods` should name at least one, such as \"POST\"",
            );
        }
        if scheme.shapes.is_empty() {
            self.error(
                "shapes",
                "a scheme needs a `signature`, or at least one `shape`",
            );
        }
        if let Family::Needs(feature) = scheme.algorithm.family() {
            self.error(
                "needs-feature",
                format!(
                    "algorithm \"{}\" needs feature \"{feature}\"",
                    scheme.algorithm
                ),
            );
        }
        let is_public = scheme.algorithm.has_public_key();
        if is_public != (scheme.secret == SecretFormat::PublicKey) {
            self.error(
                "secret",
                "secret = \"public-key\" and a public-key algorithm belong together",
            );
        }
        if scheme.key_id.as_ref().is_some_and(Locate::is_in_body) {
            self.error(
                "key-id",
                "the key is chosen before the body is read, so `key_id` can't stand in it",
            );
        }
        for message in scheme
            .remote_keys
            .iter()
            .flat_map(|remote| remote_lint::findings(scheme, remote))
        {
            self.error("remote-keys", message);
        }
        if scheme.algorithm.is_weak() {
            self.warn(
                "weak-algorithm",
                format!(
                    "\"{}\" is weaker than what is usual today",
                    scheme.algorithm
                ),
            );
        }
        match scheme.tolerance {
            Some(tolerance) => {
                if tolerance.past > Tolerance::MAX || tolerance.future > Tolerance::MAX {
                    self.error(
                        "tolerance",
                        format!("`tolerance` should be at most {} each way", Tolerance::MAX),
                    );
                }
                if scheme.shapes.iter().any(|shape| shape.timestamp.is_none()) {
                    self.error("tolerance", "`tolerance` needs a `timestamp` in each shape");
                }
            }
            None => {
                if scheme
                    .shapes
                    .iter()
                    .any(|shape| self.signs_timestamp(shape))
                {
                    self.warn(
                        "timestamp-unchecked",
                        "the timestamp is signed, but without `tolerance` its age is never checked",
                    );
                }
            }
        }
        if scheme.retry_horizon > Span::days(60) {
            self.error("retry-horizon", "`retry_horizon` should be at most 60d");
        }
        self.dedupe();
        self.answers();
    }

    fn dedupe(&mut self) {
        let scheme = self.scheme;
        match scheme.dedupe {
            Dedupe::Id => {
                if scheme.event_id_on_retry == OnRetry::New {
                    self.error(
                        "dedupe-new-id",
                        "dedupe = \"id\" can't tell repeats whose id is new: choose \"content\" or \"off\"",
                    );
                }
                for shape in &scheme.shapes {
                    // Whoever knows a credential can write any id anyway, so there it counts as signed.
                    let signed = shape.event_id.as_ref().is_some_and(|id| {
                        scheme.coverage == Coverage::Credential || shape.signs(scheme, id)
                    });
                    if !signed {
                        self.error(
                            "dedupe-unsigned-id",
                            "dedupe = \"id\" needs an `event_id` that is signed: whoever replays a \
                             delivery could change it; choose \"content\" or \"off\"",
                        );
                        return;
                    }
                }
            }
            Dedupe::Content => {
                let is_token = scheme.algorithm.jose_name().is_some();
                let signs_none = scheme.algorithm.family() == Family::Credential
                    || (is_token && scheme.shapes.iter().any(|shape| shape.content.is_none()));
                if signs_none {
                    self.error(
                        "dedupe-no-content",
                        "dedupe = \"content\" needs a `content` that is signed, and neither a credential \
                         nor a token that says what it stands for has one",
                    );
                }
            }
            Dedupe::Off => {}
        }
    }

    fn shape(&mut self, shape: &Shape) {
        let scheme = self.scheme;
        match scheme.algorithm.family() {
            Family::Credential => {
                if shape.content.is_some() {
                    self.error(
                        "content",
                        "a credential signs nothing, so `content` has no meaning",
                    );
                }
                if scheme.coverage != Coverage::Credential {
                    self.error(
                        "coverage",
                        "a credential covers no body: write coverage = \"credential\"",
                    );
                }
            }
            Family::Hmac | Family::KeyedHash | Family::PublicKey => self.content(shape),
            Family::Token => self.token(shape),
            Family::Needs(_) => {}
        }
        self.signature(shape);
        if scheme.algorithm.jose_name().is_none() && shape.uses_claims() {
            self.error(
                "claims",
                "`claims` and values at a `claim` need a JWT algorithm",
            );
        }
        if scheme.tolerance.is_some() && shape.timestamp.is_some() && !self.signs_timestamp(shape) {
            self.warn(
                "window-on-unsigned-timestamp",
                "the timestamp is not signed, so `tolerance` does not stop a replay",
            );
        }
        self.fixed_values(shape);
        for field in &shape.fields {
            if field.width.is_some_and(|width| width.min > width.max) {
                self.error(
                    "width",
                    format!("field {:?}: `min` is above `max`", field.name),
                );
            }
        }
    }

    fn signs_timestamp(&self, shape: &Shape) -> bool {
        shape
            .timestamp
            .as_ref()
            .is_some_and(|field| shape.signs(self.scheme, &field.at))
    }
}
