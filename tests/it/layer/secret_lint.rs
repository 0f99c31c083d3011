//! Secrets that are wrong or look wrong: what the operator hears at the start.

use axum_webhook::{Secret, Secrets, WebhookLayer, providers, scheme::Scheme};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use super::support::{endpoint, hex};

const GOOD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What building a layer of a secret says, or what its report does, with the codes.
fn said(scheme: Scheme, secrets: impl Into<Secrets>) -> String {
    match WebhookLayer::new(scheme, secrets) {
        Err(error) => format!("error: {error}"),
        Ok(layer) => {
            let warnings = &layer.report().endpoints[0].warnings;
            let lines = warnings
                .iter()
                .map(|warning| format!("{}: {warning}", warning.code()));
            lines.collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn each_slip_is_said_in_plain_words_and_without_the_secret() {
    let whsec = providers::standard_webhooks;
    for (name, scheme, secret, wanted) in [
        (
            "a newline",
            providers::github(),
            "a-secret-from-a-file-here\n",
            "error: the secret begins or ends with white space, often the newline of a file",
        ),
        (
            "a space before it",
            whsec(),
            " whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "error: the secret begins or ends with white space",
        ),
        (
            "sk_ for whsec_",
            whsec(),
            "sk_live_51NotARealKeyOfAnybody",
            "error: secret \"key-1\": the secret looks like an API key of Stripe (sk_…)",
        ),
        (
            "another sk_",
            whsec(),
            "sk_51NotARealKeyOfAnybody",
            "error: secret \"key-1\": the secret looks like an API key (sk_…)",
        ),
        (
            "sk_ at Stripe",
            providers::stripe(),
            "sk_live_51NotARealKeyOfAnybody",
            "secret-kind: the secret \"key-1\" looks like an API key of Stripe (sk_…), not like the secret of a webhook",
        ),
        (
            "pk_",
            providers::stripe(),
            "pk_live_51NotARealKeyOfAnybody",
            "secret-kind: the secret \"key-1\" looks like a publishable key of Stripe (pk_…)",
        ),
        (
            "rk_",
            providers::stripe(),
            "rk_test_51NotARealKeyOfAnybody",
            "secret-kind: the secret \"key-1\" looks like a restricted API key of Stripe (rk_…)",
        ),
        (
            "the endpoint's id",
            providers::stripe(),
            "we_1NotARealIdOfAnybody",
            "secret-kind: the secret \"key-1\" looks like the id of a Stripe endpoint (we_…)",
        ),
        (
            "no base64",
            whsec(),
            "whsec_this is not base64!",
            "error: secret \"key-1\": the secret should be base64 with padding (after `whsec_`",
        ),
        (
            "base64 cut off",
            whsec(),
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
            "error: secret \"key-1\": the secret should be base64 with padding",
        ),
        (
            "too short",
            whsec(),
            "whsec_c2hvcnQ=",
            "error: secret \"key-1\": the secret decodes to 5 bytes; a key has at least 16, since fewer can be guessed",
        ),
        (
            "a short text",
            providers::github(),
            "hunter2",
            "secret-short: the secret \"key-1\" has 7 bytes: fewer than 16 can be guessed",
        ),
        (
            "a prefix alone",
            whsec(),
            "whsec_",
            "error: the secret is empty, so everybody would know it",
        ),
        (
            "changeme",
            providers::github(),
            "changeme",
            "secret-kind: the secret \"key-1\" looks like a placeholder",
        ),
        (
            "a longer changeme",
            providers::github(),
            "ChangeMe-before-production",
            "secret-kind: the secret \"key-1\" looks like a placeholder",
        ),
        (
            "what an example says",
            providers::github(),
            "your-webhook-secret-here",
            "secret-kind: the secret \"key-1\" looks like a placeholder",
        ),
        (
            "crosses",
            providers::stripe(),
            "whsec_xxxxxxxxxxxxxxxxxxxxxxxx",
            "secret-kind: the secret \"key-1\" looks like a placeholder",
        ),
        (
            "quotes",
            providers::github(),
            "\"a-secret-with-quotes-around-it\"",
            "secret-quotes: the secret \"key-1\" has quotes around it",
        ),
        (
            "a variable",
            providers::github(),
            "${GITHUB_WEBHOOK_SECRET}",
            "secret-kind: the secret \"key-1\" looks like a variable that nobody put a value in",
        ),
    ] {
        let said = match Secret::new(secret) {
            Err(error) => format!("error: {error}"),
            Ok(secret) => said(scheme, secret),
        };
        assert!(said.starts_with(wanted), "{name}: {said}");
        let kept = secret.trim().trim_matches('"');
        assert!(!said.contains(kept) || kept == "whsec_", "{name}: {said}");
    }
}

#[test]
fn what_is_right_is_not_doubted() {
    for (scheme, secret) in [
        (providers::github(), "It's a Secret to Everybody"),
        (providers::standard_webhooks(), GOOD),
        (
            providers::stripe(),
            "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH",
        ),
        // There is no other secret: https://paystack.com/docs/payments/webhooks/
        (providers::paystack(), "sk_live_51NotARealKeyOfAnybody"),
    ] {
        let id = scheme.id.clone();
        assert_eq!(said(scheme, Secret::new(secret).unwrap()), "", "{id}");
    }
}

#[test]
fn the_same_secret_twice_is_seen_in_whatever_encoding() {
    let scheme = providers::standard_webhooks();
    let bare = GOOD.strip_prefix("whsec_").unwrap();
    let bytes = BASE64.decode(bare).unwrap();
    let new = |text: &str| Secret::new(text).unwrap();
    for (name, other) in [
        ("the same", new(GOOD)),
        ("without its prefix", new(bare)),
        ("its bytes", Secret::from_bytes(bytes).unwrap()),
    ] {
        let said = said(
            scheme.clone(),
            [new(GOOD).with_id("new"), other.with_id("old")],
        );
        assert_eq!(
            said, "secret-twice: the secrets \"old\" and \"new\" are the same one",
            "{name}"
        );
    }
    let mut scheme = providers::standard_webhooks();
    scheme.secret = axum_webhook::scheme::SecretFormat::Hex;
    let text = hex(b"sixteen bytes and some more");
    let said = said(scheme, [new(&text), new(&text.to_uppercase())]);
    assert!(said.starts_with("secret-twice"), "{said}");
}

/// Two endpoints of one account may share their secret by right, so that is never more than a warning.
#[test]
fn the_same_secret_in_two_endpoints_is_a_warning() {
    let scheme = providers::github();
    let endpoints = ["first", "second"].map(|name| {
        endpoint(&scheme)
            .with_name(name)
            .with_path(format!("/webhooks/{name}"))
    });
    let report = WebhookLayer::by_path(endpoints.into()).unwrap().report();
    assert!(report.endpoints[0].warnings.is_empty());
    let [warning] = &report.endpoints[1].warnings[..] else {
        panic!("{report}");
    };
    assert_eq!(
        warning.to_string(),
        "the secret \"key-1\" and \"key-1\" of endpoint \"first\" are the same one: a delivery to one could be sent to the other"
    );
}

/// Whoever does not print the report hears it too.
#[cfg(feature = "tracing")]
#[test]
fn a_secret_that_looks_wrong_is_told_when_the_layer_is_built() {
    let log = super::support::Log::capture();
    let secret = Secret::new("changeme").unwrap().with_id("2026-11");
    let _layer = WebhookLayer::new(providers::github(), secret).unwrap();
    let log = log.text();
    let told: Vec<_> = log.lines().filter(|line| line.contains("WARN")).collect();
    assert_eq!(told.len(), 2, "{log}");
    assert!(
        told[0].contains("\"2026-11\" looks like a placeholder"),
        "{log}"
    );
    assert!(
        told[0].contains("secret-kind") && told[0].contains("github"),
        "{log}"
    );
    assert!(told[1].contains("has 8 bytes"), "{log}");
    assert!(!log.contains("changeme"), "{log}");
}
