//! Schemes that sign the URL: which URL, byte for byte.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::rc::Rc;

use axum_webhook::{Keyring, PublicUrl, scheme::Scheme, sign::Draft};

use super::{
    delivery::Delivery,
    samples::{NOW, SAMPLES, Sample, secret},
};

/// A delivery signed for `signed`, that arrives with `target` where `public` is configured.
fn deliver(sample: &Sample, signed: &str, public: &str, target: &str) -> Delivery {
    let draft = sample.draft().with_url(signed);
    let mut delivery = sample.deliver(draft, secret(&sample.signer(), 1));
    // The hash of the body that the signer adds comes with the request.
    let added = delivery.uri.to_string();
    let hash = added
        .find("bodySHA256=")
        .map_or(String::new(), |at| added[at - 1..].to_owned());
    let hash = if target.contains('?') {
        hash.replace('?', "&")
    } else {
        hash.replace('&', "?")
    };
    delivery.public_url = Some(public.parse().unwrap());
    delivery.uri = format!("{target}{hash}").parse().unwrap();
    delivery
}

fn signing_urls() -> impl Iterator<Item = &'static Sample> {
    SAMPLES
        .iter()
        .filter(|sample| sample.delivery().signs("url"))
}

#[test]
fn the_schemes_that_sign_the_url_are_known() {
    let names: Vec<_> = signing_urls().map(Sample::name).collect();
    assert_eq!(
        names,
        [
            "bird (shape 0)",
            "hubspot (shape 0)",
            "hubspot-v2 (shape 0)",
            "mandrill (shape 0)",
            #[cfg(feature = "jwt")]
            "messagebird (shape 0)",
            #[cfg(feature = "jwt")]
            "monday (shape 0)",
            "plivo (shape 0)",
            "plivo-v2 (shape 0)",
            "shopee (shape 0)",
            "square (shape 0)",
            "trello (shape 0)",
            "twilio (shape 0)",
            "twilio (shape 1)"
        ]
    );
}

#[test]
fn t_h1_scheme_port_and_user_are_as_configured_and_only_twilio_s_port_may_be_missing() {
    for (signed, public, exact, twilio) in [
        ("https://h.example/in", "https://h.example", true, true),
        ("http://h.example/in", "http://h.example", true, true),
        (
            "https://h.example:443/in",
            "https://h.example:443",
            true,
            true,
        ),
        (
            "https://h.example:8443/in",
            "https://h.example:8443",
            true,
            true,
        ),
        (
            "http://h.example:8080/in",
            "http://h.example:8080",
            true,
            true,
        ),
        (
            "https://u:p@h.example/in",
            "https://u:p@h.example",
            true,
            true,
        ),
        (
            "https://u:p@h.example:8443/in",
            "https://u:p@h.example:8443",
            true,
            true,
        ),
        ("https://[::1]:8443/in", "https://[::1]:8443", true, true),
        // The port is there on one side only.
        ("https://h.example:443/in", "https://h.example", false, true),
        ("https://h.example/in", "https://h.example:443", false, true),
        ("http://h.example:80/in", "http://h.example", false, true),
        ("http://h.example/in", "http://h.example:80", false, true),
        (
            "https://h.example/in",
            "https://h.example:8443",
            false,
            true,
        ),
        (
            "https://u:p@h.example:443/in",
            "https://u:p@h.example",
            false,
            true,
        ),
        ("https://[::1]/in", "https://[::1]:8443", false, true),
        // Another port is another URL.
        (
            "https://h.example:8443/in",
            "https://h.example",
            false,
            false,
        ),
        ("https://h.example:80/in", "https://h.example", false, false),
        ("http://h.example:443/in", "http://h.example", false, false),
        (
            "https://h.example:8443/in",
            "https://h.example:9443",
            false,
            false,
        ),
        // Another scheme, host or user is, too.
        ("http://h.example/in", "https://h.example", false, false),
        ("https://h.example/in", "http://h.example", false, false),
        (
            "https://h.example.evil/in",
            "https://h.example",
            false,
            false,
        ),
        ("https://H.example/in", "https://h.example", false, false),
        (
            "https://u:p@h.example/in",
            "https://h.example",
            false,
            false,
        ),
        (
            "https://h.example/in",
            "https://u:p@h.example",
            false,
            false,
        ),
        (
            "https://u:q@h.example/in",
            "https://u:p@h.example",
            false,
            false,
        ),
        (
            "https://u@h.example/in",
            "https://u:p@h.example",
            false,
            false,
        ),
    ] {
        for sample in signing_urls() {
            let delivery = deliver(sample, signed, public, "/in");
            let what = format!("{signed} where {public} is configured");
            let either = sample.provider == "twilio";
            if if either { twilio } else { exact } {
                delivery.accepted(&what);
            } else {
                delivery.refused_as(delivery.mismatch(), &what);
            }
        }
    }
}

