//! The mistakes that people make, and what they read about them: a code, and a sentence.

use axum_webhook::{
    Diagnosis, DiagnosisLevel, Endpoint, Secret, Timestamp, WebhookLayer, providers,
    scheme::{Algorithm, Dedupe, Encoding, Locate, Scheme, SecretFormat, Template, TimeUnit},
    sign::{Draft, Signed},
    testing::{self, FixedClock},
};
use http::{HeaderMap, Method};
use tower::Layer as _;

use super::support::{
    Answer, Counter, counting, endpoint, now, of_body, request, right, secret, send, signed,
    with_header, without_header,
};

/// A body that some library has written, and that others write in another way.
const PRETTY: &str = "{\n  \"id\": \"evt_1\",\n  \"url\": \"a/b\",\n  \"name\": \"Zo\\u00eb\"\n}";
const COMPACT: &str = r#"{"id":"evt_1","url":"a/b","name":"Zo\u00eb"}"#;

/// Secrets in the forms in which people paste them.
const PLAIN: &str = "some-words-that-are-secret-here";
const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const HEXADECIMAL: &str = "00112233445566778899aabbccddeeff";

/// A mistake, and what comes out.
struct Mistake {
    name: &'static str,
    endpoints: Vec<Endpoint>,
    sent: Signed,
    status: u16,
    code: &'static str,
    proven: bool,
    sentence: String,
}

impl Mistake {
    /// What the request shows by itself.
    fn new(
        name: &'static str,
        scheme: &Scheme,
        sent: Signed,
        code: &'static str,
        sentence: &str,
    ) -> Self {
        Self {
            name,
            endpoints: vec![endpoint(scheme)],
            sent,
            status: 401,
            code,
            proven: false,
            sentence: sentence.to_owned(),
        }
    }

    /// What a trial shows.
    fn proven(
        name: &'static str,
        scheme: &Scheme,
        sent: Signed,
        code: &'static str,
        sentence: &str,
    ) -> Self {
        Self {
            proven: true,
            sentence: format!("the signature is right {sentence}"),
            ..Self::new(name, scheme, sent, code, "")
        }
    }

    fn at(self, endpoints: impl Into<Vec<Endpoint>>) -> Self {
        Self {
            endpoints: endpoints.into(),
            ..self
        }
    }

    fn answered(self, status: u16) -> Self {
        Self { status, ..self }
    }

    fn layer(&self, level: DiagnosisLevel) -> WebhookLayer {
        let endpoints = self
            .endpoints
            .iter()
            .enumerate()
            .map(|(at, endpoint)| match (at, endpoint.path()) {
                (_, Some(_)) => endpoint.clone(),
                (0, None) => endpoint.clone().with_path("/webhook"),
                (_, None) => endpoint.clone().with_path(format!("/other/{at}")),
            })
            .collect();
        WebhookLayer::by_path(endpoints)
            .unwrap()
            .with_clock(FixedClock::new(now()))
            .on_refusal(|_| {})
            .with_diagnosis(level)
    }

    /// The answer, and how often the handler ran.
    async fn answer(&self, level: DiagnosisLevel) -> (Answer, usize) {
        let runs = Counter::default();
        let service = self.layer(level).layer(counting(&runs));
        let answer = send(&service, request(&self.sent)).await;
        (answer, runs.count())
    }
}

/// The scheme with one thing different.
fn but(scheme: &Scheme, change: impl FnOnce(&mut Scheme)) -> Scheme {
    let mut scheme = scheme.clone();
    change(&mut scheme);
    scheme
}

fn at(offset: i64) -> Timestamp {
    Timestamp::from_unix_seconds(now().unix_seconds() + offset)
}

/// A delivery as a sender makes it whose scheme and secret may be others than ours.
fn by(sender: &Scheme, secret: Secret, body: &str) -> Signed {
    Draft::new(body)
        .with_url("https://example.com/webhook")
        .with_timestamp(now())
        .with_id("evt_1")
        .sign(sender, secret)
        .unwrap_or_else(|error| panic!("{}: {error}", sender.id))
}

/// A delivery that was signed by another algorithm.
fn hashed(scheme: &Scheme, algorithm: Algorithm) -> Signed {
    let sender = but(scheme, |scheme| scheme.algorithm = algorithm);
    by(&sender, right(scheme), "{}")
}

/// A delivery that was signed so many seconds after now.
fn aged(scheme: &Scheme, offset: i64) -> Signed {
    testing::sample(scheme, at(offset))
        .with_url("https://example.com/webhook")
        .sign(scheme, right(scheme))
        .unwrap()
}

/// The delivery with another body than the one that was signed.
fn with_body(mut signed: Signed, body: impl Into<Vec<u8>>) -> Signed {
    signed.body = body.into();
    signed
}

fn header(signed: &Signed, name: &str) -> String {
    signed.headers[name].to_str().unwrap().to_owned()
}

fn text(bytes: &str) -> Secret {
    Secret::from_bytes(bytes).unwrap()
}

fn guarded_by(scheme: &Scheme, secrets: impl Into<axum_webhook::Secrets>) -> Endpoint {
    Endpoint::new(scheme.clone(), secrets)
        .unwrap()
        .with_public_url("https://example.com".parse().unwrap())
}

