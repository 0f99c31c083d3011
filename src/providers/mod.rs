//! The catalogue: one file, one function, one literal for each provider.
//!
//! Each function's page says where its facts come from, what is signed and what
//! is not, and what people trip over.
//!
//! ```
//! use axum_webhook::providers;
//!
//! let scheme = providers::find("github").expect("it is in the catalogue");
//! assert_eq!(scheme, providers::github());
//! assert_eq!(providers::find("dodo"), Some(providers::dodo_payments()));
//! ```

use crate::scheme::Scheme;

mod adyen;
mod bitbucket;
mod braintree;
mod docusign;
mod dodo_payments;
mod gitea;
mod github;
mod gitlab;
mod hubspot;
mod linear;
mod mailgun;
mod mandrill;
mod midtrans;
mod paddle;
mod persona;
mod postmark;
mod qiscus;
mod qualifio;
mod quicknode;
mod shopify;
mod slack;
mod square;
mod standard_webhooks;
mod stripe;
mod svix;
mod telegram;
mod tokopedia;
mod twilio;
mod zoom;

pub use self::{
    adyen::adyen, bitbucket::bitbucket, braintree::braintree, docusign::docusign,
    dodo_payments::dodo_payments, gitea::gitea, github::github, gitlab::gitlab, hubspot::hubspot,
    linear::linear, mailgun::mailgun, mandrill::mandrill, midtrans::midtrans, paddle::paddle,
    persona::persona, postmark::postmark, qiscus::qiscus, qualifio::qualifio, quicknode::quicknode,
    shopify::shopify, slack::slack, square::square, standard_webhooks::standard_webhooks,
    stripe::stripe, svix::svix, telegram::telegram, tokopedia::tokopedia, twilio::twilio,
    zoom::zoom,
};

