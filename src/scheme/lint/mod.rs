//! What is wrong with a scheme, before a request can show it.

mod answers;
mod handshake;
mod urls;

use std::fmt;

use crate::{
    scheme::{
        Claim, Coverage, Dedupe, Encoding, Family, Filter, Locate, MediaType, OnRetry, Role,
        Scheme, SecretFormat, Segment, Shape, SignedHeadersForm, Template, Tolerance, remote_lint,
        signature::ItemKey,
    },
    sns,
    units::Span,
};

/// Something that the linter says about a scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    severity: Severity,
    code: &'static str,
    message: String,
}

impl Finding {
    /// Whether the scheme can be used all the same.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// A stable name for this kind of finding, such as `body-not-covered`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// What is wrong, and what would be right.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// Whether a scheme with a finding can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It can; its user should know.
    Warning,
    /// It can't: no layer is built with it.
    Error,
}

/// The findings that make a scheme unusable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintError {
    scheme: String,
    findings: Vec<Finding>,
}

impl LintError {
    /// What is wrong with the scheme.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl fmt::Display for LintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scheme {:?} can't be used", self.scheme)?;
        for finding in &self.findings {
            write!(f, "; {finding}")?;
        }
        Ok(())
    }
}

impl std::error::Error for LintError {}

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

impl Shape {
    /// Whether the value at `at` is covered by the signature of this shape.
    pub(crate) fn signs(&self, scheme: &Scheme, at: &Locate) -> bool {
        if matches!(at, Locate::Claim(_)) {
            return true;
        }
        let named =
            self.content
                .iter()
                .flat_map(Template::values)
                .any(|(role, filters)| match role {
                    Role::Body if filters.contains(&Filter::Sns) => sns::signs(at),
                    Role::Timestamp => self.timestamp.as_ref().is_some_and(|field| field.at == *at),
                    Role::Id => self.event_id.as_ref() == Some(at),
                    Role::Field(name) => self
                        .fields
                        .iter()
                        .any(|field| field.name == *name && field.at == *at),
                    Role::Url | Role::Query => matches!(at, Locate::Query(_)),
                    Role::SignedHeaders => {
                        // Values alone, joined, could trade bytes: only their names hold them apart.
                        self.signed_headers.as_ref().is_some_and(|list| {
                            list.form == SignedHeadersForm::SortedPairs
                                && at.single_header().is_some_and(|header| {
                                    list.required.iter().any(|name| header == name.as_str())
                                })
                        })
                    }
                    _ => false,
                });
        named || (at.is_in_body() && self.covers(scheme) == Some(Coverage::Body))
    }

    /// Whether something in it stands in a token.
    fn uses_claims(&self) -> bool {
        let is_claim = |at: &Locate| matches!(at, Locate::Claim(_));
        !self.claims.is_empty()
            || self.timestamp.iter().any(|field| is_claim(&field.at))
            || self.event_id.iter().chain(&self.event_type).any(is_claim)
            || self.fields.iter().any(|field| is_claim(&field.at))
    }

    /// Whether the field called `name` is the only one of a form.
    fn is_whole_form(&self, name: &str) -> bool {
        self.fields
            .iter()
            .any(|field| field.name == name && matches!(field.at, Locate::OnlyForm(_)))
    }

