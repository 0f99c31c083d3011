//! What is signed, and the values that it is made of.

use super::Linter;
use crate::scheme::{Family, Filter, MediaType, Role, Segment, Shape, Template};

impl Linter<'_> {
    pub(super) fn content(&mut self, shape: &Shape) {
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
        if free + usize::from(open_body) > 1 {
            self.error(
                "free",
                "one value at most may be free to contain its separator, and `{body}` is one: \
                 bytes could move between two",
            );
        }
        self.coverage(shape);
        self.separators(shape, content);
        self.urls(shape);
    }

    /// A role of a content or a claim, and what is done to it.
    pub(super) fn value(&mut self, shape: &Shape, role: &Role, filters: &[Filter]) {
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

    /// Joined values need something between them that they can't contain.
    fn separators(&mut self, shape: &Shape, content: &Template) {
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

    /// Values that must be a certain text, or a part of the secret.
    pub(super) fn fixed_values(&mut self, shape: &Shape) {
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