/// What stands in the headers.
fn headers() -> Vec<Mistake> {
    let github = providers::github();
    let genuine = signed(&github);
    let bare = without_header(&genuine, "x-hub-signature-256");
    let nothing = {
        let mut nothing = genuine.clone();
        nothing.headers = HeaderMap::new();
        nothing
    };
    let standard = providers::standard_webhooks();
    let svix = providers::svix();
    let stripe = providers::stripe();
    let slack = providers::slack();
    let mut doubled = signed(&standard);
    let id = doubled.headers["webhook-id"].clone();
    doubled.headers.append("webhook-id", id);
    vec![
        Mistake::new(
            "a delivery of Stripe at the endpoint of GitHub",
            &github,
            signed(&stripe),
            "other-provider",
            "this looks like stripe: the request has the header stripe-signature, and not the signature of github",
        ),
        Mistake::new(
            "a delivery of GitHub at the endpoint of Shopify",
            &providers::shopify(),
            genuine.clone(),
            "other-provider",
            "this looks like github: the request has the header x-hub-signature-256, and not the signature of shopify",
        ),
        Mistake::new(
            "no secret is set at GitHub",
            &github,
            bare.clone(),
            "unsigned",
            "the request has github's header x-github-delivery, but no signature (header x-hub-signature-256): no \
             secret is set on the provider's side, or a proxy drops the header",
        ),
        Mistake::new(
            "an old GitHub Enterprise",
            &github,
            with_header(&bare, "x-hub-signature", "sha1=0000000000000000000000000000000000000000"),
            "old-signature",
            "there is x-hub-signature, the older signature with SHA-1, but no x-hub-signature-256: is the sender an \
             old version?",
        ),
        Mistake::new(
            "curl without any header",
            &github,
            nothing,
            "header-absent",
            "there is no header x-hub-signature-256, nor the signature of any other provider known here: is it github \
             that calls this URL, and does a proxy drop headers?",
        ),
        Mistake::new(
            "an empty header",
            &github,
            with_header(&genuine, "x-hub-signature-256", ""),
            "header-empty",
            "the header x-hub-signature-256 is there, but empty",
        ),
        Mistake::new(
            "Svix's names for Standard Webhooks",
            &standard,
            signed(&svix),
            "other-family",
            "there is no header webhook-signature, but svix-signature: the sender uses the header names of svix",
        ),
        Mistake::new(
            "the id of another family",
            &standard,
            {
                let signed = signed(&standard);
                let id = header(&signed, "webhook-id");
                with_header(&without_header(&signed, "webhook-id"), "svix-id", &id)
            },
            "other-family",
            "there is no header webhook-id, but svix-id: the sender uses the header names of svix",
        ),
        Mistake::new(
            "a proxy that drops the timestamp",
            &slack,
            without_header(&signed(&slack), "x-slack-request-timestamp"),
            "header-absent",
            "there is no header x-slack-request-timestamp, but the signature is there: does a proxy drop headers?",
        ),
        Mistake::new(
            "a proxy that adds a header again",
            &standard,
            doubled,
            "header-doubled",
            "id stands there more than once (header webhook-id): does a proxy or a test tool add it a second time?",
        ),
        Mistake::new(
            "XML for Slack",
            &slack,
            with_header(&signed(&slack), "content-type", "text/xml"),
            "content-type",
            "a delivery of slack has JSON or a form, and this request has not; its `Content-Type` begins with \"text/xml\"",
        ),
        Mistake::new(
            "an id with the separator in it",
            &standard,
            with_header(&signed(&standard), "webhook-id", "a.b"),
            "separator",
            "id contains the separator next to it",
        ),
        Mistake::new(
            "a GET in the browser",
            &github,
            {
                let mut get = genuine.clone();
                get.method = Method::GET;
                get
            },
            "method",
            "a delivery comes by POST: was this a browser, a health check or a redirect?",
        )
        .answered(405),
        Mistake::new(
            "a proxy that packs",
            &github,
            with_header(&genuine, "content-encoding", "gzip"),
            "content-encoding",
            "the body is compressed, and the provider signs what it sends: is there a proxy that packs it? A scheme whose \
             provider signs the unpacked text says `content_encoding = \"gunzip\"`",
        )
        .answered(415),
        Mistake::new(
            "a body over the limit",
            &stripe,
            with_header(&signed(&stripe), "content-length", "2000000"),
            "body-too-large",
            "a body of 2000000 bytes is over the limit of 1048576: `body_limit` raises it",
        )
        .answered(413),
        Mistake::new(
            "a slash at the end of the path",
            &github,
            {
                let mut slash = genuine.clone();
                slash.url.push('/');
                slash
            },
            "other-path",
            "the path is that of endpoint \"github\" but for a slash at its end: /webhook",
        )
        .answered(404),
        Mistake::new(
            "a path that a proxy has cut",
            &github,
            super::support::signed_to(&github, "/hook"),
            "other-path",
            "the request has a signature as endpoint \"github\" wants it, whose path is /webhook: does the provider have \
             another URL, or does a proxy change the path?",
        )
        .answered(404),
        Mistake::new(
            "a path that nobody has",
            &github,
            super::support::signed_to(&stripe, "/favicon.ico"),
            "unknown-path",
            "no endpoint has this path, only /webhook",
        )
        .answered(404),
    ]
}

