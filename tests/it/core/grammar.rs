//! Lists of signatures: what their grammars take, and that nothing else is read into them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{rc::Rc, time::Duration};

use axum_webhook::{
    Keyring,
    scheme::{Encoding, Locate, Scheme},
    sign::Draft,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderName, header};

use super::{
    delivery::{Delivery, encode, numbered},
    samples::{NOW, SAMPLES, Sample, sample, secret},
};

/// `$s` is the right signature, `$x` a wrong one of the same form, `$t` the right time, `$u` a time
/// that is inside the window as well.
#[track_caller]
fn check(sample: &Sample, accepted: &[&str], refused: &[&str]) {
    let genuine = sample.delivery();
    let tag = genuine.tag();
    let wrong = wrong_tag(&genuine);
    let with = |text: &str| {
        let text = text
            .replace("$s", &tag)
            .replace("$S", &tag.to_uppercase())
            .replace("$x", &wrong)
            .replace("$t", "1700000000")
            .replace("$u", "1700000001");
        genuine.with_signature_text(&text)
    };
    for text in accepted {
        with(text).unwrap().accepted(text);
    }
    for text in refused {
        if let Some(forged) = with(text) {
            forged.refused(text);
        }
    }
}

fn wrong_tag(genuine: &Delivery) -> String {
    let bytes = vec![0x5a; genuine.tag_bytes().len()];
    encode(genuine.encoding(), &bytes)
}

/// What no list of pairs is, whatever its separators.
const NONSENSE: &[&str] = &[
    "", " ", "=", ",", ";", "|", "&", "==", ",,", "$s", "\"$s\"", "$t", "null", "{}", "[\"$s\"]",
    "$s$s", "$x", "\t", "\u{a0}", "v1", "t", "h1",
];

#[test]
fn t_g3_the_grammar_of_stripe_s_list() {
    check(
        sample("stripe"),
        &[
            "t=$t,v1=$s",
            "v1=$s,t=$t",
            "t=$t,v1=$x,v1=$s",
            "t=$t,v1=$s,v1=$x",
            "t=$t,v1=$s,v1=$s",
            "v1=$s,t=$t,v1=$x",
            "t=$t,v1=dummy,v1=$s",
        ],
        &[
            "t=$t",
            "v1=$s",
            "t=$t,v1=$x",
            "t=$t,t=$t,v1=$s",
            "t=$u,t=$t,v1=$s",
            "t=$t,t=$u,v1=$s",
            "t=$t,v1=$s,t=$t",
            "t=1,t=$t,v1=$s",
            "t=$u,v1=$s",
            "t=$t,v1=",
            "t=$t,v1=,v1=$s",
            "t=,v1=$s",
            "t,v1=$s",
            "=$t,v1=$s",
            "t=$t,=$s",
            ",t=$t,v1=$s",
            "t=$t,v1=$s,",
            "t=$t,,v1=$s",
            "t=$t;v1=$s",
            "t=$t&v1=$s",
            "t=$t v1=$s",
            "t=$t|v1=$s",
            "t=$t, v1=$s",
            "t=$t ,v1=$s",
            " t=$t,v1=$s",
            "t=$t,v1=$s ",
            "t=$t,v1=$s;",
            "t=$t,v1 =$s",
            "t=$t,v1= $s",
            "t= $t,v1=$s",
            "t =$t,v1=$s",
            "t=$t,\tv1=$s",
            "t=$t,v1=\t$s",
            "t=$t,\u{a0}v1=$s",
            "T=$t,v1=$s",
            "t=$t,V1=$s",
            "t=$t,v1=$S",
            "t=$t,v1=\"$s\"",
            "t=\"$t\",v1=$s",
            "\"t=$t,v1=$s\"",
            "t=$t,v1:$s",
            "t:$t,v1=$s",
            "t=$t,v1==$s",
            "t==$t,v1=$s",
            "t=$t,v11=$s",
            "t=$t,v=$s",
            "t=$t,v01=$s",
            "t=$t,v1=sha256=$s",
            "t=$t,v1=0x$s",
            "t=$t,v1=$s=",
            "t=$t,v1=$s0",
            "t=$t,v1=$s$s",
            "t=$t%2Cv1=$s",
            "t%3D$t,v1=$s",
            "$t,$s",
            "t=$t,v1",
            "Stripe-Signature: t=$t,v1=$s",
        ],
    );
    check(sample("stripe"), &[], NONSENSE);
}

