//! `assert_scheme` and the strategy: what they accept, and that they see what is wrong.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use axum_webhook::{
    providers,
    scheme::{Scheme, SecretFormat},
    testing::{Vector, assert_scheme, check_scheme},
};

use super::vectors::accepted;

#[test]
fn every_provider_passes_the_checks_that_a_scheme_of_one_s_own_has_to_pass() {
    let (mut round_trips, mut wrong) = (0, Vec::new());
    for (id, describe) in providers::ALL {
        let scheme = describe();
        if scheme.algorithm.needs_feature().is_some() {
            continue;
        }
        let mut vectors = accepted(id);
        if scheme.secret == SecretFormat::Nfkd && !cfg!(feature = "nfkd") {
            vectors.retain(|vector| vector.secret.is_ascii());
        }
        let report = match check_scheme(&scheme, &vectors) {
            Ok(report) => report,
            Err(failures) => {
                wrong.push(failures.to_string());
                continue;
            }
        };
        let packed = report
            .not_checked()
            .iter()
            .filter(|what| what.contains("packed"));
        let packed = packed.count();
        assert!(packed == 0 || !cfg!(feature = "gzip"), "{report}");
        assert_eq!(report.vectors() + packed, vectors.len(), "{report}");
        assert!(report.near_misses() >= report.vectors(), "{report}");
        assert_eq!(report.round_trips(), scheme.shapes.len(), "{report}");
        round_trips += report.round_trips();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(round_trips > 100, "{round_trips}");
}

/// What the checks say of a scheme that is not right.
#[track_caller]
fn failure(scheme: &Scheme, vectors: &[Vector]) -> String {
    let error = check_scheme(scheme, vectors).unwrap_err();
    let text = error.to_string();
    assert!(
        !error.failures().is_empty() && text.contains(&format!("{:?}", scheme.id)),
        "{text}"
    );
    text
}

#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing: {text}");
    }
}

#[test]
fn a_wrong_template_is_seen_and_the_message_names_what_to_compare() {
    let mut scheme = providers::stripe();
    scheme.shapes[0].content = Some("{timestamp}-{body}".parse().unwrap());
    let text = failure(&scheme, &accepted("stripe"));
    assert_says(
        &text,
        &[
            "vector \"realistic delivery\": refused as \"mismatch\"",
            "Compare `content` (\"{timestamp}-{body}\"), `algorithm` (hmac-sha256) and `secret` (text)",
        ],
    );
    // It agrees with itself all the same, which is why a vector is asked for.
    assert!(!text.contains("round trip"), "{text}");
}

#[test]
fn a_wrong_place_or_encoding_is_seen() {
    let mut scheme = providers::github();
    scheme.shapes[0].signature.prefix = "sha256:".to_owned();
    assert_says(
        &failure(&scheme, &accepted("github")),
        &["signature-malformed"],
    );

    let mut scheme = providers::github();
    scheme.shapes[0].event_type = None;
    let text = failure(&scheme, &accepted("github"));
    assert_says(
        &text,
        &[
            "the event type should be Some(",
            "look at its place in the scheme",
        ],
    );
}

#[test]
fn a_wrong_vector_is_seen() {
    let scheme = providers::github();
    let all = accepted("github");
    let with = |change: fn(&mut Vector)| {
        let mut vector = all[0].clone();
        change(&mut vector);
        failure(&scheme, &[vector])
    };
    assert_says(
        &with(|it| it.secret.push('x')),
        &["refused as \"mismatch\""],
    );
    assert_says(&with(|it| it.secret.clear()), &["`secret`"]);
    assert_says(&with(|it| it.headers.clear()), &["refused as"]);
    assert_says(
        &with(|it| it.body_base64 = Some("e30=".to_owned())),
        &["say one of `body`"],
    );
    assert_says(
        &with(|it| it.method = Some("P OST".to_owned())),
        &["is not a method"],
    );
    assert_says(
        &with(|it| it.url = Some("example.com".to_owned())),
        &["`url`"],
    );
    assert_says(
        &with(|it| it.event_id = Some("another".to_owned())),
        &["the event id should be"],
    );
    assert_says(&failure(&scheme, &[]), &["there is no vector"]);
}

#[test]
fn what_the_linter_refuses_is_not_looked_at_further() {
    let mut scheme = providers::github();
    scheme.shapes[0].content = Some("{id}".parse().unwrap());
    let text = failure(&scheme, &accepted("github"));
    assert_says(&text, &["can't be used"]);
    assert!(!text.contains("vector"), "{text}");
}

#[test]
#[should_panic(expected = "scheme \"stripe\" failed its checks\n- vector")]
fn assert_scheme_panics_with_what_is_wrong() {
    let mut scheme = providers::stripe();
    scheme.shapes[0].content = Some("{body}".parse().unwrap());
    assert_scheme(&scheme, &accepted("stripe"));
}

#[cfg(feature = "proptest")]
mod strategy {
    use std::collections::BTreeSet;

    use axum_webhook::{Keyring, providers, sign::SignError, testing::strategy};
    use proptest::{prelude::*, test_runner::TestRunner};

    use super::super::samples::secret;

    #[test]
    fn of_every_provider_the_genuine_ones_are_accepted_and_the_others_refused_by_their_codes() {
        let (mut names, mut wrong) = (BTreeSet::new(), Vec::new());
        for (id, scheme) in crate::signable() {
            let keyring = Keyring::new(&scheme, secret(&scheme, 1)).unwrap();
            let trials = strategy::deliveries(&scheme, secret(&scheme, 1)).unwrap();
            let seen = std::cell::RefCell::new(BTreeSet::new());
            let config = ProptestConfig {
                cases: 32,
                failure_persistence: None,
                ..ProptestConfig::default()
            };
            let result = TestRunner::new(config).run(&trials, |trial| {
                seen.borrow_mut().insert(trial.name());
                let verdict = trial.verify(&scheme, &keyring);
                prop_assert_eq!(
                    verdict.err().map(|error| error.code()),
                    trial.code(),
                    "{}",
                    trial.name()
                );
                prop_assert!(trial.request().is_ok());
                Ok(())
            });
            wrong.extend(result.err().map(|error| format!("{id}: {error}")));
            let seen = seen.into_inner();
            assert!(seen.contains("genuine") && seen.len() > 1, "{id}: {seen:?}");
            names.extend(seen);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(names.len(), 11, "{names:?}");
    }

    #[cfg(feature = "ed25519")]
    #[test]
    fn there_is_none_of_what_only_the_provider_can_sign() {
        let scheme = providers::discord_interactions();
        let key = axum_webhook::Secret::new(include_str!("../../keys/ed25519.pem")).unwrap();
        let trials = strategy::deliveries(&scheme, key);
        assert_eq!(trials.err(), Some(SignError::Unsupported));
    }

    #[cfg(not(feature = "ed25519"))]
    #[test]
    fn there_is_none_without_the_feature_of_the_algorithm() {
        let scheme = providers::discord_interactions();
        let key = axum_webhook::Secret::new("anything").unwrap();
        let trials = strategy::deliveries(&scheme, key);
        assert!(matches!(trials.err(), Some(SignError::Keyring(_))));
    }
}