/// A provider's id, and the function that describes it.
pub type Entry = (&'static str, fn() -> Scheme);

/// Every provider of the catalogue, sorted by id.
pub const ALL: &[Entry] = &[
    ("adyen", adyen),
    ("bitbucket", bitbucket),
    ("braintree", braintree),
    ("docusign", docusign),
    ("dodo-payments", dodo_payments),
    ("gitea", gitea),
    ("github", github),
    ("gitlab", gitlab),
    ("hubspot", hubspot),
    ("linear", linear),
    ("mailgun", mailgun),
    ("mandrill", mandrill),
    ("midtrans", midtrans),
    ("paddle", paddle),
    ("persona", persona),
    ("postmark", postmark),
    ("qiscus", qiscus),
    ("qualifio", qualifio),
    ("quicknode", quicknode),
    ("shopify", shopify),
    ("slack", slack),
    ("square", square),
    ("standard-webhooks", standard_webhooks),
    ("stripe", stripe),
    ("svix", svix),
    ("telegram", telegram),
    ("tokopedia", tokopedia),
    ("twilio", twilio),
    ("zoom", zoom),
];

/// Other names that people search for, sorted, each with the id that it stands for.
pub const ALIASES: &[(&str, &str)] = &[
    ("bitbucket-cloud", "bitbucket"),
    ("clerk", "svix"),
    ("docusign-connect", "docusign"),
    ("dodo", "dodo-payments"),
    ("dodopayments", "dodo-payments"),
    ("gitlab-signing", "gitlab"),
    ("gitlab-signing-token", "gitlab"),
    ("hubspot-v3", "hubspot"),
    ("mailchimp-transactional", "mandrill"),
    ("paddle-billing", "paddle"),
    ("quicknode-streams", "quicknode"),
    ("resend", "svix"),
    ("squareup", "square"),
    ("standardwebhooks", "standard-webhooks"),
    ("telegram-bot", "telegram"),
    ("withpersona", "persona"),
];

/// The scheme of the provider called `id`, which may be one of the [`ALIASES`].
#[must_use]
pub fn find(id: &str) -> Option<Scheme> {
    let id = lookup(ALIASES, id).unwrap_or(id);
    lookup(ALL, id).map(|describe| describe())
}

/// The value of `key` in a table that is sorted by its keys.
fn lookup<T: Copy>(table: &[(&str, T)], key: &str) -> Option<T> {
    let position = table.binary_search_by(|(name, _)| (*name).cmp(key)).ok()?;
    table.get(position).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scheme::{Coverage, Dedupe};

    /// What the linter says about the catalogue, each with a word why it stays.
    const WARNINGS: &[(&str, &str, &str)] = &[
        (
            "midtrans",
            "weak-algorithm",
            "Midtrans offers nothing better",
        ),
        (
            "midtrans",
            "no-separator",
            "order ids and amounts have no fixed length",
        ),
        (
            "quicknode",
            "no-separator",
            "the form of the nonce is not documented",
        ),
    ];

    #[test]
    fn tables_are_sorted_and_unique() {
        let ids: Vec<_> = ALL.iter().map(|(id, _)| *id).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        let aliases: Vec<_> = ALIASES.iter().map(|(alias, _)| *alias).collect();
        assert!(aliases.is_sorted_by(|a, b| a < b), "{aliases:?}");
    }

    #[test]
    fn each_id_is_its_schemes_and_is_found() {
        for (id, describe) in ALL {
            assert_eq!(describe().id, *id);
            assert_eq!(find(id), Some(describe()), "{id}");
        }
        assert_eq!(find("no-such-provider"), None);
    }

    #[test]
    fn aliases_stand_for_providers_and_hide_none() {
        for (alias, id) in ALIASES {
            assert_eq!(find(alias).map(|scheme| scheme.id).as_deref(), Some(*id));
            assert!(lookup(ALL, alias).is_none(), "{alias}");
        }
    }

    #[test]
    fn every_scheme_can_be_used() {
        for (id, describe) in ALL {
            assert_eq!(describe().validate(), Ok(()), "{id}");
        }
    }

    #[test]
    fn the_linter_warns_of_what_is_known_and_of_nothing_else() {
        let found: Vec<_> = ALL
            .iter()
            .flat_map(|(id, describe)| {
                let findings = describe().lint();
                findings
                    .into_iter()
                    .map(move |finding| (*id, finding.code()))
            })
            .collect();
        let known: Vec<_> = WARNINGS.iter().map(|(id, code, _)| (*id, *code)).collect();
        assert_eq!(found, known);
    }

    #[test]
    fn every_scheme_survives_toml() {
        for (id, describe) in ALL {
            let scheme = describe();
            let text = toml::to_string(&scheme).expect("a scheme can be written");
            let read: Scheme =
                toml::from_str(&text).unwrap_or_else(|error| panic!("{id}: {error}\n{text}"));
            assert_eq!(read, scheme, "{id}\n{text}");
        }
    }

    #[test]
    fn a_window_wider_than_five_minutes_comes_with_deduplication() {
        for (id, describe) in ALL {
            let scheme = describe();
            let wide = scheme
                .tolerance
                .is_some_and(|tolerance| tolerance.past > crate::units::Span::minutes(5));
            assert!(!wide || scheme.dedupe != Dedupe::Off, "{id}");
        }
    }

    #[test]
    fn what_covers_no_body_says_so() {
        let of = |coverage| -> Vec<_> {
            ALL.iter()
                .filter(|(_, describe)| describe().coverage == coverage)
                .map(|(id, _)| *id)
                .collect()
        };
        assert_eq!(of(Coverage::Credential), ["postmark", "telegram"]);
        assert_eq!(
            of(Coverage::Fields),
            ["adyen", "braintree", "mailgun", "midtrans"]
        );
    }

    #[test]
    fn each_provider_has_vectors() {
        let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
        for (id, _) in ALL {
            let file = vectors.join(format!("{id}.toml"));
            let text = std::fs::read_to_string(&file)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            assert!(text.contains("[[vector]]"), "{id}");
        }
    }
}