#[test]
fn t_g3_the_grammar_of_svix_s_list() {
    for provider in ["svix", "standard-webhooks", "gitlab", "dodo-payments"] {
        check(
            sample(provider),
            &[
                "v1,$s",
                "v1,$x v1,$s",
                "v1,$s v1,$x",
                "v1,$s v1,$s",
                "v1,dummy v1,$s",
            ],
            &[
                "v1,$x",
                "v1,",
                "v1",
                ",$s",
                "v1,$s ",
                " v1,$s",
                "v1,$s  v1,$s",
                "v1, $s",
                "v1 ,$s",
                "v1,$s,",
                "v1,$s,v1,$s",
                "v1,$s;",
                "v1,v1,$s",
                "v1:$s",
                "v1=$s",
                "V1,$s",
                "v1,\"$s\"",
                "\"v1,$s\"",
                "v1,$s\t",
                "v1,$s\tv1,$x",
                "v1\t,$s",
                "v1,$s=",
                "v1,$s$s",
                "v1,$s v1",
                "v1,$s v1,",
                "v1,$s ,",
                "v1%2C$s",
                "v11,$s",
                "v,$s",
            ],
        );
        check(sample(provider), &[], NONSENSE);
    }
}

#[test]
fn t_g3_the_grammar_of_paddle_s_list() {
    check(
        sample("paddle"),
        &[
            "ts=$t;h1=$s",
            "h1=$s;ts=$t",
            "ts=$t;h1=$x;h1=$s",
            "ts=$t;h1=dummy;h1=$s",
        ],
        &[
            "ts=$t",
            "h1=$s",
            "ts=$t;h1=$x",
            "ts=$t;ts=$t;h1=$s",
            "ts=$u;h1=$s",
            "ts=$t,h1=$s",
            "ts=$t; h1=$s",
            "ts=$t;h1=$s;",
            ";ts=$t;h1=$s",
            "ts=$t;;h1=$s",
            "ts=$t;h1=",
            "ts=;h1=$s",
            "TS=$t;h1=$s",
            "ts=$t;H1=$s",
            "t=$t;h1=$s",
            "ts=$t;h1=$S",
            "ts=$t;v1=$s",
        ],
    );
    check(sample("paddle"), &[], NONSENSE);
}

#[test]
fn t_g3_the_grammar_of_braintree_s_list() {
    check(
        sample("braintree"),
        &[
            "public_key-1|$s",
            "public_key-2|$x&public_key-1|$s",
            "public_key-1|$x&public_key-1|$s",
            "public_key-1|$s&public_key-2|$x",
        ],
        &[
            "public_key-1|$x",
            "public_key-2|$s",
            "public_key|$s",
            "public_key-1|",
            "public_key-1",
            "|$s",
            "public_key-1|$s|",
            "public_key-1||$s",
            "public_key-1|$s&",
            "&public_key-1|$s",
            "public_key-1|$s&public_key-2",
            "public_key-1|$s&public_key-2|",
            "public_key-1,$s",
            "PUBLIC_KEY-1|$s",
            " public_key-1|$s",
            "public_key-1 |$s",
            "public_key-1|$S",
            "public_key-11|$s",
        ],
    );
    check(sample("braintree"), &[], NONSENSE);
}

#[test]
fn t_g3_the_grammar_of_persona_s_sets() {
    check(
        sample("persona"),
        &[
            "t=$t,v1=$s",
            "t=$t,v1=$s,v1=$x",
            "t=$t,v1=$x t=$t,v1=$s",
            "t=$t,v1=$s t=$t,v1=$x",
            "t=$u,v1=$x t=$t,v1=$s",
            "t=1,v1=$x t=$t,v1=$s",
            "t=1000000000,v1=$x t=$t,v1=$s",
            "t=$t,v1=$x t=$t,v1=$x t=$t,v1=$x t=$t,v1=$s",
        ],
        &[
            "t=$t,v1=$x t=$u,v1=$s",
            "t=$u,v1=$s t=$t,v1=$x",
            "t=$t,v1=$x v1=$s",
            "v1=$s t=$t,v1=$x",
            "t=$t v1=$s",
            "t=$t,v1=$s ",
            " t=$t,v1=$s",
            "t=$t,v1=$s  t=$t,v1=$x",
            "t=$t,v1=$x, t=$t,v1=$s",
            "t=$t,t=$t,v1=$s",
            "t=1000000000,v1=$s t=$t,v1=$x",
            // More sets than a rotation has: each costs a MAC of its own.
            "t=$t,v1=$s t=$t,v1=$x t=$t,v1=$x t=$t,v1=$x t=$t,v1=$x",
        ],
    );
    check(sample("persona"), &[], NONSENSE);
}