/// How the signature is written.
fn signatures() -> Vec<Mistake> {
    let github = providers::github();
    let shopify = providers::shopify();
    let stripe = providers::stripe();
    let genuine = signed(&github);
    let hex = header(&genuine, "x-hub-signature-256")["sha256=".len()..].to_owned();
    let of_github = |value: &str| with_header(&genuine, "x-hub-signature-256", value);
    let of_shopify = |value: &str| with_header(&signed(&shopify), "x-shopify-hmac-sha256", value);
    let of_stripe = |value: &str| with_header(&signed(&stripe), "stripe-signature", value);
    let written = |scheme: &Scheme, encoding| {
        let sender = but(scheme, |scheme| {
            scheme.shapes[0].signature.encoding = encoding;
        });
        by(&sender, right(scheme), "{}")
    };
    vec![
        Mistake::new(
            "the prefix is missing",
            &github,
            of_github(&hex),
            "prefix-missing",
            "the signature does not begin with \"sha256=\"",
        ),
        Mistake::new(
            "the prefix of SHA-1",
            &github,
            of_github("sha1=0000000000000000000000000000000000000000"),
            "other-algorithm",
            "the signature begins with \"sha1=\", where \"sha256=\" is due: that is SHA-1",
        ),
        Mistake::new(
            "base64 where hex is due",
            &github,
            written(&github, Encoding::Base64),
            "signature-encoding",
            "the signature is base64 of 32 bytes, where hex in lower case is due",
        ),
        Mistake::new(
            "hex where base64 is due",
            &shopify,
            written(&shopify, Encoding::Hex),
            "signature-encoding",
            "the signature is hex in lower case of 32 bytes, where base64 with padding is due",
        ),
        Mistake::new(
            "upper case",
            &github,
            written(&github, Encoding::HexUpper),
            "signature-case",
            "the signature is hex in upper case, where hex in lower case is due",
        ),
        Mistake::new(
            "base64 without its padding",
            &shopify,
            of_shopify(header(&signed(&shopify), "x-shopify-hmac-sha256").trim_end_matches('=')),
            "signature-encoding",
            "the signature is base64 without padding of 32 bytes, where base64 with padding is due",
        ),
        Mistake::new(
            "neither hex nor base64",
            &shopify,
            of_shopify("not/a/tag/at/al!"),
            "signature-encoding",
            "the signature is neither hex nor base64, and has 16 characters, where base64 with padding is due",
        ),
        Mistake::new(
            "SHA-1 where SHA-256 is due",
            &github,
            hashed(&github, Algorithm::HmacSha1),
            "signature-length",
            "the signature decodes to 20 bytes, where hmac-sha256 gives 32: SHA-1?",
        ),
        Mistake::new(
            "SHA-512 where SHA-256 is due",
            &shopify,
            hashed(&shopify, Algorithm::HmacSha512),
            "signature-length",
            "the signature decodes to 64 bytes, where hmac-sha256 gives 32: SHA-512?",
        ),
        Mistake::new(
            "a signature that was cut",
            &github,
            of_github(&format!("sha256={}", &hex[..50])),
            "signature-length",
            "the signature decodes to 25 bytes, where hmac-sha256 gives 32: was it cut?",
        ),
        Mistake::new(
            "quotes from a test script",
            &shopify,
            of_shopify(&format!(
                "\"{}\"",
                header(&signed(&shopify), "x-shopify-hmac-sha256")
            )),
            "signature-space",
            "the signature has white space or quotes around it or in it",
        ),
        Mistake::new(
            "only the signature of Stripe's tests",
            &stripe,
            of_stripe(
                "t=1700000000,v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39",
            ),
            "signature-version",
            "the signature header has no \"v1\", only \"t\", \"v0\"",
        ),
        Mistake::new(
            "no list at all",
            &stripe,
            of_stripe("6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39"),
            "signature-list",
            "the signature header is not a list of names and values with \"=\" between them and \",\" after each: was \
             it cut, or does another provider send it?",
        ),
    ]
}

/// Clocks and their units.
fn times() -> Vec<Mistake> {
    let slack = providers::slack();
    let stripe = providers::stripe();
    let standard = providers::standard_webhooks();
    let of_slack = |value: &str| with_header(&signed(&slack), "x-slack-request-timestamp", value);
    let with_content = |scheme: &Scheme, content: &str| {
        let sender = but(scheme, |scheme| {
            for shape in &mut scheme.shapes {
                shape.content = Some(Template::literal(content));
            }
        });
        by(&sender, right(scheme), COMPACT)
    };
    vec![
        Mistake::new(
            "milliseconds where seconds are due",
            &slack,
            of_slack("1700000000000"),
            "timestamp-unit",
            "the timestamp is in milliseconds, where seconds is due",
        ),
        Mistake::new(
            "a date where seconds are due",
            &standard,
            with_header(
                &signed(&standard),
                "webhook-timestamp",
                "2023-11-14T22:13:20Z",
            ),
            "timestamp-unit",
            "the timestamp is in RFC 3339, where seconds is due",
        ),
        Mistake::new(
            "a fraction of a second",
            &slack,
            of_slack("1700000000.25"),
            "timestamp-form",
            "the timestamp is not in seconds: it begins with \"17000000…\"",
        ),
        Mistake::new(
            "too few digits",
            &slack,
            of_slack("170000000"),
            "timestamp-form",
            "the timestamp is not in seconds: it is a number of 9 digits",
        ),
        Mistake::new(
            "a clock that is slow",
            &stripe,
            aged(&stripe, -605),
            "clock-skew",
            "the timestamp is -10 m 5 s behind this machine's clock, where 5 m 0 s is allowed; is this machine's clock \
             right, or is an old delivery being sent again?",
        ),
        Mistake::new(
            "a clock that is fast",
            &stripe,
            aged(&stripe, 605),
            "clock-skew",
            "the timestamp is +10 m 5 s ahead of this machine's clock, where 5 m 0 s is allowed; is this machine's \
             clock right?",
        ),
        Mistake::new(
            "a local time taken for UTC",
            &slack,
            aged(&slack, 3 * 3600 + 2),
            "time-zone",
            "the timestamp is +3 h 0 m 2 s ahead of this machine's clock, where 5 m 0 s is allowed; nearly whole hours: \
             is a local time taken for UTC?",
        ),
        Mistake::new(
            "a capture from the day before yesterday",
            &standard,
            aged(&standard, -2 * 86_400 - 3600),
            "old-delivery",
            "the timestamp is -2 d 1 h behind this machine's clock, where 5 m 0 s is allowed; an old delivery is being \
             sent again, or lay in a queue",
        ),
        Mistake::proven(
            "signed in milliseconds, sent in seconds",
            &slack,
            with_content(&slack, "v0:1700000000000:{body}"),
            "timestamp-signed",
            "with the timestamp in milliseconds: the sender signs it in another unit than it sends it in",
        ),
        Mistake::proven(
            "signed as a date, sent in seconds",
            &stripe,
            with_content(&stripe, "2023-11-14T22:13:20Z.{body}"),
            "timestamp-signed",
            "with the timestamp in RFC 3339: the sender signs it in another unit than it sends it in",
        ),
        Mistake::proven(
            "the timestamp is not signed",
            &stripe,
            with_content(&stripe, "{body}"),
            "content-differs",
            "for the content \"{body}\", where \"{timestamp}.{body}\" is due",
        ),
    ]
}