#[test]
fn t_h1_a_path_in_the_public_url_goes_before_the_request_s() {
    for (signed, public, target) in [
        ("https://h.example/in", "https://h.example/", "/in"),
        ("https://h.example/api/in", "https://h.example/api", "/in"),
        ("https://h.example/api/in", "https://h.example/api/", "/in"),
        (
            "https://h.example/a/b/in/x",
            "https://h.example/a/b",
            "/in/x",
        ),
        // The whole URL as it was registered will do as well.
        ("https://h.example/in", "https://h.example/in", "/in"),
        (
            "https://h.example/api/in",
            "https://h.example/api/in",
            "/in",
        ),
        (
            "https://h.example/in?a=1",
            "https://h.example/in",
            "/in?a=1",
        ),
    ] {
        for sample in signing_urls() {
            deliver(sample, signed, public, target).accepted(&format!("{public} with {target}"));
            deliver(sample, signed, public, &target.replace("/in", "/out"))
                .refused(&format!("{public} with another path than {target}"));
        }
    }
}

/// Texts of a target that a parser might think to be the same, or might print otherwise.
const TARGETS: &[&str] = &[
    "/in",
    "/in/",
    "/in?",
    "/in/?",
    "/in?a=1&b=2",
    "/in?b=2&a=1",
    "/in?a=1&b=2&",
    "/in?&a=1&b=2",
    "/in?a=1;b=2",
    "/in?a=1&amp;b=2",
    "/in?q=it's",
    "/in?q=it%27s",
    "/in?q=a+b",
    "/in?q=a%20b",
    "/in?q=a%2Bb",
    "/in?q=a%2fb",
    "/in?q=a%2Fb",
    "/in?q=a/b",
    "/in?q=%C3%A9",
    "/in?q=%c3%a9",
    "/in?q=%E9",
    "/in?q=%",
    "/in?q=%zz",
    "/in?q=1&q=2",
    "/in?q=2&q=1",
    "/in?q",
    "/in?q=",
    "/in?Q=",
    "/in;v=1",
    "/in%3Bv=1",
    "/in%2Fx",
    "/in/x",
    "/in//x",
    "/in/./x",
    "/in/../x",
    "/in/%2e%2e/x",
    "/IN",
    "/in?a=(1)&b=!*~$,:@",
    "/in?http://h.example/in",
];

#[test]
fn t_h2_path_and_query_are_signed_as_they_arrive() {
    for sample in signing_urls() {
        for target in TARGETS {
            let signed = format!("https://h.example{target}");
            if sample.provider == "twilio" && sample.shape == 0 && target.ends_with('&') {
                continue;
            }
            deliver(sample, &signed, "https://h.example", target).accepted(target);
        }
    }
}

#[test]
fn t_h2_no_two_spellings_are_the_same_url() {
    for sample in signing_urls() {
        // HubSpot decodes some escapes before it signs, so there some are alike.
        let alike = |text: &str| {
            if sample.provider != "hubspot" {
                return text.to_owned();
            }
            text.replace("%27", "'")
                .replace("%2F", "/")
                .replace("%2f", "/")
                .replace("%3B", ";")
        };
        for signed in TARGETS {
            let url = format!("https://h.example{signed}");
            for target in TARGETS {
                let delivery = deliver(sample, &url, "https://h.example", target);
                let what = format!("signed for {signed}, arrives with {target}");
                if alike(signed) == alike(target) {
                    delivery.accepted(&what);
                } else {
                    delivery.refused(&what);
                }
            }
        }
    }
}