#[test]
fn a_set_that_is_too_old_does_not_count_even_with_its_own_signature() {
    let persona = sample("persona");
    let old = NOW.saturating_sub(Duration::from_secs(301));
    let draft = persona.draft().with_timestamp(old);
    let stale = persona.deliver(draft, secret(&persona.signer(), 1));
    stale.refused_as("stale", "the old set alone");
    let text = format!(
        "{} t=1700000000,v1={}",
        stale.signature_text(),
        "5a".repeat(32)
    );
    stale
        .with_signature_text(&text)
        .unwrap()
        .refused_as("mismatch", "the old set beside a fresh one that is forged");
    let genuine = persona.delivery();
    let both = format!("{} {}", stale.signature_text(), genuine.signature_text());
    let both = genuine.with_signature_text(&both).unwrap();
    let authentic = both.accepted("a fresh set beside an old one");
    assert_eq!(authentic.timestamp(), Some(NOW));
}

/// What a delivery says is what the set says that its signature is in.
#[test]
fn each_set_has_values_of_its_own() {
    let scheme: Scheme = toml::from_str(
        r#"
        id = "acme"
        algorithm = "hmac-sha256"
        content = "{id}.{timestamp}.{body}"
        signature = { at = { header = "x-sig" }, list = { sets = " ", items = ",", pair = "=" }, item = "v1", encoding = "hex" }
        timestamp = { at = { item = "t" }, unit = "unix-seconds" }
        tolerance = { past = "5m", future = "5m" }
        event_id = { item = "id" }
        "#,
    )
    .unwrap();
    let scheme = Rc::new(scheme);
    let deliver = |id: &str, time, number| {
        let draft = Draft::new("{}").with_id(id).with_timestamp(time);
        let signed = draft.sign(&scheme, secret(&scheme, number)).unwrap();
        let keyring = Keyring::new(&scheme, secret(&scheme, 1)).unwrap();
        Delivery::new("acme", &scheme, keyring, signed, NOW)
    };
    let later = NOW.saturating_add(Duration::from_secs(1));
    let genuine = deliver("ours", later, 1);
    let stranger = deliver("theirs", NOW, 2);
    for other in [
        stranger.signature_text(),
        // One that is too old need not have all that is signed.
        format!("t=1000000000,v1={}", "5a".repeat(32)),
    ] {
        for text in [
            format!("{other} {}", genuine.signature_text()),
            format!("{} {other}", genuine.signature_text()),
        ] {
            let both = genuine.with_signature_text(&text).unwrap();
            let authentic = both.accepted(&text);
            let id = authentic.event_id(&scheme, &both.incoming());
            assert_eq!(id.as_deref(), Some("ours"), "{text}");
            assert_eq!(authentic.timestamp(), Some(later), "{text}");
        }
    }
}

#[test]
fn t_g5_unknown_versions_are_ignored_and_never_count() {
    check(
        sample("stripe"),
        &[
            "t=$t,v0=$x,v1=$s",
            "t=$t,v1=$s,v0=not-hex",
            "t=$t,v2=$x,v1=$s",
            "t=$t,v1=$s,scheme=whatever",
        ],
        &[
            "t=$t,v0=$s",
            "t=$t,v2=$s",
            "t=$t,v1a=$s",
            "t=$t,v0=$s,v2=$s",
        ],
    );
    for provider in ["svix", "standard-webhooks"] {
        check(
            sample(provider),
            &[
                "v2,xxx v1,$s",
                "v1a,$x v1,$s",
                "v1,$s v99,???",
                "v0,$x v1,$s",
            ],
            &["v2,$s", "v1a,$s", "v0,$s", "v2,$s v1a,$s"],
        );
    }
    check(
        sample("paddle"),
        &["ts=$t;h1=$s;h2=RANDOM", "ts=$t;h0=$x;h1=$s"],
        &["ts=$t;h2=$s", "ts=$t;h0=$s"],
    );
    check(
        sample("persona"),
        &["t=$t,v0=$x,v1=$s", "t=$t,v2=$x t=$t,v1=$s"],
        &["t=$t,v2=$s", "t=$t,v0=$s t=$t,v1=$x"],
    );
}