    /// How much of a delivery this shape's signature covers; `None` if nothing.
    pub(crate) fn covers(&self, scheme: &Scheme) -> Option<Coverage> {
        if scheme.algorithm.family() == Family::Credential {
            return Some(Coverage::Credential);
        }
        // Whether this build has the algorithm is another question.
        if scheme.algorithm.jose_name().is_some() && self.content.is_none() {
            return Some(if self.claims.iter().any(Claim::covers_body) {
                Coverage::Body
            } else {
                Coverage::Credential
            });
        }
        let content = self.content.as_ref()?;
        let mut covers = None;
        for (role, filters) in content.values() {
            match role {
                // A part of the body, or a sum that anybody can match, is not the body.
                Role::Body
                    if [Filter::First, Filter::Crc32, Filter::Sns]
                        .iter()
                        .any(|part| filters.contains(part)) =>
                {
                    covers = Some(Coverage::Fields);
                }
                Role::Body | Role::Form => return Some(Coverage::Body),
                Role::Field(name) if self.is_whole_form(name) => return Some(Coverage::Body),
                Role::Secret | Role::SecretPart(_) | Role::Challenge => {}
                _ => covers = Some(Coverage::Fields),
            }
        }
        let hash_is_signed = self.body_hash.as_ref().is_some_and(|hash| {
            let in_url = matches!(hash.at, Locate::Query(_))
                && content
                    .values()
                    .any(|(role, _)| matches!(role, Role::Url | Role::Query));
            let in_field = content.values().any(|(role, _)| match role {
                Role::Field(name) => self
                    .fields
                    .iter()
                    .any(|field| field.name == *name && field.at == hash.at),
                _ => false,
            });
            in_url || in_field
        });
        if hash_is_signed {
            Some(Coverage::Body)
        } else {
            covers
        }
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

    /// Values that must be a certain text, or a part of the secret.
    fn fixed_values(&mut self, shape: &Shape) {
        for field in &shape.fields {
            let Some(is) = &field.is else {
                continue;
            };
            let known = is.values().all(|(role, filters)| {
                filters.is_empty()
                    && matches!(role, Role::SecretPart(part) if self.scheme.secret_parts.contains(part))
            });
            if !known || is.segments().is_empty() {
                self.error(
                    "is",
                    format!(
                        "field {:?}: `is` should be a text, or a part of the secret such as \"{{secret.topic_arn}}\"",
                        field.name
                    ),
                );
            }
            if known && is.values().next().is_some() && !shape.signs(self.scheme, &field.at) {
                self.error(
                    "is-unsigned",
                    format!(
                        "field {:?}: a value that has to be the secret's has to be signed",
                        field.name
                    ),
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

    fn token(&mut self, shape: &Shape) {
        let scheme = self.scheme;
        let signature = &shape.signature;
        if signature.encoding != Encoding::Text || signature.list.is_some() {
            self.error(
                "token",
                "a token stands alone and as it is: encoding = \"text\", without `list`",
            );
        }
        if !signature.at.is_single_in_head() {
            self.error(
                "token",
                "a token stands in one header, as a bearer token or in the query",
            );
        }
        for claim in &shape.claims {
            for (role, filters) in claim.is.iter().flat_map(Template::values) {
                self.value(shape, role, filters);
            }
        }
        if let Some(content) = &shape.content {
            if shape.uses_claims() {
                self.error(
                    "claims",
                    "with `content`, the token's payload is that content, and has no `claims`",
                );
            }
            for (role, filters) in content.values() {
                self.value(shape, role, filters);
            }
        }
        self.coverage(shape);
        // What is signed beside the token has its own time, or none, like any signature.
        let expires = shape.content.is_some() || shape.claims.iter().any(Claim::is_expiry);
        if !expires && (scheme.tolerance.is_none() || shape.timestamp.is_none()) {
            self.warn(
                "token-never-expires",
                "the token needs neither `exp` nor a `timestamp` with `tolerance`, so its age is never checked",
            );
        }
    }

    fn content(&mut self, shape: &Shape) {
        let scheme = self.scheme;
        let Some(content) = &shape.content else {
            self.error(
                "content",
                "a signature needs `content`: what is signed, such as \"{body}\"",
            );
            return;
        };
        let has_secret = content.values().any(|(role, _)| *role == Role::Secret);
        for (role, filters) in content.values() {
            self.value(shape, role, filters);
        }
        for field in &shape.fields {
            let used = content
                .values()
                .any(|(role, _)| *role == Role::Field(field.name.clone()));
            if !used && field.is.is_none() {
                self.error(
                    "field",
                    format!("field {:?} is not used in `content`", field.name),
                );
            }
        }
        if scheme.algorithm.family() == Family::KeyedHash && !has_secret {
            self.error(
                "secret-not-hashed",
                "without `{secret}` in `content` anybody can compute the hash",
            );
        }
        let is_free = |name: &str| {
            let mut fields = shape.fields.iter();
            fields.any(|field| field.free && field.name == name)
        };
        let free = content
            .values()
            .filter(|(role, _)| matches!(role, Role::Field(name) if is_free(name)))
            .count();
        let open_body = content.values().any(|(role, filters)| {
            matches!(role, Role::Body | Role::Form) && !filters.contains(&Filter::Sha256)
        });
        if free > 0 && free + usize::from(open_body) > 1 {
            self.error(
                "free",
                "one value at most may be free to contain its separator, and `{body}` is one: \
                 bytes could move between two",
            );
        }
        self.coverage(shape);
        self.separators(shape);
        self.urls(shape);
    }

    /// A role of a content or a claim, and what is done to it.
    fn value(&mut self, shape: &Shape, role: &Role, filters: &[Filter]) {
        let scheme = self.scheme;
        let named = match role {
            Role::Timestamp => shape.timestamp.is_some(),
            Role::Id => shape.event_id.is_some(),
            Role::Field(name) => shape.fields.iter().any(|field| field.name == *name),
            Role::SignedHeaders => shape.signed_headers.is_some(),
            Role::SecretPart(part) => scheme.secret_parts.contains(part),
            Role::Challenge => false,
            Role::Secret => scheme.algorithm.family() == Family::KeyedHash,
            Role::Form => shape.when.content_type == Some(MediaType::Form),
            Role::Body | Role::Url | Role::Path | Role::Query | Role::Method => true,
        };
        if !named {
            self.error("role", role_hint(role));
        }
        for (place, filter) in filters.iter().enumerate() {
            let fits = match filter {
                Filter::Sha256 | Filter::Crc32 | Filter::Hex | Filter::Base64 => true,
                Filter::Hmac => false,
                Filter::Minify => *role == Role::Body,
                // These read the value itself, so nothing can come before them.
                Filter::Distinct | Filter::Vonage => *role == Role::Form && place == 0,
                Filter::First | Filter::Json | Filter::JsonString | Filter::Sns => {
                    *role == Role::Body && place == 0
                }
                Filter::Hubspot => *role == Role::Url && place == 0,
            };
            if !fits {
                self.error(
                    "filter",
                    format!("a filter of `{{{role}}}` has no meaning there"),
                );
            }
        }
    }

    fn coverage(&mut self, shape: &Shape) {
        let declared = self.scheme.coverage;
        match (shape.covers(self.scheme), declared) {
            (None, _) | (Some(Coverage::Fields), Coverage::Body) => self.error(
                "body-not-covered",
                "the signed content covers neither the body nor its hash; if the provider really \
                 signs only some fields, write coverage = \"fields\"",
            ),
            (Some(derived), declared) if derived != declared => self.error(
                "coverage",
                format!("`coverage` is {declared:?}, but the content covers {derived:?}"),
            ),
            _ => {}
        }
    }

    /// Joined values need something between them that they can't contain.
    fn separators(&mut self, shape: &Shape) {
        let Some(content) = &shape.content else {
            return;
        };
        let fixed_width = |role: &Role| match role {
            Role::Timestamp => shape
                .timestamp
                .as_ref()
                .is_some_and(|field| field.unit.is_fixed_width()),
            Role::Field(name) => shape.fields.iter().any(|field| {
                field.name == *name && field.width.is_some_and(|width| width.min == width.max)
            }),
            // None is the sender's to choose.
            Role::Method | Role::Secret | Role::SecretPart(_) => true,
            _ => false,
        };
        // The value of open length since the last literal. A second one is a doubt, also
        // with values of fixed length between the two: those can move along.
        let mut open: Option<&Role> = None;
        for segment in content.segments() {
            let (role, filters) = match segment {
                Segment::Literal(_) => {
                    open = None;
                    continue;
                }
                Segment::Value { role, filters } => (role, filters),
            };
            if filters.contains(&Filter::Sha256) || fixed_width(role) {
                continue;
            }
            if let Some(before) = open.replace(role) {
                if (before, role) == (&Role::Url, &Role::Body) {
                    // Has a check, and a warning, of its own.
                    continue;
                }
                self.warn(
                    "no-separator",
                    format!(
                        "nothing separates `{{{before}}}` from `{{{role}}}`: bytes could move \
                         from one to the other under the same signature"
                    ),
                );
            }
        }
    }

    fn signature(&mut self, shape: &Shape) {
        let signature = &shape.signature;
        let credential = self.scheme.algorithm.family() == Family::Credential;
        let token = self.scheme.algorithm.jose_name().is_some();
        if (signature.encoding == Encoding::Text) && !credential && !token {
            self.error(
                "encoding",
                "a signature is bytes: \"text\" is for tokens only",
            );
        }
        let many = matches!(signature.at, Locate::Headers(_) | Locate::HeaderFamily(_));
        if many && signature.list.is_some() {
            self.error("list", "a `list` needs a signature in one place");
        }
        let has_sets = signature
            .list
            .as_ref()
            .is_some_and(|list| list.sets.is_some());
        if has_sets && matches!(signature.at, Locate::RepeatedHeader(_)) {
            self.error("list", "`sets` need a signature in one place");
        }
        let has_pairs = signature
            .list
            .as_ref()
            .is_some_and(|list| list.pair.is_some());
        let is_item = |at: &Locate| matches!(at, Locate::Item(_));
        let reads_items = shape
            .timestamp
            .as_ref()
            .is_some_and(|field| is_item(&field.at))
            || shape.event_id.as_ref().is_some_and(is_item)
            || shape.fields.iter().any(|field| is_item(&field.at));
        if (signature.item.is_some() || reads_items) && !has_pairs {
            self.error("list", "an `item` needs a `list` with a `pair` separator");
        }
        if reads_items && signature.at.single_header().is_none() {
            self.error(
                "list",
                "a value at an `item` needs the signature in one header",
            );
        }
        if matches!(signature.at, Locate::Item(_)) {
            self.error(
                "signature",
                "the signature itself can't stand at an `item`; write `item` beside `at`",
            );
        }
        if let Some(list) = &signature.list {
            let empty = list.items.is_empty()
                || list.pair.as_ref().is_some_and(String::is_empty)
                || list.sets.as_ref().is_some_and(String::is_empty);
            if empty {
                self.error("list", "a separator is empty");
            }
        }
        if let Some(ItemKey::Secret { secret }) = &signature.item
            && !self.scheme.secret_parts.contains(secret)
        {
            self.error(
                "secret-parts",
                format!("`item` names the secret's part {secret:?}, which `secret_parts` lacks"),
            );
        }
        if shape.each.is_some() && !matches!(signature.at, Locate::Json(_)) {
            self.error(
                "each",
                "`each` needs the signature at a `json` pointer inside the item",
            );
        }
    }
}

fn role_hint(role: &Role) -> String {
    match role {
        Role::Timestamp => "`{timestamp}` needs `timestamp`: where it stands".to_owned(),
        Role::Id => "`{id}` needs `event_id`: where it stands".to_owned(),
        Role::Secret => "`{secret}` is for keyed hashes only; a MAC has the secret as its key".to_owned(),
        Role::SecretPart(part) => format!("`{{secret.{part}}}` needs {part:?} in `secret_parts`"),
        Role::SignedHeaders => "`{signed_headers}` needs `signed_headers`".to_owned(),
        Role::Form => {
            "`{form}` needs when = { content_type = \"form\" }: another body would count as no fields"
                .to_owned()
        }
        Role::Challenge => "`{challenge}` is for a handshake's answer".to_owned(),
        _ => format!("`{{{role}}}` needs an entry of that name in `fields`"),
    }
}