/// Tokens, of which a build without them says only that it lacks a feature.
#[cfg(feature = "jwt")]
fn tokens() -> Vec<Mistake> {
    let vonage = providers::vonage();
    let monday = providers::monday();
    let netlify = providers::netlify();
    vec![
        Mistake::new(
            "a token of another algorithm",
            &netlify,
            hashed(&netlify, Algorithm::JwtHs512),
            "token-algorithm",
            "the token is signed with \"HS512\", where HS256 is due",
        ),
        Mistake::new(
            "a MAC where a token is due",
            &netlify,
            with_header(&signed(&netlify), "x-webhook-signature", "c29tZXRoaW5n"),
            "token-form",
            "what should be a token, three parts with dots between, has 1",
        ),
        Mistake::new(
            "`Bearer` where the token alone is due",
            &netlify,
            {
                let signed = signed(&netlify);
                let token = header(&signed, "x-webhook-signature");
                with_header(&signed, "x-webhook-signature", &format!("Bearer {token}"))
            },
            "token-form",
            "the token has `Bearer` in front, where the token alone is due",
        ),
        Mistake::new(
            "basic authentication where a bearer token is due",
            &vonage,
            with_header(
                &signed(&vonage),
                "authorization",
                "Basic dXNlcjpwYXNzd29yZA==",
            ),
            "credential-form",
            "the header authorization should be `Bearer` and a token, and it begins with \"Basic\"",
        ),
        Mistake::proven(
            "a newline behind a body whose hash is in the token",
            &netlify,
            with_body(
                of_body(&netlify, "/webhook", COMPACT),
                format!("{COMPACT}\n"),
            ),
            "body-newline",
            "for a body that has no newline at its end: something in front added one",
        ),
        Mistake::new(
            "a token that has expired",
            &monday,
            aged(&monday, -7200),
            "token-expired",
            "the token expired 1 h 55 m 0 s ago: is this machine's clock right, or is an old token sent again?",
        ),
        Mistake::new(
            "a token for another receiver",
            &monday,
            {
                let draft = testing::sample(&monday, now()).with_url("https://example.org/webhook");
                draft.sign(&monday, right(&monday)).unwrap()
            },
            "token-claim",
            "the token's `aud` (\"https://…\") is not what it must be: the token is for another receiver, or `aud` is \
             configured wrongly",
        ),
        Mistake::new(
            "a token of another issuer",
            &vonage,
            {
                let sender = but(&vonage, |scheme| {
                    scheme.shapes[0].claims[0].is = vec![Template::literal("Somebody")];
                });
                by(&sender, right(&vonage), "{}")
            },
            "token-claim",
            "the token's `iss` (\"Somebody\") is not what it must be: the token is from another issuer",
        ),
    ]
}