/// A list of `count` signatures, the right one at `at`.
fn long_list(genuine: &Delivery, count: usize, at: usize) -> Option<Delivery> {
    let signature = &genuine.shape().signature;
    let tag = genuine.tag();
    let wrong = wrong_tag(genuine);
    if let Locate::HeaderFamily(prefix) = &signature.at {
        let mut delivery = genuine.clone();
        for number in 0..count {
            let text = if number == at { &tag } else { &wrong };
            delivery
                .headers
                .insert(numbered(prefix, number + 1), text.parse().unwrap());
        }
        return Some(delivery);
    }
    let list = signature.list.as_ref()?;
    let text = genuine.signature_text();
    let (start, last) = text.rsplit_once(&*list.items).unwrap_or(("", &text));
    let entries: Vec<_> = (0..count)
        .map(|number| {
            let text = if number == at { &tag } else { &wrong };
            last.replace(&tag, text)
        })
        .collect();
    let entries = entries.join(&list.items);
    genuine.with_signature_text(&if start.is_empty() {
        entries
    } else {
        format!("{start}{}{entries}", list.items)
    })
}

#[test]
fn t_g4_thirty_two_signatures_are_looked_at_and_thirty_three_are_not() {
    let mut providers = Vec::new();
    for sample in &*SAMPLES {
        let genuine = sample.delivery();
        if long_list(&genuine, 1, 0).is_none() {
            continue;
        }
        for at in [0, 1, 2, 15, 31] {
            long_list(&genuine, 32, at)
                .unwrap()
                .accepted(&format!("the right one is number {at} of 32"));
        }
        long_list(&genuine, 32, 99)
            .unwrap()
            .refused_as("mismatch", "none of 32 is right");
        for count in [33, 34, 40] {
            for at in [0, count - 1] {
                long_list(&genuine, count, at)
                    .unwrap()
                    .refused_as("too-many-signatures", &format!("{at} of {count}"));
            }
        }
        providers.push(sample.provider);
    }
    providers.dedup();
    assert_eq!(
        providers,
        [
            "anthropic",
            "bigcommerce",
            "braintree",
            "brex",
            "buildkite",
            "calendly",
            "circleci",
            "clerk",
            "cloudflare-stream",
            "coinbase-cdp",
            "docusign",
            "dodo-payments",
            "elevenlabs",
            "ghost",
            "gitlab",
            "go1",
            "google-gemini",
            "hygraph",
            "increase",
            "langfuse",
            "lithic",
            "mercado-pago",
            "mollie",
            "mux",
            "openai",
            "paddle",
            "pagerduty",
            "persona",
            "plivo",
            "polar",
            "recall-ai",
            "render",
            "replicate",
            "resend",
            "retell-ai",
            "revolut-business",
            "revolut-merchant",
            "sanity",
            "standard-webhooks",
            "stripe",
            "stytch",
            "supabase-auth-hooks",
            "svix",
            "tiktok",
            "workos",
        ]
    );
}

#[test]
fn t_g4_too_many_signatures_are_refused_before_any_of_the_others_is_read() {
    // The right one comes first; a parser that stopped there would accept.
    let stripe = sample("stripe").delivery();
    let mut text = stripe.signature_text();
    for _ in 0..32 {
        text.push_str(",v1=");
        text.push_str(&"5a".repeat(32));
    }
    stripe
        .with_signature_text(&text)
        .unwrap()
        .refused_as("too-many-signatures", "33 in all");
}

#[test]
fn t_i10_a_security_header_of_more_than_4_kib_is_refused_unread() {
    let stripe = sample("stripe").delivery();
    let text = stripe.signature_text();
    let padded = |len: usize| {
        let filler = len - text.len() - ",v0=".len();
        let text = format!("{text},v0={}", "a".repeat(filler));
        assert_eq!(text.len(), len);
        stripe.with_signature_text(&text).unwrap()
    };
    padded(4096).accepted("4096 bytes");
    padded(4097).refused_as("too-long", "4097 bytes");
    padded(65_536).refused_as("too-long", "64 KiB");
    for sample in &*SAMPLES {
        let genuine = sample.delivery();
        for name in genuine.required_headers() {
            if name == header::CONTENT_TYPE {
                continue;
            }
            let long = format!("{}{}", genuine.header(&name), "a".repeat(4096));
            let forged = genuine.with_header(&name, long).unwrap();
            forged.refused_as("too-long", name.as_str());
        }
    }
}

