//! What makes a secret look wrong, although a key can be made of it.

use zeroize::Zeroizing;

use crate::{
    keys::{Secret, key::MIN_DECODED_LEN},
    scheme::{Family, Scheme, SecretFormat},
};

/// What makes a secret look wrong. Nothing of the secret is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// It looks like something else.
    Kind(&'static str),
    /// It has quotes around it.
    Quoted,
    /// It has so few bytes that it can be guessed.
    Short(usize),
    /// It has white space around it, which only the bytes of a key can.
    WhiteSpace,
}

/// How what is no webhook secret begins.
// ref: the pages on API keys of Stripe, GitHub, Slack, SendGrid, AWS, and Standard Webhooks.
const KINDS: &[(&str, &str)] = &[
    ("sk_live_", "an API key of Stripe (sk_…)"),
    ("sk_test_", "an API key of Stripe (sk_…)"),
    ("rk_live_", "a restricted API key of Stripe (rk_…)"),
    ("rk_test_", "a restricted API key of Stripe (rk_…)"),
    ("pk_live_", "a publishable key of Stripe (pk_…)"),
    ("pk_test_", "a publishable key of Stripe (pk_…)"),
    ("sk_", "an API key (sk_…)"),
    ("rk_", "a restricted API key (rk_…)"),
    ("pk_", "a publishable key (pk_…)"),
    ("we_", "the id of a Stripe endpoint (we_…)"),
    ("ghp_", "an access token of GitHub (ghp_…)"),
    ("github_pat_", "an access token of GitHub (github_pat_…)"),
    ("glpat-", "an access token of GitLab (glpat-…)"),
    ("xoxb-", "a bot token of Slack (xoxb-…)"),
    ("xoxp-", "a user token of Slack (xoxp-…)"),
    ("xapp-", "an app token of Slack (xapp-…)"),
    ("shpat_", "an access token of Shopify (shpat_…)"),
    ("SG.", "an API key of SendGrid (SG.…)"),
    ("AKIA", "the id of an AWS key (AKIA…)"),
    ("eyJ", "a token (eyJ…)"),
    ("whpk_", "a public key (whpk_…)"),
    ("whsk_", "a private key (whsk_…)"),
    ("-----BEGIN ", "a key in PEM"),
    ("http://", "a URL"),
    ("https://", "a URL"),
    ("env:", "a reference, which only a configuration file reads"),
    (
        "file:",
        "a reference, which only a configuration file reads",
    ),
    (
        "plain:",
        "a reference, which only a configuration file reads",
    ),
    ("${", "a variable that nobody put a value in"),
    ("{{", "a variable that nobody put a value in"),
    ("<", "a placeholder"),
];

/// The providers that sign with their API key, and how it begins.
const SIGN_WITH_API_KEY: &[(&str, &str)] = &[("paystack", "sk_")];

/// How what people write begins where a secret is still to come.
const PLACEHOLDER_STARTS: &[&str] = &[
    "changeme",
    "change-me",
    "change_me",
    "replace-me",
    "replace_me",
    "replaceme",
    "placeholder",
    "your-",
    "your_",
    "whsec_...",
    "whsec_xxx",
    "whsec_your",
    "xxx",
    "***",
];

/// What people write where a secret is still to come.
const PLACEHOLDERS: &[&str] = &[
    "secret",
    "password",
    "todo",
    "test",
    "example",
    "webhook-secret",
    "webhook_secret",
];

/// What makes `secret` look wrong for `scheme`.
pub(super) fn doubts(scheme: &Scheme, secret: &Secret) -> Vec<Doubt> {
    let Ok(text) = std::str::from_utf8(secret.expose()) else {
        return Vec::new();
    };
    let family = scheme.algorithm.primitive().family();
    if family == Family::PublicKey {
        return Vec::new();
    }
    let mut doubts = Vec::new();
    let bare = text.trim();
    if bare.len() < text.len() {
        doubts.push(Doubt::WhiteSpace);
    }
    if ['"', '\'']
        .iter()
        .any(|quote| bare.len() > 1 && bare.starts_with(*quote) && bare.ends_with(*quote))
    {
        doubts.push(Doubt::Quoted);
    }
    let bare = bare.trim_matches(['"', '\'']);
    doubts.extend(kind(scheme, bare).map(Doubt::Kind));
    let is_text = matches!(
        scheme.secret,
        SecretFormat::Text | SecretFormat::Nfkd | SecretFormat::Sha1
    );
    if is_text && text.len() < MIN_DECODED_LEN {
        doubts.push(Doubt::Short(text.len()));
    }
    doubts
}

/// What a text is, where that is no webhook secret.
fn kind(scheme: &Scheme, text: &str) -> Option<&'static str> {
    let mut api_keys = SIGN_WITH_API_KEY.iter();
    if api_keys.any(|(provider, start)| scheme.id == *provider && text.starts_with(start)) {
        return None;
    }
    let mut kinds = KINDS.iter();
    if let Some((_, kind)) = kinds.find(|(start, _)| text.starts_with(start)) {
        return Some(kind);
    }
    let lower = Zeroizing::new(text.to_ascii_lowercase());
    let is_placeholder = PLACEHOLDERS.contains(&lower.as_str())
        || PLACEHOLDER_STARTS
            .iter()
            .any(|start| lower.starts_with(start));
    is_placeholder.then_some("a placeholder")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers;

    #[track_caller]
    fn check(text: &str, want: &[Doubt]) {
        let secret = Secret::from_bytes(text).expect("a secret");
        assert_eq!(doubts(&providers::github(), &secret), want, "{text}");
    }

    #[test]
    fn what_is_no_webhook_secret_is_seen() {
        check("It's a Secret to Everybody", &[]);
        check(
            "sk_test_only_in_this_test",
            &[Doubt::Kind("an API key of Stripe (sk_…)")],
        );
        check("\"a-secret-with-quotes-around-it\"", &[Doubt::Quoted]);
        check("a-secret-from-a-file-here\n", &[Doubt::WhiteSpace]);
        check("short", &[Doubt::Short(5)]);
        check("15-bytes-of-txt", &[Doubt::Short(15)]);
        check("16-bytes-of-text", &[]);
        check("\"", &[Doubt::Short(1)]);
        check("\"a-quote-on-one-side", &[]);
        check("changeme", &[Doubt::Kind("a placeholder"), Doubt::Short(8)]);
        check(
            "${GITHUB_WEBHOOK_SECRET}",
            &[Doubt::Kind("a variable that nobody put a value in")],
        );
    }

    #[test]
    fn a_public_key_may_look_like_one() {
        let scheme = providers::discord_interactions();
        let secret = Secret::from_bytes("-----BEGIN PUBLIC KEY-----").expect("a secret");
        let found = doubts(&scheme, &secret);
        assert_eq!(found.is_empty(), scheme.algorithm.needs_feature().is_none());
    }
}