/// Something in front of the layer changed the body.
fn bodies() -> Vec<Mistake> {
    let github = providers::github();
    let changed = |scheme: &Scheme, signed: &str, came: &str| {
        with_body(of_body(scheme, "/webhook", signed), came)
    };
    let anew = |name, scheme: &Scheme, signed: &str, came: &str, what: &str| {
        let sentence = format!(
            "for a body that was {what} before something in front parsed it and wrote it anew"
        );
        Mistake::proven(
            name,
            scheme,
            changed(scheme, signed, came),
            "body-written-anew",
            &sentence,
        )
    };
    let mut mistakes = vec![
        Mistake::proven(
            "curl -d @file with a newline",
            &github,
            changed(&github, COMPACT, &format!("{COMPACT}\n")),
            "body-newline",
            "for a body that has no newline at its end: something in front added one",
        ),
        Mistake::proven(
            "a trimmed body",
            &providers::stripe(),
            changed(&providers::stripe(), &format!("{COMPACT}\n"), COMPACT),
            "body-newline",
            "for a body that has a newline at its end: something in front took it away",
        ),
        anew(
            "express.json() in front of Stripe",
            &providers::stripe(),
            PRETTY,
            COMPACT,
            "JSON with an indent of two spaces",
        ),
        anew(
            "a formatter in front",
            &providers::shopify(),
            COMPACT,
            PRETTY,
            "compact JSON",
        ),
        anew(
            "Python in front, and it came compact",
            &providers::linear(),
            r#"{"a": 1, "webhookTimestamp": 1700000000000}"#,
            r#"{"a":1,"webhookTimestamp":1700000000000}"#,
            "JSON with a space behind each comma and colon (as Python writes it)",
        ),
        anew(
            "names that were put into another order",
            &providers::paystack(),
            r#"{"a":1,"b":{"c":2,"d":3}}"#,
            r#"{"b":{"d":3,"c":2},"a":1}"#,
            "compact JSON with sorted names",
        ),
        anew(
            "escapes that JavaScript does not write",
            &providers::standard_webhooks(),
            r#"{"a":"Zoë"}"#,
            r#"{"a":"Zo\u00eb"}"#,
            "compact JSON without needless escapes (as JavaScript writes it)",
        ),
        anew(
            "escapes that PHP writes",
            &providers::woocommerce(),
            r#"{"a":"http:\/\/x\/Zo\u00eb"}"#,
            r#"{"a":"http://x/Zoë"}"#,
            "compact JSON with escaped slashes (as PHP writes it)",
        ),
        anew(
            "escapes that Go writes",
            &providers::gitea(),
            r#"{"a":"b \u0026 c"}"#,
            r#"{"a":"b & c"}"#,
            "compact JSON with <, > and & escaped (as Go writes it)",
        ),
        Mistake::proven(
            "line ends of Windows",
            &providers::gitea(),
            changed(&providers::gitea(), "{\r\n}", "{\n}"),
            "body-line-ends",
            "for a body that has line ends of CR and LF: something in front made them LF",
        ),
        Mistake::proven(
            "a byte order mark",
            &github,
            changed(&github, COMPACT, &format!("\u{feff}{COMPACT}")),
            "body-mark",
            "for a body that has no byte order mark in front: something in front of the layer added it",
        ),
        Mistake::proven(
            "UTF-8 taken for Latin-1",
            &providers::paystack(),
            changed(&providers::paystack(), r#"{"a":"Zoë"}"#, r#"{"a":"ZoÃ«"}"#),
            "body-charset",
            "for a body that was encoded once: something in front took its UTF-8 for Latin-1 and encoded it again",
        ),
        Mistake::proven(
            "a form that was parsed and written anew",
            &providers::slack(),
            {
                let form = Draft::new("text=hello+there&user=U1")
                    .with_content_type("application/x-www-form-urlencoded")
                    .with_timestamp(now())
                    .with_url("https://example.com/webhook");
                let signed = form
                    .sign(&providers::slack(), right(&providers::slack()))
                    .unwrap();
                with_body(signed, "text=hello%20there&user=U1")
            },
            "body-form",
            "for a body that writes spaces as +: something in front parsed the form and wrote it anew",
        ),
        Mistake::proven(
            "a newline behind a body whose hash is signed in the URL",
            &providers::twilio(),
            changed(&providers::twilio(), COMPACT, &format!("{COMPACT}\n")),
            "body-newline",
            "for a body that has no newline at its end: something in front added one",
        ),
        Mistake::new(
            "a layer outside that read the body",
            &github,
            changed(&github, COMPACT, ""),
            "body-empty",
            "the body is empty: did a layer outside this one read it?",
        ),
        Mistake::new(
            "a layer outside that changed the body beyond recognition",
            &github,
            with_header(&changed(&github, COMPACT, "{}"), "content-length", "44"),
            "body-length",
            "`Content-Length` says 44 bytes, and 2 came: something in front unpacked or changed the body",
        ),
        Mistake::new(
            "a decoder in front",
            &github,
            changed(&github, COMPACT, "{\"a\":\"\u{fffd}\"}"),
            "body-replaced",
            "the body has the character U+FFFD, which stands for bytes that were no UTF-8: something in front decoded it",
        ),
        Mistake::new(
            "the body of another delivery",
            &providers::twilio(),
            changed(&providers::twilio(), COMPACT, "{\"z\":1}"),
            "body-not-signed",
            "the signature is right, but the body is not the one whose hash is signed: something in front changed it",
        ),
    ];
    if cfg!(feature = "gzip") {
        mistakes.push(Mistake::proven(
            "a layer of decompression outside",
            &github,
            {
                let packed = gzip(COMPACT.as_bytes());
                with_body(of_body(&github, "/webhook", packed), COMPACT)
            },
            "body-unpacked",
            "for a body that is packed with gzip: something in front unpacked it",
        ));
        mistakes.push(Mistake::proven(
            "packed after it was signed",
            &github,
            with_body(of_body(&github, "/webhook", COMPACT), gzip(COMPACT.as_bytes())),
            "body-packed",
            "for a body that is unpacked: it came packed with gzip, and the sender signs it before it packs it",
        ));
    }
    mistakes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut packer = flate2::GzBuilder::new()
        .operating_system(255)
        .write(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// Which secret, and how it is read.
fn secrets() -> Vec<Mistake> {
    let github = providers::github();
    let stripe = providers::stripe();
    let standard = providers::standard_webhooks();
    let whsec = WHSEC;
    let of_stripe = || guarded_by(&stripe, Secret::new(whsec).unwrap());
    let decoding = but(&stripe, |scheme| scheme.secret = SecretFormat::Whsec);
    let as_text = but(&standard, |scheme| scheme.secret = SecretFormat::Text);
    let plain = PLAIN;
    let hexadecimal = HEXADECIMAL;
    let quoted = format!("\"{plain}\"");
    let keyed = but(&github, |scheme| {
        "keyed".clone_into(&mut scheme.id);
        scheme.key_id = Some(Locate::header("x-key-id"));
        scheme.dedupe = Dedupe::Off;
    });
    let two = || {
        let blue = secret(&keyed, "blue").with_id("blue");
        [blue, secret(&keyed, "green").with_id("green")]
    };
    let named = |id: &str| with_header(&by(&keyed, secret(&keyed, "green"), "{}"), "x-key-id", id);
    let old = || {
        secret(&github, "old")
            .with_id("2024")
            .with_not_after(at(-2 * 86_400))
    };
    let new = || secret(&github, "new").with_id("2025");
    let next = || {
        secret(&github, "next")
            .with_id("2026")
            .with_not_before(at(7200))
    };
    vec![
        Mistake::proven(
            "Stripe's secret decoded, as of Standard Webhooks",
            &stripe,
            by(&decoding, Secret::new(whsec).unwrap(), "{}"),
            "secret-encoding",
            "with the secret \"key-1\" decoded from base64: the scheme's `secret` should be \"base64\" or \"whsec\"",
        )
        .at([of_stripe()]),
        Mistake::proven(
            "the secret of Standard Webhooks not decoded",
            &standard,
            by(&as_text, Secret::new(whsec).unwrap(), "{}"),
            "secret-encoding",
            "with the secret \"key-1\" as the text that it is, not decoded: the scheme's `secret` should be \"text\"",
        )
        .at([guarded_by(&standard, Secret::new(whsec).unwrap())]),
        Mistake::proven(
            "`whsec_` left out by the sender",
            &stripe,
            by(&stripe, text(&whsec["whsec_".len()..]), "{}"),
            "secret-prefix",
            "with the secret \"key-1\" as text without what stands before and in its `whsec_`",
        )
        .at([of_stripe()]),
        Mistake::proven(
            "a hexadecimal secret that the sender decodes",
            &providers::linear(),
            {
                let linear = but(&providers::linear(), |scheme| scheme.secret = SecretFormat::Hex);
                let body = r#"{"webhookTimestamp":1700000000000}"#;
                by(&linear, Secret::new(hexadecimal).unwrap(), body)
            },
            "secret-encoding",
            "with the secret \"key-1\" decoded from hex: the scheme's `secret` should be \"hex\"",
        )
        .at([guarded_by(&providers::linear(), Secret::new(hexadecimal).unwrap())]),
        Mistake::proven(
            "a newline at the end of the sender's secret",
            &github,
            by(&github, text(&format!("{plain}\n")), "{}"),
            "secret-white-space",
            "with the secret \"key-1\" and a newline behind it: the sender has its secret from a file with a newline at \
             its end",
        )
        .at([guarded_by(&github, Secret::new(plain).unwrap())]),
        Mistake::proven(
            "a newline at the end of our secret, given as bytes",
            &github,
            by(&github, text(plain), "{}"),
            "secret-white-space",
            "with the secret \"key-1\" without the white space around it",
        )
        .at([guarded_by(&github, text(&format!("{plain}\n")))]),
        Mistake::proven(
            "quotes from an .env file",
            &providers::shopify(),
            by(&providers::shopify(), text(plain), "{}"),
            "secret-quotes",
            "with the secret \"key-1\" without the quotes around it",
        )
        .at([guarded_by(&providers::shopify(), Secret::new(quoted).unwrap())]),
        Mistake::new(
            "the API key instead of the webhook's secret",
            &stripe,
            signed(&stripe),
            "secret-kind",
            "the secret \"key-1\" looks like an API key of Stripe (sk_…), not like the secret of a webhook",
        )
        .at([guarded_by(&stripe, Secret::new("sk_test_only_in_this_test").unwrap())]),
        Mistake::new(
            "a variable that nobody replaced",
            &github,
            signed(&github),
            "secret-kind",
            "the secret \"key-1\" looks like a variable that nobody put a value in, not like the secret of a webhook",
        )
        .at([guarded_by(&github, Secret::new("${GITHUB_WEBHOOK_SECRET}").unwrap())]),
        Mistake::proven(
            "the old secret, after its end",
            &github,
            by(&github, secret(&github, "old"), "{}"),
            "key-expired",
            "for the key \"2024\", which expired 2 d 0 h ago",
        )
        .at([guarded_by(&github, [new(), old()])]),
        Mistake::proven(
            "the new secret, before its time",
            &github,
            by(&github, secret(&github, "next"), "{}"),
            "key-not-yet",
            "for the key \"2026\", which begins only in 2 h 0 m 0 s",
        )
        .at([guarded_by(&github, [new(), next()])]),
        Mistake::new(
            "all secrets have expired",
            &github,
            by(&github, secret(&github, "other"), "{}"),
            "no-live-key",
            "no configured key is valid now: 2024 expired 2 d 0 h ago",
        )
        .at([guarded_by(&github, old())]),
        Mistake::proven(
            "the request names the wrong key",
            &keyed,
            named("blue"),
            "key-not-chosen",
            "for the key \"green\", but the request names another one",
        )
        .at([guarded_by(&keyed, two())]),
        Mistake::new(
            "the request names a key that is not configured",
            &keyed,
            named("a-very-new-key"),
            "key-unknown",
            "the request names the key \"a-very-n…\", and configured is blue or green: was the key changed?",
        )
        .at([guarded_by(&keyed, two())]),
        Mistake::proven(
            "a credential with `Bearer` in front",
            &providers::gitlab_token(),
            {
                let genuine = signed(&providers::gitlab_token());
                let token = header(&genuine, "x-gitlab-token");
                with_header(&genuine, "x-gitlab-token", &format!("Bearer {token}"))
            },
            "credential-form",
            "",
        )
        .saying("the credential is right without what stands around it in the header x-gitlab-token"),
        Mistake::proven(
            "the path of another endpoint",
            &github,
            by(&github, secret(&github, "deploy"), "{}"),
            "other-endpoint",
            "for the endpoint \"deploy\" (github): is this its path, or are two secrets mixed up?",
        )
        .at([
            guarded_by(&github, secret(&github, "ci")).with_name("ci"),
            guarded_by(&github, secret(&github, "deploy")).with_name("deploy"),
        ]),
        Mistake::proven(
            "another version of the same provider",
            &providers::hubspot_v1(),
            signed(&providers::hubspot_v2()),
            "other-preset",
            "as a delivery of hubspot-v2 with this secret, where hubspot-v1 is configured",
        ),
        Mistake::new(
            "simply another secret",
            &github,
            by(&github, secret(&github, "other"), "{}"),
            "trials-none",
            if cfg!(feature = "gzip") {
                "none of 8 trials fitted: another secret, or a body that was changed in some other way"
            } else {
                "none of 6 trials fitted: another secret, or a body that was changed in some other way"
            },
        ),
    ]
}

impl Mistake {
    fn saying(self, sentence: &str) -> Self {
        Self {
            sentence: sentence.to_owned(),
            ..self
        }
    }
}

/// The URL as the provider has it.
fn urls() -> Vec<Mistake> {
    let square = providers::square();
    let to = |url: &str, target: &str| {
        let draft = Draft::new(r#"{"event_id":"1"}"#).with_url(url);
        let mut signed = draft.sign(&square, right(&square)).unwrap();
        signed.url = format!("https://example.com{target}");
        signed
    };
    let known = "set `public_url` to what the provider has";
    let table = [
        (
            "TLS ends at the proxy",
            "http://example.com/webhook",
            "/webhook",
            "url-scheme",
            format!("with the other of http and https: {known}"),
        ),
        (
            "the provider has the port",
            "https://example.com:443/webhook",
            "/webhook",
            "url-port",
            format!("with the default port written out: {known}"),
        ),
        (
            "the provider has a slash at the end",
            "https://example.com/webhook/",
            "/webhook",
            "url-slash",
            "with the other form of the slash at the end of its path".to_owned(),
        ),
        (
            "a query that somebody added",
            "https://example.com/webhook",
            "/webhook?utm_source=x",
            "url-query",
            "without its query: something between the provider and here added it".to_owned(),
        ),
    ];
    let mut mistakes: Vec<_> = table
        .into_iter()
        .map(|(name, url, target, code, sentence)| {
            let sentence = format!("for the URL {sentence}");
            Mistake::proven(name, &square, to(url, target), code, &sentence)
        })
        .collect();
    mistakes.push(
        Mistake::proven(
            "a port of the machine inside",
            &square,
            to("https://example.com/webhook", "/webhook"),
            "url-port",
            &format!("for the URL without the port: {known}"),
        )
        .at([Endpoint::new(square.clone(), right(&square))
            .unwrap()
            .with_public_url("https://example.com:8443".parse().unwrap())]),
    );
    mistakes
}

fn mistakes() -> Vec<Mistake> {
    [
        headers(),
        signatures(),
        times(),
        #[cfg(feature = "jwt")]
        tokens(),
        bodies(),
        secrets(),
        urls(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Each mistake has its code and its sentence, and the sender hears the same with trials and without.
#[tokio::test]
async fn each_mistake_has_its_code_and_its_sentence_and_the_sender_learns_nothing() {
    let mistakes = mistakes();
    assert!(mistakes.len() >= 40, "{}", mistakes.len());
    let mut wrong = Vec::new();
    for mistake in &mistakes {
        let name = mistake.name;
        let (with, runs_with) = mistake.answer(DiagnosisLevel::Trials).await;
        let (without, runs_without) = mistake.answer(DiagnosisLevel::Hints).await;
        if (runs_with, runs_without) != (0, 0) {
            wrong.push(format!("{name}: it went on to the handler"));
            continue;
        }
        let public = |answer: &Answer| (answer.status, answer.headers.clone(), answer.body.clone());
        assert_eq!(public(&with), public(&without), "{name}");
        assert_eq!(with.status.as_u16(), mistake.status, "{name}");
        let (with, without) = (with.rejection.unwrap(), without.rejection.unwrap());
        assert_eq!(with.kind(), without.kind(), "{name}: the verdict");

        let got = with.diagnoses().first();
        let got = got.map(|found| (found.code(), found.message(), found.is_proven()));
        let want = (mistake.code, mistake.sentence.as_str(), mistake.proven);
        if got != Some(want) {
            wrong.push(format!("{name}:\n  got  {got:?}\n  want {want:?}"));
        }
        assert!(
            without.diagnoses().iter().all(|found| !found.is_proven()),
            "{name}"
        );
        // Not a mistake, but a crowd of them, is without a word.
        assert!(!without.diagnoses().is_empty(), "{name}");
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        mistakes.len(),
        wrong.join("\n")
    );
}

/// Where the path is not looked up in a list, too.
#[tokio::test]
async fn what_fits_no_endpoint_is_told_which_there_are() {
    let endpoints = |ids: &[&str]| -> Vec<Endpoint> {
        let ids = ids.iter();
        ids.map(|id| endpoint(&providers::github()).with_name(*id))
            .collect()
    };
    let github = providers::github();
    let first = async |layer: WebhookLayer, sent: &Signed| {
        let layer = layer.on_refusal(|_| {});
        let service = layer.layer(counting(&Counter::default()));
        let rejection = send(&service, request(sent)).await.rejection.unwrap();
        let found = &rejection.diagnoses()[0];
        (found.code(), found.message().to_owned())
    };
    let named = WebhookLayer::by_segment("/in/{name}/now", endpoints(&["a", "b", "c", "d"]));
    let nobody = {
        let mut nobody = super::support::signed_to(&github, "/in/e/now");
        nobody.headers.clear();
        nobody
    };
    assert_eq!(
        first(named.unwrap(), &nobody).await,
        (
            "unknown-path",
            "no endpoint has this path, only /in/a/now, /in/b/now, /in/c/now and 1 more".to_owned()
        )
    );
    let detecting = |ids: &[&str]| WebhookLayer::by_detection(endpoints(ids)).unwrap();
    assert_eq!(
        first(detecting(&["a", "b"]), &signed(&github)).await,
        (
            "fits-several",
            "the request fits several endpoints alike, and so none: \"a\", \"b\"; a path for each tells them apart"
                .to_owned()
        )
    );
    assert_eq!(
        first(detecting(&["a"]), &signed(&providers::stripe())).await,
        (
            "other-provider",
            "this looks like stripe: the request has the header stripe-signature, and not the signature of \"a\""
                .to_owned()
        )
    );
    let (code, message) = first(detecting(&["a"]), &nobody).await;
    assert_eq!(code, "header-absent", "{message}");
}

/// What is only hinted at where the body is not read is shown by `diagnose`, which has it.
#[test]
fn with_the_body_at_hand_more_is_proven() {
    use axum_webhook::{Incoming, diagnose};

    let github = providers::github();
    let shopify = providers::shopify();
    let slack = providers::slack();
    let written = |scheme: &Scheme, change: &dyn Fn(&mut Scheme)| {
        let sender = but(scheme, change);
        by(&sender, right(scheme), COMPACT)
    };
    let table = [
        (
            &github,
            written(&github, &|scheme| scheme.algorithm = Algorithm::HmacSha1),
            "other-algorithm",
            "the signature is right with hmac-sha1, where hmac-sha256 is due",
        ),
        (
            &github,
            written(&github, &|scheme| scheme.shapes[0].signature.prefix.clear()),
            "prefix-missing",
            "the signature is right, but for the \"sha256=\" that should stand before it",
        ),
        (
            &shopify,
            written(&shopify, &|scheme| {
                scheme.shapes[0].signature.encoding = Encoding::Hex;
            }),
            "signature-encoding",
            "the signature is right in hex in lower case, where base64 with padding is due",
        ),
        (
            &slack,
            written(&slack, &|scheme| {
                for shape in &mut scheme.shapes {
                    shape.timestamp.as_mut().unwrap().unit = TimeUnit::UnixMillis;
                }
            }),
            "timestamp-unit",
            "the signature is right with the timestamp in milliseconds, as it came: the scheme's `unit` is wrong",
        ),
        (
            &github,
            signed(&providers::gitea()),
            "other-preset",
            "the signature is right as a delivery of gitea with this secret, where github is configured",
        ),
    ];
    let uri = http::Uri::from_static("/webhook");
    for (scheme, signed, code, sentence) in table {
        let incoming = Incoming::new(&signed.method, &uri, &signed.headers, &signed.body);
        let found = diagnose(&incoming, scheme, &right(scheme).into(), now());
        let first = found.first().expect(sentence);
        assert_eq!((first.code(), first.message()), (code, sentence));
        assert!(first.is_proven(), "{sentence}");
    }
    let genuine = signed(&github);
    let incoming = Incoming::new(&genuine.method, &uri, &genuine.headers, &genuine.body);
    assert!(diagnose(&incoming, &github, &right(&github).into(), now()).is_empty());
    let short = Secret::new("whsec_c2hvcnQ=").unwrap();
    let found = diagnose(&incoming, &providers::svix(), &short.into(), now());
    assert_eq!(found[0].code(), "secret-form");
    assert_eq!(
        found[0].message(),
        "secret \"key-1\": the secret decodes to 5 bytes; a key has at least 16, since fewer can be guessed"
    );
}

/// T-J1: with every trial switched on, at the finest level, and in the `Debug` of all that a user can print.
#[cfg(feature = "tracing")]
#[tokio::test]
async fn t_j1_a_diagnosis_has_no_secret_no_signature_and_no_body() {
    use std::{
        collections::HashSet,
        fmt::Write as _,
        sync::{Arc, Mutex},
    };

    use super::support::{Log, wrong};

    /// One more than may be shown of a received value.
    const TOO_LONG: usize = 9;

    let log = Log::capture();
    for mistake in mistakes() {
        let name = mistake.name;
        let shown: Arc<Mutex<String>> = Arc::default();
        let keep = Arc::clone(&shown);
        let layer = mistake
            .layer(DiagnosisLevel::Trials)
            .on_event(move |event| {
                write!(keep.lock().unwrap(), "{event:?} {event:#?}").unwrap();
            });
        let before = log.text().len();
        let service = layer.clone().layer(counting(&Counter::default()));
        let answer = send(&service, request(&mistake.sent)).await;
        let rejection = answer.rejection.as_ref().unwrap();
        let mut shown = shown.lock().unwrap().clone();
        assert!(
            shown.contains("diagnoses: [Diagnosis"),
            "the positive control: {shown}"
        );
        write!(
            shown,
            "{rejection} {rejection:#?} {:?} {}",
            answer.headers,
            answer.text()
        )
        .unwrap();
        write!(shown, "{layer:#?} {:#?} {}", layer.report(), layer.report()).unwrap();
        for found in rejection.diagnoses() {
            write!(shown, "{found} {found:#?} {}", found.code()).unwrap();
        }
        let traced = log.text()[before..].to_owned();
        assert!(
            traced.contains(mistake.code),
            "the positive control: {traced}"
        );
        shown.push_str(&traced);

        let scheme = mistake.endpoints[0].scheme();
        let mut private: Vec<String> = [PLAIN, WHSEC, HEXADECIMAL, "${GITHUB_WEBHOOK_SECRET}"]
            .map(str::to_owned)
            .into();
        for seed in [
            "right", "wrong", "old", "new", "next", "other", "ci", "deploy", "blue", "green",
        ] {
            private.push(format!("{seed}-secret-of-the-tests"));
            let key: Vec<u8> = seed.bytes().cycle().take(32).collect();
            private.push(String::from_utf8(key).unwrap());
        }
        private.push("sk_test_only_in_this_test".to_owned());
        private.push(String::from_utf8_lossy(&mistake.sent.body).into_owned());
        let mut expected = vec![mistake.sent.clone()];
        // What would have been right for what came.
        for secret in [right(scheme), wrong(scheme)] {
            let draft = Draft::new(mistake.sent.body.clone())
                .with_url("https://example.com/webhook")
                .with_timestamp(now())
                .with_id("evt_1");
            expected.extend(draft.sign(scheme, secret));
        }
        for signed in &expected {
            for (header, value) in &signed.headers {
                let plain = ["content-type", "content-encoding"].contains(&header.as_str());
                if !plain {
                    private.push(value.to_str().unwrap().to_owned());
                }
            }
        }
        let windows = |text: &str| -> HashSet<String> {
            let chars: Vec<char> = text.chars().collect();
            chars
                .windows(TOO_LONG)
                .map(|window| window.iter().collect())
                .collect()
        };
        let shown = windows(&shown);
        for text in private {
            let leaked: Vec<_> = windows(&text)
                .into_iter()
                .filter(|piece| shown.contains(piece))
                .collect();
            assert!(leaked.is_empty(), "{name}: {leaked:?} of {text:?}");
        }
    }
}

/// A flood of forgeries does not buy trials, and the answers to it stay the same.
#[tokio::test(start_paused = true)]
async fn a_flood_of_forgeries_is_looked_into_five_times_and_then_once_a_second() {
    let scheme = providers::github();
    let layer = super::support::layer(&scheme)
        .on_refusal(|_| {})
        .with_diagnosis(DiagnosisLevel::Trials);
    let service = layer.clone().layer(counting(&Counter::default()));
    let another = layer.layer(counting(&Counter::default()));
    let forged = super::support::forged(&scheme);
    let mut tried = 0;
    for index in 0..100 {
        // Each clone of the layer counts on the same account.
        let service = if index % 2 == 0 { &service } else { &another };
        let answer = send(service, request(&forged)).await;
        answer.assert_refused("forged", "mismatch");
        let rejection = answer.rejection.unwrap();
        let codes: Vec<_> = rejection.diagnoses().iter().map(Diagnosis::code).collect();
        let paused = codes.contains(&"trials-paused");
        assert_ne!(codes.contains(&"trials-none"), paused, "{codes:?}");
        tried += usize::from(!paused);
    }
    assert_eq!(tried, 5);
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    let answer = send(&service, request(&forged)).await;
    let rejection = answer.rejection.unwrap();
    assert_eq!(rejection.diagnoses()[0].code(), "trials-none");
}

/// Neither a large body nor many keys make a refusal dear.
#[tokio::test]
async fn trials_end_at_their_limit() {
    let scheme = providers::github();
    let keys: Vec<_> = (0..8)
        .map(|seed| secret(&scheme, &format!("key {seed}")))
        .collect();
    let large = serde_json::json!({ "text": "x".repeat(200_000) }).to_string();
    let many = serde_json::json!({ "a": 1 }).to_string();
    for (name, secrets, body, want) in [
        ("a large body", vec![right(&scheme)], large, "trials-cut"),
        ("many keys", keys, many, "trials-cut"),
    ] {
        let layer = super::support::layer_for(guarded_by(&scheme, secrets))
            .with_diagnosis(DiagnosisLevel::Trials);
        let service = layer.layer(counting(&Counter::default()));
        let sent = by(&scheme, secret(&scheme, "other"), &body);
        let rejection = send(&service, request(&sent)).await.rejection.unwrap();
        let codes: Vec<_> = rejection.diagnoses().iter().map(Diagnosis::code).collect();
        assert!(codes.contains(&want), "{name}: {codes:?}");
    }
}

/// Where nobody listens and nothing is switched on, nothing is looked for.
#[cfg(not(feature = "tracing"))]
#[tokio::test]
async fn nobody_pays_for_what_nobody_reads() {
    let scheme = providers::github();
    let service = super::support::layer(&scheme).layer(counting(&Counter::default()));
    let answer = send(&service, request(&super::support::forged(&scheme))).await;
    assert!(answer.rejection.unwrap().diagnoses().is_empty());
}
