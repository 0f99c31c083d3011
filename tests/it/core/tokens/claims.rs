//! What a token must say: T-C2, T-E6, T-R2.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use axum_webhook::providers;

use super::{deliver, delivery, genuine, under_hs256};
use crate::core::{
    delivery::{Delivery, hex},
    jwt::HEADER,
};

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    hex(&Sha256::digest(bytes))
}

/// Each claim that has to be something: provider, name, and whether it is a hash of the body.
const CLAIMS: &[(&str, &str, bool)] = &[
    ("messagebird", "iss", false),
    ("messagebird", "url_hash", false),
    ("messagebird", "payload_hash", true),
    ("monday", "aud", false),
    ("netlify", "iss", false),
    ("netlify", "sha256", true),
    ("vonage", "iss", false),
    ("vonage", "payload_hash", true),
];

/// Gives a claim another value, signed with the right key.
fn with(genuine: &Delivery, name: &str, value: impl ToString) -> Delivery {
    genuine.with_claims(|claims| claims.set(name, value))
}

#[test]
fn every_claim_that_a_scheme_compares_is_in_the_table() {
    let mut compared = Vec::new();
    for genuine in genuine() {
        for claim in genuine
            .shape()
            .claims
            .iter()
            .filter(|claim| !claim.is.is_empty())
        {
            let covers = claim.is[0].to_string().contains("{body");
            compared.push((
                genuine.scheme.id.clone(),
                claim.at.to_string()[1..].to_owned(),
                covers,
            ));
        }
    }
    let table: Vec<_> = CLAIMS
        .iter()
        .map(|(provider, name, covers)| ((*provider).to_owned(), (*name).to_owned(), *covers))
        .collect();
    assert_eq!(compared, table);
}

#[test]
fn t_c2_a_claim_that_is_missing_is_refused() {
    for genuine in genuine() {
        for claim in &genuine.shape().claims {
            let name = &claim.at.to_string()[1..];
            let without = genuine.with_claims(|claims| claims.remove(name));
            without.refused_as("missing", &format!("no {name}"));
            if name != "exp" {
                let null = with(&genuine, name, "null");
                null.refused_as("missing", &format!("{name} is null"));
            }
        }
        genuine
            .resigned(HEADER, "{}")
            .refused_as("missing", "no claims at all");
    }
}

