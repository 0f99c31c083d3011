//! Where a signature stands, and what a token has to say.

use super::Linter;
use crate::scheme::{Claim, Encoding, Family, Filter, Locate, Shape, Template, signature::ItemKey};

impl Linter<'_> {
    pub(super) fn signature(&mut self, shape: &Shape) {
        let signature = &shape.signature;
        let credential = self.scheme.algorithm.family() == Family::Credential;
        let token = self.scheme.algorithm.jose_name().is_some();
        if (signature.encoding == Encoding::Text) && !credential && !token {
            self.error(
                "encoding",
                "a signature is bytes: \"text\" is for tokens only",
            );
        }
        self.list(shape);
        if matches!(signature.at, Locate::Item(_)) {
            self.error(
                "signature",
                "the signature itself can't stand at an `item`; write `item` beside `at`",
            );
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

    pub(super) fn token(&mut self, shape: &Shape) {
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
            if claim.at.steps().next().is_none() {
                self.error(
                    "claims",
                    "a claim stands in the payload, and is not all of it",
                );
            }
            for (role, filters) in claim.is.iter().flat_map(Template::values) {
                self.value(shape, role, filters);
                let is_hash = |filter: &Filter| *filter == Filter::Sha256;
                let is_text = |filter: &Filter| matches!(filter, Filter::Hex | Filter::Base64);
                if filters.iter().rposition(is_hash) > filters.iter().rposition(is_text) {
                    self.error(
                        "claims",
                        "a hash in a claim is text: `|hex` or `|base64` behind it",
                    );
                }
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
}