#[test]
fn t_g6_base64_has_one_spelling_in_lists_as_well() {
    let svix = sample("svix");
    let tag = svix.delivery().tag();
    let url = tag.replace('+', "-").replace('/', "_");
    let unpadded = tag.trim_end_matches('=');
    for text in [
        format!("v1,{unpadded}"),
        format!("v1,{tag}="),
        format!("v1,{}", STANDARD.encode(&tag)),
        format!("v1,{}", encode(Encoding::Hex, &svix.delivery().tag_bytes())),
    ] {
        check(svix, &[], &[&text]);
    }
    if url != tag {
        check(svix, &[], &[&format!("v1,{url}")]);
    }
}

#[test]
fn t_g7_t_g9_what_makes_an_event_does_not_depend_on_how_its_signature_is_written() {
    // Lists in another order, with other entries: the same event, the same time.
    for (provider, texts) in [
        (
            "svix",
            &["v1,$s", "v1,$x v1,$s", "v2,x v1,$s", "v1,$s v1,$s"][..],
        ),
        ("stripe", &["t=$t,v1=$s", "v1=$s,t=$t", "t=$t,v0=0,v1=$s"]),
        (
            "paddle",
            &["ts=$t;h1=$s", "h1=$s;ts=$t", "ts=$t;h1=$x;h1=$s"],
        ),
        ("persona", &["t=$t,v1=$s", "t=1,v1=$x t=$t,v1=$s"]),
    ] {
        let genuine = sample(provider).delivery();
        let wrong = wrong_tag(&genuine);
        let read = |delivery: &Delivery| {
            let authentic = delivery.accepted("a list");
            (
                authentic.event_id(&delivery.scheme, &delivery.incoming()),
                authentic.event_type(&delivery.scheme, &delivery.incoming()),
                authentic.timestamp(),
                authentic.key_id().to_owned(),
            )
        };
        let want = read(&genuine);
        assert!(want.0.is_some());
        for text in texts {
            let text = text
                .replace("$s", &genuine.tag())
                .replace("$x", &wrong)
                .replace("$t", "1700000000");
            let other = genuine.with_signature_text(&text).unwrap();
            assert_eq!(read(&other), want, "{provider}: {text}");
        }
    }
}

#[test]
fn t_g8_only_the_exact_header_name_is_read() {
    for sample in &*SAMPLES {
        let genuine = sample.delivery();
        for name in genuine.required_headers() {
            if name == header::CONTENT_TYPE {
                continue;
            }
            let value = genuine.headers[&name].clone();
            for other in [
                name.as_str().replace('-', "_"),
                format!("x-{name}"),
                format!("{name}s"),
                format!("http-{name}"),
                name.as_str().trim_start_matches("x-").to_owned(),
            ] {
                if other == name.as_str() {
                    continue;
                }
                let mut renamed = genuine.clone();
                renamed.headers.remove(&name);
                renamed
                    .headers
                    .insert(http::HeaderName::try_from(&other).unwrap(), value.clone());
                renamed.refused(&format!("{name} called {other}"));
            }
        }
    }
}

#[test]
fn a_repeated_header_has_a_signature_each_time_and_any_one_may_match() {
    // Mollie sends its header twice for a day after a secret was changed.
    let genuine = sample("mollie").delivery();
    let name = HeaderName::from_static("x-mollie-signature");
    let right = genuine.header(&name).to_owned();
    let wrong = right.replace(|c: char| c.is_ascii_hexdigit(), "0");
    let wrong = format!("sha256={}", &wrong["sha256=".len()..]);
    let with = |values: &[&str]| {
        let mut other = genuine.clone();
        other.headers.remove(&name);
        for value in values {
            other.headers.append(&name, value.parse().unwrap());
        }
        other
    };
    for (what, values) in [
        ("new, then old", &[&*right, &*wrong][..]),
        ("old, then new", &[&wrong, &right]),
        ("the same twice", &[&right, &right]),
        ("joined", &[&format!("{wrong}, {right}")]),
        ("32 of them", &[&*right; 32]),
    ] {
        with(values).accepted(what);
    }
    for (what, values, code) in [
        ("two others", &[&*wrong, &*wrong][..], "mismatch"),
        ("none", &[], "missing"),
        ("an empty one", &[&right, ""], "missing"),
        ("33 of them", &[&*right; 33], "too-many-signatures"),
        (
            "no prefix",
            &[&right["sha256=".len()..]],
            "signature-malformed",
        ),
    ] {
        with(values).refused_as(code, what);
    }
}
