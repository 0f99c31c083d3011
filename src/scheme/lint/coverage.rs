//! What a shape's signature covers.

use super::Linter;
use crate::{
    scheme::{
        Claim, Coverage, Family, Filter, Locate, Role, Scheme, Shape, SignedHeadersForm, Template,
    },
    sns,
};

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
    pub(super) fn uses_claims(&self) -> bool {
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

impl Linter<'_> {
    pub(super) fn coverage(&mut self, shape: &Shape) {
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
}
