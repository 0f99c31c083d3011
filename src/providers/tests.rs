//! What must be true of each provider, and of the tables of them.

use std::{collections::BTreeSet, path::Path};

use super::*;
use crate::scheme::{Coverage, Dedupe, Finding, Severity};

#[cfg(feature = "cli")]
#[test]
fn every_provider_has_a_page() {
    for (id, _) in ALL {
        let page = docs(id).unwrap_or_default();
        assert!(page.contains("\n# Source\n"), "{id}: {page}");
        assert!(page.contains("Pitfalls\n"), "{id}: {page}");
    }
}

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
        let scheme = describe();
        match scheme.algorithm.needs_feature() {
            None => assert_eq!(scheme.validate(), Ok(()), "{id}"),
            Some(_) => {
                let error = scheme.validate().expect_err("the feature is off");
                let codes: Vec<_> = error.findings().iter().map(Finding::code).collect();
                assert_eq!(codes, ["needs-feature"], "{id}");
            }
        }
    }
}

/// The text of a provider's page.
fn page(id: &str) -> String {
    let file = match id {
        // A keyword can't name a module.
        "box" => "box_webhooks".to_owned(),
        id => id.replace('-', "_"),
    };
    let path = format!("{}/src/providers/{file}.rs", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let lines = text.lines().filter_map(|line| line.strip_prefix("///"));
    lines.flat_map(|line| [line.trim(), "\n"]).collect()
}

#[test]
fn each_warning_of_the_linter_is_explained_on_its_provider_s_page() {
    for (id, describe) in ALL {
        let scheme = describe();
        // Of that the linter speaks first.
        if scheme.algorithm.needs_feature().is_some() {
            continue;
        }
        let findings = scheme.lint();
        let warnings = findings
            .iter()
            .filter(|finding| finding.severity() == Severity::Warning);
        let found: BTreeSet<_> = warnings.map(Finding::code).collect();
        let page = page(id);
        let section = page
            .split_once("\n# Warnings\n")
            .map_or("", |(_, after)| after);
        let explained: BTreeSet<_> = section
            .lines()
            .filter_map(|line| line.strip_prefix("- `")?.split('`').next())
            .collect();
        assert_eq!(found, explained, "{id}");
    }
}

#[test]
fn each_page_says_what_its_reader_looks_for() {
    for (id, _) in ALL {
        let page = page(id);
        for part in [
            "\n# Source\n",
            "\n# What is signed\n",
            "\n# Pitfalls\n",
            "vidence:",
            "\n- Retries:",
        ] {
            assert!(page.contains(part), "{id}: {part:?}");
        }
        let signed = page
            .split_once("\n# What is signed\n")
            .map_or("", |(_, text)| text);
        let signed = signed
            .split_once("\n# Pitfalls\n")
            .map_or("", |(text, _)| text);
        let mut words = signed.split(|c: char| !c.is_ascii_alphanumeric());
        assert!(
            words.any(|word| matches!(word, "id" | "ids")),
            "{id}: whether the id is signed"
        );
    }
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
    assert_eq!(
        of(Coverage::Credential),
        [
            "azure-event-grid",
            "cloudflare-notifications",
            "datocms",
            "figma",
            "flutterwave-v3",
            "gitlab-token",
            "google-gemini-dynamic",
            "google-pubsub-push",
            "microsoft-graph",
            "monday",
            "postmark",
            "prismic",
            "telegram",
            "vapi",
            "vmware-workspace-one",
            "xendit",
        ]
    );
    assert_eq!(
        of(Coverage::Fields),
        [
            "adyen",
            "aws-sns",
            "aws-sns-v1",
            "braintree",
            "mailgun",
            "mercado-pago",
            "midtrans",
            "paypal",
            "plivo-v2",
            "segment"
        ]
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
