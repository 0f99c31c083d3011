//! What a token must say.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use crate::scheme::{Filter, JsonPointer, Role, Template};

/// A claim that a token must have.
///
/// `exp` and `nbf` need no entry to be checked where a token has them, with the future side
/// of the scheme's tolerance as leeway (a minute without one); an entry makes them required.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Claim {
    /// Where it stands in the token's payload, such as `/iss`.
    pub at: JsonPointer,
    /// What it must be: one of these. Without any, it only has to be there.
    ///
    /// A claim that is a list, such as `aud`, fits where one of its elements does; a list of hashes of
    /// the body never fits.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub is: Vec<Template>,
    /// Whether it may be missing where the body is empty: a hash of nothing (`MessageBird`).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "std::ops::Not::not"))]
    pub unless_empty: bool,
}

impl Claim {
    /// The claim at `pointer` must be there.
    ///
    /// # Panics
    ///
    /// If `pointer` is not a JSON pointer. It is meant for literals.
    #[must_use]
    pub fn present(pointer: &str) -> Self {
        Self {
            at: JsonPointer::literal(pointer),
            is: Vec::new(),
            unless_empty: false,
        }
    }

    /// The claim at `pointer` must be what `template` stands for.
    ///
    /// # Panics
    ///
    /// If `pointer` is not a JSON pointer, or `template` not a template. It is meant for literals.
    #[must_use]
    pub fn is(pointer: &str, template: &str) -> Self {
        Self {
            is: vec![Template::literal(template)],
            ..Self::present(pointer)
        }
    }

    /// Whether the claim is a hash of the body, whichever of its values it has.
    pub(crate) fn covers_body(&self) -> bool {
        let hashes_body = |template: &Template| {
            let mut values = template.values();
            values.any(|(role, filters)| {
                // A part of the body, or a sum that anybody can match, is not the body.
                let is_partial =
                    filters.contains(&Filter::First) || filters.contains(&Filter::Crc32);
                *role == Role::Body && filters.contains(&Filter::Sha256) && !is_partial
            })
        };
        !self.is.is_empty() && self.is.iter().all(hashes_body)
    }

    /// Whether the claim is the end of the token's time.
    pub(crate) fn is_expiry(&self) -> bool {
        self.at.steps().eq(["exp"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hash_of_the_whole_body_covers_it() {
        for (templates, covers) in [
            (&["{body|sha256|hex}"][..], true),
            (&["{body|sha256|base64}"], true),
            (&["sha256={body|sha256|hex}"], true),
            (&["{body|sha256|hex}", "{body|sha256|base64}"], true),
            (&["{body|sha256|hex}", "none"], false),
            (&["{body|first|sha256|hex}"], false),
            (&["{body|crc32|sha256|hex}"], false),
            (&["{body|sha256|crc32}"], false),
            (&["{body|crc32}"], false),
            (&["{url|sha256|hex}"], false),
            (&[], false),
        ] {
            let claim = Claim {
                is: templates
                    .iter()
                    .map(|text| Template::literal(text))
                    .collect(),
                ..Claim::present("/hash")
            };
            assert_eq!(claim.covers_body(), covers, "{templates:?}");
        }
    }
}