#[test]
fn t_c2_a_claim_of_another_value_or_type_is_refused() {
    for (provider, name, _) in CLAIMS {
        let genuine = delivery(provider);
        let right: String = serde_json::from_str(genuine.claims().get(name).unwrap()).unwrap();
        for text in [
            String::new(),
            " ".to_owned(),
            "x".to_owned(),
            format!("{right} "),
            format!(" {right}"),
            format!("{right}x"),
            format!("{right}\0"),
            right[1..].to_owned(),
            right[..right.len() - 1].to_owned(),
            right.to_uppercase(),
            right.chars().rev().collect(),
        ] {
            let text = serde_json::to_string(&text).unwrap();
            with(&genuine, name, &text).refused_as("claim-mismatch", &format!("{name} is {text}"));
        }
        for value in [
            "0", "1", "true", "false", "{}", "[]", "[null]", "[[]]", "1e400", "-1",
        ] {
            with(&genuine, name, value).refused_as("claim-mismatch", &format!("{name} is {value}"));
        }
        for value in [
            format!("[[{right:?}]]"),
            format!(r#"{{"0":{right:?}}}"#),
            format!(r#"[{{"{name}":{right:?}}}]"#),
        ] {
            with(&genuine, name, &value)
                .refused_as("claim-mismatch", &format!("{name} is {value}"));
        }
    }
}

#[test]
fn t_c2_a_claim_that_stands_there_twice_is_refused() {
    for (provider, name, _) in CLAIMS {
        let genuine = delivery(provider);
        let right = genuine.claims().get(name).unwrap().to_owned();
        for other in [&*right, r#""x""#, "null"] {
            for (first, second) in [(&*right, other), (other, &*right)] {
                let twice = genuine.with_claims(|claims| {
                    claims.set(name, first);
                    claims.push(name, second);
                });
                twice.refused_as("duplicate", &format!("{name}: {first}, {second}"));
            }
        }
        // Of what is not looked at, nothing is said.
        let other = genuine.with_claims(|claims| {
            claims.push("other", 1);
            claims.push("other", 2);
        });
        other.accepted("another claim twice");
    }
}

#[test]
fn a_claim_may_be_a_list_with_ours_in_it_unless_it_stands_for_the_body() {
    // ref: RFC 7519 §4.1.3.
    for (provider, name, covers_body) in CLAIMS {
        let genuine = delivery(provider);
        let right = genuine.claims().get(name).unwrap().to_owned();
        for list in [
            format!("[{right}]"),
            format!(r#"["x",{right}]"#),
            format!("[1,{right},null]"),
        ] {
            let other = with(&genuine, name, &list);
            if *covers_body {
                other.refused_as("claim-mismatch", &format!("{name} is {list}"));
            } else {
                other.accepted(&format!("{name} is {list}"));
            }
        }
        for list in ["[]", r#"["x"]"#, r#"["x","y"]"#, r#"[""]"#, "[null]", "[1]"] {
            with(&genuine, name, list).refused_as("claim-mismatch", &format!("{name} is {list}"));
        }
    }
}

#[test]
fn t_e6_a_hash_is_of_this_body_and_in_its_one_spelling() {
    for (provider, name, covers_body) in CLAIMS {
        if !covers_body {
            continue;
        }
        let genuine = delivery(provider);
        let right = sha256(&genuine.body);
        assert_eq!(genuine.claims().get(name), Some(&*format!("{right:?}")));
        for other in [
            sha256(b""),
            sha256(b"another body"),
            sha256(&[&*genuine.body, b"\n"].concat()),
            right.to_uppercase(),
            format!("0x{right}"),
            format!("sha256={right}"),
            right[..32].to_owned(),
            String::from_utf8_lossy(&genuine.body).into_owned(),
        ] {
            with(&genuine, name, serde_json::to_string(&other).unwrap())
                .refused_as("claim-mismatch", &format!("{name} is {other}"));
        }
        for body in [
            &b""[..],
            b" ",
            b"{}",
            b"\xff",
            &[&*genuine.body, b" "].concat(),
        ] {
            let forged = genuine.with_body(body);
            forged.refused_as("claim-mismatch", "another body under the same token");
            // And the token that is right for it.
            let hash = sha256(body);
            let claims = forged.with_claims(|claims| claims.set(name, format!("{hash:?}")));
            claims.accepted("its own token");
        }
    }
}

#[test]
fn t_c2_what_is_no_set_of_claims_is_refused() {
    for genuine in genuine() {
        let claims = genuine.claims().json();
        for payload in [
            "",
            " ",
            "null",
            "true",
            "1",
            r#""""#,
            "[]",
            "{}{}",
            "{",
            "not JSON",
            "iss=netlify",
            &format!("[{claims}]"),
            &format!("{claims}x"),
            &format!("{claims},{claims}"),
            &format!("\u{feff}{claims}"),
            &format!("{claims:?}"),
        ] {
            genuine.resigned(HEADER, payload).refused(payload);
        }
        for payload in [format!(" {claims}"), format!("{claims}\n")] {
            genuine
                .resigned(HEADER, &payload)
                .accepted("white space around it");
        }
        let mut bytes = claims.clone().into_bytes();
        bytes.insert(1, 0xff);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        genuine.resigned(HEADER, &text).refused("what is no JSON");
    }
}

#[test]
fn an_audience_is_one_of_those_that_are_meant() {
    const CLAIMS: &str = r#"{"iss":"https://accounts.google.com","aud":"audience-1","email":"email-1","email_verified":true,"exp":1700003600}"#;
    let genuine = deliver(&under_hs256(providers::google_pubsub_push), CLAIMS);
    genuine.accepted("as Google has it");
    for (name, value) in [
        ("iss", r#""accounts.google.com""#),
        ("aud", r#"["audience-1"]"#),
        ("aud", r#"["x","audience-1"]"#),
        ("exp", "1700000000"),
    ] {
        with(&genuine, name, value).accepted(value);
    }
    for (name, value, code) in [
        ("iss", r#""https://accounts.google.com/""#, "claim-mismatch"),
        ("iss", r#""http://accounts.google.com""#, "claim-mismatch"),
        (
            "iss",
            r#""https://accounts.google.com.evil.example""#,
            "claim-mismatch",
        ),
        ("iss", r#""""#, "claim-mismatch"),
        ("aud", r#""audience-2""#, "claim-mismatch"),
        ("aud", r#""email-1""#, "claim-mismatch"),
        ("aud", r#""{secret.audience}""#, "claim-mismatch"),
        ("aud", r#""""#, "claim-mismatch"),
        ("aud", "[]", "claim-mismatch"),
        ("aud", r#"["audience-2"]"#, "claim-mismatch"),
        ("aud", r#"[["audience-1"]]"#, "claim-mismatch"),
        ("aud", r#"{"aud":"audience-1"}"#, "claim-mismatch"),
        ("aud", r#""audience-1,audience-2""#, "claim-mismatch"),
        ("aud", "null", "missing"),
        ("email", r#""email-2""#, "claim-mismatch"),
        ("email", r#""audience-1""#, "claim-mismatch"),
        ("email", r#""EMAIL-1""#, "claim-mismatch"),
        ("email_verified", "false", "claim-mismatch"),
        ("email_verified", r#""false""#, "claim-mismatch"),
        ("email_verified", "1", "claim-mismatch"),
        ("email_verified", "0", "claim-mismatch"),
        ("email_verified", r#""""#, "claim-mismatch"),
        ("email_verified", r#""yes""#, "claim-mismatch"),
        ("email_verified", r#""TRUE""#, "claim-mismatch"),
        ("email_verified", "null", "missing"),
        ("email_verified", "{}", "claim-mismatch"),
        ("exp", "1699999939", "token-expired"),
    ] {
        with(&genuine, name, value).refused_as(code, &format!("{name} is {value}"));
    }
    for name in ["iss", "aud", "email", "email_verified", "exp"] {
        let without = genuine.with_claims(|claims| claims.remove(name));
        without.refused_as("missing", &format!("no {name}"));
    }
    // The word, which some identity providers write as a text; a token of Google's says so or nobody does.
    with(&genuine, "email_verified", r#""true""#).accepted("true as a text");
}

#[test]
fn azure_s_issuer_is_that_of_the_tenant() {
    const APP: &str = "4962773b-9cdb-44cf-a8bf-237846a00ab7";
    let claims = |iss: &str, appid: &str| {
        let claims = format!(
            r#"{{"iss":"{iss}","aud":"audience-1","appid":"{appid}","exp":1700003600,"nbf":1700000000}}"#
        );
        deliver(&under_hs256(providers::azure_event_grid), &claims)
    };
    claims("https://sts.windows.net/tenant-1/", APP).accepted("as Entra has it");
    for iss in [
        "https://sts.windows.net/tenant-2/",
        "https://sts.windows.net/tenant-1",
        "https://sts.windows.net/{secret.tenant}/",
        "https://sts.windows.net//",
        "https://sts.windows.net/tenant-1/v2.0",
    ] {
        claims(iss, APP).refused_as("claim-mismatch", iss);
    }
    for appid in ["", "4962773B-9CDB-44CF-A8BF-237846A00AB7", "audience-1"] {
        claims("https://sts.windows.net/tenant-1/", appid).refused_as("claim-mismatch", appid);
    }
}

#[test]
fn t_r2_the_id_that_comes_out_is_the_token_s() {
    for provider in ["messagebird", "vonage"] {
        let genuine = delivery(provider);
        let id = |delivery: &Delivery| {
            let authentic = delivery.accepted("with an id");
            authentic.event_id(&delivery.scheme, &delivery.incoming())
        };
        for jti in ["evt_1", "0123456789", "1", " ", "é", "{\"a\":1}"] {
            let quoted = serde_json::to_string(jti).unwrap();
            assert_eq!(
                id(&with(&genuine, "jti", quoted)).as_deref(),
                Some(jti),
                "{provider}"
            );
        }
        for value in ["[]", r#"["evt_1"]"#, r#"{"jti":"evt_1"}"#] {
            assert_eq!(
                id(&with(&genuine, "jti", value)),
                None,
                "{provider}: {value}"
            );
        }
    }
}