#[test]
fn t_h5_the_origin_of_an_absolute_target_is_not_looked_at() {
    for sample in signing_urls() {
        let genuine = sample.delivery();
        let target = genuine.uri.to_string();
        for origin in [
            "https://hooks.example.com",
            "http://hooks.example.com",
            "http://127.0.0.1:3000",
            "https://evil.example",
            "https://user@evil.example:1",
        ] {
            let absolute = genuine.with_uri(&format!("{origin}{target}")).unwrap();
            absolute.accepted(&format!("{origin}{target}"));
        }
        // What a request says about its origin neither makes a forged one good.
        let mut moved = genuine
            .with_uri(&format!("https://hooks.example.com{target}"))
            .unwrap();
        moved.public_url = Some("https://other.example".parse().unwrap());
        moved.refused_as(moved.mismatch(), "the configured URL is another");
    }
}

/// It is the configuration that is wrong, whatever else is.
#[test]
fn where_no_url_is_configured_that_is_said_first() {
    for sample in signing_urls() {
        let mut delivery = sample.delivery();
        delivery.public_url = None;
        delivery.refused_as("no-public-url", "no URL is configured");
        let said = delivery.refused("no URL is configured").to_string();
        assert!(said.contains("no `public_url` is configured"), "{said}");
        // What a token names is compared once its signature is known to be right.
        if !delivery.is_token() {
            let expired = secret(&sample.signer(), 1).with_not_after(NOW);
            let keyring = Keyring::new(&sample.signer(), expired).unwrap();
            let delivery = delivery.with_keyring(keyring);
            delivery.refused_as("no-public-url", "and the key has expired");
        }
    }
}

/// Behind what can stand in a URL, the beginning of a body could be the end of the URL.
#[test]
fn only_behind_what_no_url_has_may_a_body_be_any() {
    for (separator, is_apart) in [
        ("", false),
        (".", false),
        ("?x=", false),
        ("#", true),
        (".#", true),
        ("\n", true),
        (" ", true),
        ("é", true),
    ] {
        let scheme: Scheme = toml::from_str(&format!(
            r#"
            id = "acme"
            algorithm = "hmac-sha256"
            content = "{{url}}{separator}{{body}}"
            signature = {{ at = {{ header = "x-sig" }}, encoding = "hex" }}
            "#,
            separator = separator.replace('\n', "\\n"),
        ))
        .unwrap();
        let scheme = Rc::new(scheme);
        let deliver = |url: &str, body: &str| {
            let draft = Draft::new(body).with_url(url);
            let signed = draft.sign(&scheme, secret(&scheme, 1)).unwrap();
            let keyring = Keyring::new(&scheme, secret(&scheme, 1)).unwrap();
            Delivery::new(separator, &scheme, keyring, signed, NOW)
        };
        deliver("https://h.example/in", "{}").accepted("an object");
        for (url, body) in [
            ("https://h.example/in", "text"),
            ("https://h.example/in?a=[", "{}"),
        ] {
            let delivery = deliver(url, body);
            if is_apart {
                delivery.accepted(body);
            } else {
                delivery.refused_as("malformed", body);
            }
        }
    }
}

#[test]
fn what_is_no_public_url_is_refused_and_not_repeated() {
    for text in [
        "",
        "/",
        "h.example",
        "//h.example",
        "https:/h.example",
        "https//h.example",
        "ftp://h.example",
        "HTTPS://h.example",
        "https://",
        "https:///in",
        "https://:443",
        "https://u:p@",
        "https://h.example?a=1",
        "https://h.example#a",
        "https://h.example/in?a",
        "https://h.example\\@evil.example",
        "https://h example",
        "https://h.example/\n",
        "https://h.example/é",
        "https://h.example/{tenant}",
        " https://h.example",
    ] {
        let error = text.parse::<PublicUrl>().expect_err(text);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("u:p@"), "{shown}");
    }
}
