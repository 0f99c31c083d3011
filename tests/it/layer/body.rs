//! The body: what it may cost, what is decided before it, and that it reaches the handler as it was sent.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request},
    routing::post,
};
use axum_webhook::{
    Endpoint, VerifiedWebhook, WebhookLayer, providers,
    scheme::{Scheme, UrlPorts},
    sign::Signed,
    testing,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Version};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use tokio::{task::yield_now, time::Instant};
use tower::Layer as _;

use super::support::{
    Answer, Counter, Frames, HANDLED, REFUSED, Step, Wire, counting, endpoint, forged, forged_to,
    handler, layer, layer_for, now, of_body, ok, request, right, send, serve, signed, signed_to,
    status, wire_head, wire_text, with_body, with_header, without_header, wrong,
};

const MIB: usize = 1 << 20;

/// What became of a request: the answer, how often the handler ran, and how often the body was asked.
struct Outcome {
    answer: Answer,
    runs: usize,
    polls: usize,
}

async fn deliver(layer: &WebhookLayer, signed: &Signed, body: Frames) -> Outcome {
    let (runs, polls) = (Counter::default(), body.polls.clone());
    let service = layer.layer(counting(&runs));
    let answer = send(&service, with_body(signed, body)).await;
    Outcome {
        answer,
        runs: runs.count(),
        polls: polls.count(),
    }
}

fn data(size: usize) -> Step {
    Step::Data(vec![b'x'; size].into())
}

fn small_layer() -> WebhookLayer {
    layer_for(endpoint(&providers::github()).with_body_limit("1000B".parse().unwrap()))
}

// --- Size: T-I1, T-I7.

#[tokio::test]
async fn t_i1_a_content_length_over_the_limit_is_answered_413_with_the_body_unread() {
    let signed = of_body(&providers::github(), "/", vec![b'x'; 1001]);
    for length in ["1001", "1048577", "4294967296", "9223372036854775808"] {
        let signed = with_header(&signed, "content-length", length);
        let body = Frames::pieces(&signed.body, 100);
        let outcome = deliver(&small_layer(), &signed, body).await;
        let answer = outcome.answer;
        answer.assert_is(length, 413, "body-too-large", "payload too large\n");
        assert_eq!((outcome.runs, outcome.polls), (0, 0), "{length}");
    }
}

/// T-I7: nothing is reserved on the word of a header, and nothing overflows.
#[tokio::test]
async fn t_i7_an_absurd_content_length_is_answered_413() {
    let signed = of_body(&providers::github(), "/", "{}");
    for length in [
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999999999999999999",
    ] {
        let signed = with_header(&signed, "content-length", length);
        let outcome = deliver(
            &layer(&providers::github()),
            &signed,
            Frames::pieces(b"{}", 2),
        )
        .await;
        let answer = outcome.answer;
        answer.assert_is(length, 413, "body-too-large", "payload too large\n");
        assert_eq!((outcome.runs, outcome.polls), (0, 0), "{length}");
    }
    // A body that only claims to be huge costs no more than what comes.
    let body = Frames::new([data(1), data(1)]).with_length(usize::MAX);
    let signed = of_body(&providers::github(), "/", "xx");
    let outcome = deliver(&layer(&providers::github()), &signed, body).await;
    outcome.answer.assert_handled("a size hint that lies");
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_accepted_and_one_byte_more_is_not() {
    let accepted = of_body(&providers::github(), "/", vec![b'x'; 1000]);
    let refused = of_body(&providers::github(), "/", vec![b'x'; 1001]);
    for size in [1, 7, 999, 1000, 1001] {
        let body = Frames::pieces(&accepted.body, size);
        let outcome = deliver(&small_layer(), &accepted, body).await;
        outcome.answer.assert_handled("the limit");
        assert_eq!(outcome.runs, 1);

        let body = Frames::pieces(&refused.body, size);
        let outcome = deliver(&small_layer(), &refused, body).await;
        let answer = outcome.answer;
        answer.assert_is("one more", 413, "body-too-large", "payload too large\n");
        assert_eq!(outcome.runs, 0);
    }
    let announced = with_header(&accepted, "content-length", "1000");
    let body = Frames::pieces(&accepted.body, 1000).with_length(1000);
    let outcome = deliver(&small_layer(), &announced, body).await;
    outcome.answer.assert_handled("the limit, announced");
}

#[tokio::test]
async fn t_i1_a_chunked_body_is_read_no_further_than_the_frame_that_is_too_much() {
    let signed = of_body(&providers::github(), "/", "{}");
    let body = Frames::new([data(999), data(1), data(1), data(1), Step::Hang]);
    let outcome = deliver(&small_layer(), &signed, body).await;
    let answer = outcome.answer;
    answer.assert_is("chunked", 413, "body-too-large", "payload too large\n");
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!((outcome.runs, outcome.polls), (0, 3));
}

/// A header that says less than comes does not lift the limit.
#[tokio::test]
async fn a_content_length_that_lies_does_not_help() {
    let signed = of_body(&providers::github(), "/", vec![b'x'; 1001]);
    let signed = with_header(&signed, "content-length", "10");
    let body = Frames::pieces(&signed.body, 500).with_length(10);
    let outcome = deliver(&small_layer(), &signed, body).await;
    let answer = outcome.answer;
    answer.assert_is("a lie", 413, "body-too-large", "payload too large\n");
    assert_eq!(outcome.runs, 0);
}

#[tokio::test]
async fn the_limit_is_the_providers_else_one_mebibyte() {
    for (scheme, limit) in [
        (providers::github(), 25 * MIB),
        (providers::gitlab(), 25 * MIB),
        (providers::linear(), 5 * MIB),
        (providers::stripe(), MIB),
        (providers::standard_webhooks(), MIB),
        (providers::shopify(), MIB),
    ] {
        let id = &scheme.id;
        let over = with_header(&signed(&scheme), "content-length", &(limit + 1).to_string());
        let outcome = deliver(&layer(&scheme), &over, Frames::new([])).await;
        assert_eq!(outcome.answer.status, 413, "{id}");
        let at = with_header(&signed(&scheme), "content-length", &limit.to_string());
        let body = Frames::pieces(&signed(&scheme).body, 100);
        let outcome = deliver(&layer(&scheme), &at, body).await;
        outcome.answer.assert_handled(id);
    }
}

/// GitHub's bodies pass axum's own limit of 2 MB.
#[tokio::test]
async fn a_body_of_three_mebibytes_reaches_a_github_handler() {
    let scheme = providers::github();
    let big = of_body(&scheme, "/a", vec![b'x'; 3 * MIB]);
    let app = Router::new()
        .route(
            "/a",
            post(async |hook: VerifiedWebhook| hook.raw().len().to_string()),
        )
        .layer(layer(&scheme));
    let whole = send(&app, request(&big)).await;
    assert_eq!((whole.status.as_u16(), whole.text()), (200, "3145728"));
    let chunked = send(
        &app,
        with_body(&big, Body::new(Frames::pieces(&big.body, 16_384))),
    )
    .await;
    assert_eq!((chunked.status.as_u16(), chunked.text()), (200, "3145728"));

    let stripe = providers::stripe();
    let big = of_body(
        &stripe,
        "/a",
        format!("{{\"id\":\"{}\"}}", "x".repeat(3 * MIB)),
    );
    let outcome = deliver(&layer(&stripe), &big, Frames::pieces(&big.body, 16_384)).await;
    assert_eq!(outcome.answer.status, 413);
}

/// axum's own extractors keep axum's own limit behind the layer; `VerifiedWebhook` has none.
#[tokio::test]
async fn axums_extractors_have_their_own_limit() {
    let scheme = providers::github();
    let big = of_body(&scheme, "/a", vec![b'x'; 3 * MIB]);
    let app = || {
        Router::new().route(
            "/a",
            post(async |hook: VerifiedWebhook, body: Bytes| {
                assert_eq!(hook.raw().as_ptr(), body.as_ptr());
                body.len().to_string()
            }),
        )
    };
    let answer = send(&app().layer(layer(&scheme)), request(&big)).await;
    assert_eq!(answer.status, 413);
    assert!(answer.rejection.is_none(), "it is axum's");
    for app in [
        app()
            .layer(DefaultBodyLimit::disable())
            .layer(layer(&scheme)),
        app()
            .layer(layer(&scheme))
            .layer(DefaultBodyLimit::max(4 * MIB)),
    ] {
        assert_eq!(send(&app, request(&big)).await.text(), "3145728");
    }
}

// --- What the head decides: T-I2, T-I4, T-I10, T-I11.

/// That a request is refused by its head alone.
async fn check_early(name: &str, signed: &Signed, layer: &WebhookLayer, code: &str) {
    let body = Frames::pieces(&signed.body, 4);
    let outcome = deliver(layer, signed, body).await;
    outcome.answer.assert_refused(name, code);
    assert_eq!((outcome.runs, outcome.polls), (0, 0), "{name}");
}

/// The signature may be right: it is a delivery of another kind.
#[tokio::test]
async fn t_i2_a_header_that_the_scheme_fixes_is_refused_with_the_body_unread() {
    let text = r#"
        id = "acme"
        algorithm = "hmac-sha256"
        content = "{version}.{body}"
        signature = { at = { header = "x-signature" }, encoding = "hex" }
        fields = [{ name = "version", at = { header = "x-version" }, is = "2" }]
        "#;
    let scheme = toml::from_str(text).unwrap();
    let genuine = signed(&scheme);
    let layer = layer(&scheme);
    for other in ["3", "22", "v2"] {
        let changed = with_header(&genuine, "x-version", other);
        check_early(other, &changed, &layer, "unexpected-value").await;
    }
    let outcome = deliver(&layer, &genuine, Frames::pieces(&genuine.body, 4)).await;
    outcome.answer.assert_handled("the version that it must be");
}

/// Which headers are signed says another header.
#[tokio::test]
async fn t_i2_a_signed_header_that_is_missing_is_refused_with_the_body_unread() {
    let scheme = providers::contentful();
    let genuine = signed(&scheme);
    let layer = layer(&scheme);
    let names = "x-contentful-signed-headers";
    let signed = genuine.headers[names].to_str().unwrap();
    for (listed, code) in [
        (format!("{signed},x-contentful-crn"), "missing"),
        (format!("{signed},"), "malformed"),
        (names.to_owned(), "header-not-signed"),
    ] {
        let changed = with_header(&genuine, names, &listed);
        check_early(&listed, &changed, &layer, code).await;
    }
    let outcome = deliver(&layer, &genuine, Frames::pieces(&genuine.body, 4)).await;
    outcome.answer.assert_handled("all that are signed");
}

/// T-I2.
#[tokio::test]
async fn t_i2_a_bad_signature_header_is_refused_with_the_body_unread() {
    let scheme = providers::github();
    let genuine = signed(&scheme);
    let name = "x-hub-signature-256";
    let right = genuine.headers[name].to_str().unwrap().to_owned();
    check_early(
        "none",
        &without_header(&genuine, name),
        &layer(&scheme),
        "missing",
    )
    .await;
    for (why, value, code) in [
        ("empty", String::new(), "missing"),
        (
            "the prefix alone",
            "sha256=".to_owned(),
            "signature-malformed",
        ),
        (
            "no prefix",
            right.replace("sha256=", ""),
            "signature-malformed",
        ),
        (
            "another prefix",
            right.replace("sha256=", "sha1="),
            "signature-malformed",
        ),
        (
            "too short",
            right[..right.len() - 2].to_owned(),
            "signature-malformed",
        ),
        ("too long", format!("{right}00"), "signature-malformed"),
        ("upper case", right.to_uppercase(), "signature-malformed"),
        ("a space before", format!(" {right}"), "signature-malformed"),
        (
            "no hex",
            right.replace(&right[7..], &"g".repeat(right.len() - 7)),
            "signature-malformed",
        ),
        // T-I10
        (
            "five kibibytes",
            right.repeat(5 * 1024 / right.len() + 1),
            "too-long",
        ),
    ] {
        check_early(
            why,
            &with_header(&genuine, name, &value),
            &layer(&scheme),
            code,
        )
        .await;
    }
    let mut twice = genuine.clone();
    twice.headers.append(name, right.parse().unwrap());
    check_early("twice", &twice, &layer(&scheme), "duplicate").await;
    let mut no_text = genuine;
    no_text
        .headers
        .insert(name, HeaderValue::from_bytes(b"sha256=\xff").unwrap());
    check_early("no text", &no_text, &layer(&scheme), "malformed").await;
}

/// T-I2: a timestamp in a header.
#[tokio::test]
async fn t_i2_a_bad_timestamp_header_is_refused_with_the_body_unread() {
    let scheme = providers::standard_webhooks();
    let genuine = signed(&scheme);
    let name = "webhook-timestamp";
    let at = |offset: i64| (now().unix_seconds() + offset).to_string();
    for (why, value, code) in [
        ("stale", at(-301), "stale"),
        ("future", at(301), "future"),
        ("long ago", "1000000000".to_owned(), "stale"),
        ("a word", "now".to_owned(), "timestamp-malformed"),
        (
            "negative",
            "-9223372036854775808".to_owned(),
            "timestamp-malformed",
        ),
        ("zeros before", format!("0{}", at(0)), "timestamp-malformed"),
        (
            "a plus before",
            format!("+{}", at(0)),
            "timestamp-malformed",
        ),
        ("empty", String::new(), "missing"),
    ] {
        check_early(
            why,
            &with_header(&genuine, name, &value),
            &layer(&scheme),
            code,
        )
        .await;
    }
    check_early(
        "none",
        &without_header(&genuine, name),
        &layer(&scheme),
        "missing",
    )
    .await;
    check_early(
        "no id",
        &without_header(&genuine, "webhook-id"),
        &layer(&scheme),
        "missing",
    )
    .await;

    let stripe = providers::stripe();
    let stale = testing_at(&stripe, -301);
    check_early("an item of a list", &stale, &layer(&stripe), "stale").await;
}

#[cfg(feature = "jwt")]
fn without_questions(mut scheme: Scheme) -> Scheme {
    scheme.handshakes.clear();
    scheme
}

/// T-I2: a token that is none, or not of now.
#[cfg(feature = "jwt")]
#[tokio::test]
async fn t_i2_a_token_out_of_its_time_is_refused_with_the_body_unread() {
    for (scheme, offset, code) in [
        (providers::vonage(), -301, "stale"),
        (providers::vonage(), 301, "future"),
        (providers::messagebird(), -66, "stale"),
        // Good for five minutes, and a minute for clocks apart. Its unsigned question would be in the body.
        (
            without_questions(providers::monday()),
            -361,
            "token-expired",
        ),
    ] {
        let signed = testing_at(&scheme, offset);
        check_early(&scheme.id, &signed, &layer(&scheme), code).await;
    }
    let netlify = providers::netlify();
    let genuine = signed(&netlify);
    let name = "x-webhook-signature";
    let token = genuine.headers[name].to_str().unwrap().to_owned();
    for value in [
        format!("{token}."),
        token.replace('.', ""),
        "x.y.z".to_owned(),
    ] {
        let bad = with_header(&genuine, name, &value);
        check_early(&value, &bad, &layer(&netlify), "signature-malformed").await;
    }
}

/// A genuine delivery that was sent `offset` seconds after now.
fn testing_at(scheme: &Scheme, offset: i64) -> Signed {
    let time = axum_webhook::Timestamp::from_unix_seconds(now().unix_seconds() + offset);
    axum_webhook::testing::sample(scheme, time)
        .sign(scheme, right(scheme))
        .unwrap()
}

/// T-I4.
#[tokio::test]
async fn t_i4_a_compressed_body_is_answered_415_unread() {
    let scheme = providers::github();
    let genuine = signed(&scheme);
    for encoding in [
        "gzip",
        "GZIP",
        "x-gzip",
        "br",
        "deflate",
        "zstd",
        "compress",
        "gzip, br",
        "gzip,gzip",
        "identity, gzip",
        "unknown",
        "",
        " ",
        "identity;q=1",
    ] {
        let signed = with_header(&genuine, "content-encoding", encoding);
        let outcome = deliver(&layer(&scheme), &signed, Frames::pieces(&signed.body, 4)).await;
        let text = "content encoding not supported\n";
        outcome
            .answer
            .assert_is(encoding, 415, "content-encoding", text);
        assert_eq!((outcome.runs, outcome.polls), (0, 0), "{encoding:?}");
    }
    let mut twice = with_header(&genuine, "content-encoding", "identity");
    twice
        .headers
        .append("content-encoding", HeaderValue::from_static("gzip"));
    let outcome = deliver(&layer(&scheme), &twice, Frames::pieces(&twice.body, 4)).await;
    assert_eq!((outcome.answer.status.as_u16(), outcome.polls), (415, 0));

    for encoding in ["identity", "Identity"] {
        let signed = with_header(&genuine, "content-encoding", encoding);
        let outcome = deliver(&layer(&scheme), &signed, Frames::pieces(&signed.body, 4)).await;
        outcome.answer.assert_handled(encoding);
    }
}

/// T-I11.
#[tokio::test]
async fn t_i11_another_method_is_answered_405_with_the_allowed_ones() {
    let scheme = providers::github();
    for method in [
        "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "X",
    ] {
        let (runs, body) = (Counter::default(), Frames::pieces(b"{}", 1));
        let polls = body.polls.clone();
        let mut request = with_body(&signed(&scheme), body);
        *request.method_mut() = method.parse().unwrap();
        let answer = send(&layer(&scheme).layer(counting(&runs)), request).await;
        answer.assert_is(method, 405, "method", "method not allowed\n");
        assert_eq!(answer.header("allow"), Some("POST"), "{method}");
        assert_eq!((runs.count(), polls.count()), (0, 0), "{method}");
    }
}

// --- Time: T-I3. The clock of these tests goes on by itself when nothing else is to do.

const SECOND: Duration = Duration::from_secs(1);

/// A body that comes byte by byte, with a pause before each.
fn trickle(body: &[u8], pause: Duration) -> Frames {
    Frames::new(
        body.chunks(1)
            .flat_map(|byte| [Step::Wait(pause), Step::Data(Bytes::copy_from_slice(byte))]),
    )
}

async fn check_slow(name: &str, body: Frames, after: Duration) {
    let start = Instant::now();
    let signed = of_body(&providers::github(), "/", [b'x'; 60]);
    let outcome = deliver(&layer(&providers::github()), &signed, body).await;
    let answer = outcome.answer;
    answer.assert_is(name, 408, "body-timeout", "request timeout\n");
    assert_eq!(answer.header("connection"), Some("close"), "{name}");
    assert_eq!(outcome.runs, 0, "{name}");
    let took = start.elapsed();
    assert!(took >= after && took < after + SECOND, "{name}: {took:?}");
}

#[tokio::test(start_paused = true)]
async fn t_i3_a_pause_between_two_frames_is_answered_408_after_five_seconds() {
    let pause = Step::Wait(6 * SECOND);
    check_slow("before all", Frames::new([pause, data(60)]), 5 * SECOND).await;
    let pause = Step::Wait(6 * SECOND);
    check_slow(
        "in between",
        Frames::new([data(30), pause, data(30)]),
        5 * SECOND,
    )
    .await;
    check_slow("never", Frames::new([data(30), Step::Hang]), 5 * SECOND).await;
    check_slow("nothing", Frames::new([Step::Hang]), 5 * SECOND).await;
    let end = Step::Wait(6 * SECOND);
    check_slow("before the end", Frames::new([data(60), end]), 5 * SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn t_i3_a_byte_a_second_is_answered_408_after_thirty_seconds() {
    check_slow("trickle", trickle(&[b'x'; 60], SECOND), 30 * SECOND).await;
    let slower = trickle(&[b'x'; 60], Duration::from_millis(4900));
    check_slow("just within the pause", slower, 30 * SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_within_the_deadlines_is_accepted() {
    let signed = of_body(&providers::github(), "/", [b'x'; 29]);
    let outcome = deliver(
        &layer(&providers::github()),
        &signed,
        trickle(&signed.body, SECOND),
    )
    .await;
    outcome.answer.assert_handled("29 seconds");
    let pause = Duration::from_millis(4900);
    let body = Frames::new([Step::Wait(pause), data(14), Step::Wait(pause), data(15)]);
    let outcome = deliver(&layer(&providers::github()), &signed, body).await;
    outcome.answer.assert_handled("two long pauses");
}

/// Also where it is the turn of others that tells what time it is.
#[tokio::test(start_paused = true)]
async fn a_body_that_takes_the_last_of_its_time_is_accepted() {
    let signed = of_body(&providers::github(), "/", [b'x'; 60]);
    let layer = layer(&providers::github()).with_body_timeouts(30 * SECOND, 30 * SECOND);
    // So many that others get their turn.
    let empty = || (0..5000).map(|_| data(0));
    let steps = empty().chain([Step::Wait(30 * SECOND), data(60)]);
    let outcome = deliver(&layer, &signed, Frames::new(steps.chain(empty()))).await;
    outcome.answer.assert_handled("30 seconds");
}

#[tokio::test(start_paused = true)]
async fn the_deadlines_can_be_set() {
    let signed = of_body(&providers::github(), "/", [b'x'; 60]);
    for (name, idle, total, after) in [("idle", 1, 10, 1), ("total", 3, 4, 4)] {
        let layer = layer(&providers::github()).with_body_timeouts(idle * SECOND, total * SECOND);
        let start = Instant::now();
        let body = trickle(&signed.body, Duration::from_millis(1500));
        let outcome = deliver(&layer, &signed, body).await;
        assert_eq!(outcome.answer.status, 408, "{name}");
        assert_eq!(start.elapsed().as_secs(), after, "{name}");
    }
}

/// The window is judged by when the request came, not by when its body was complete.
#[tokio::test(start_paused = true)]
async fn a_slow_body_does_not_make_a_delivery_stale() {
    let scheme = providers::standard_webhooks();
    let clock = axum_webhook::testing::FixedClock::new(now());
    let layer = layer(&scheme).with_clock(clock.clone());
    let runs = Counter::default();
    let service = layer.layer(counting(&runs));
    let signed = testing_at(&scheme, -300);
    let body = Frames::new([
        Step::Wait(2 * SECOND),
        Step::Data(signed.body.clone().into()),
    ]);
    let delivery = send(&service, with_body(&signed, body));
    let tick = async {
        tokio::time::sleep(SECOND).await;
        clock.advance(10 * SECOND);
    };
    let (answer, ()) = tokio::join!(delivery, tick);
    answer.assert_handled("it was in time");
}

// --- Many small frames: T-I5, T-I6.

#[tokio::test]
async fn t_i6_a_mebibyte_of_one_byte_frames_is_one_body() {
    let body: Vec<u8> = (0..MIB).map(|i| u8::try_from(i % 251).unwrap()).collect();
    let signed = of_body(&providers::github(), "/", body.clone());
    let got = Arc::new(Mutex::new(Bytes::new()));
    let keep = Arc::clone(&got);
    let service = layer(&providers::github()).layer(handler(move |request: Request| {
        let keep = Arc::clone(&keep);
        async move {
            *keep.lock().unwrap() = request.into_body().collect().await.unwrap().to_bytes();
            ok()
        }
    }));
    let answer = send(&service, with_body(&signed, Frames::pieces(&body, 1))).await;
    answer.assert_handled("one byte a frame");
    assert!(*got.lock().unwrap() == body);
}

/// The MAC of the newest key takes in the body as it comes; any other is made once it is there.
#[tokio::test]
async fn a_body_in_pieces_verifies_by_each_key_and_with_each_port() {
    let mut tried = 0;
    let with_port = |mut scheme: Scheme| {
        scheme.url_ports = UrlPorts::Either;
        scheme
    };
    let schemes = crate::signable().map(|(_, scheme)| scheme);
    for scheme in schemes.chain([with_port(providers::hubspot())]) {
        let id = scheme.id.clone();
        let secrets = [
            wrong(&scheme).with_id("newer"),
            right(&scheme).with_id("older"),
        ];
        let Ok(endpoint) = Endpoint::new(scheme.clone(), secrets) else {
            continue;
        };
        let layer = layer_for(endpoint.with_public_url("https://example.com".parse().unwrap()));
        let mut deliveries = vec![signed(&scheme), forged_to(&scheme, "/webhook")];
        if scheme.url_ports == UrlPorts::Either {
            for secret in [right(&scheme), wrong(&scheme)] {
                let draft = testing::sample(&scheme, now());
                let draft = draft.with_url("https://example.com:443/webhook");
                let mut signed = draft.sign(&scheme, secret).unwrap();
                signed.url = signed.url.replace(":443", "");
                deliveries.push(signed);
            }
        }
        for signed in deliveries {
            let body = Frames::pieces(&signed.body, 4);
            let outcome = deliver(&layer, &signed, body).await;
            let rejection = outcome.answer.rejection;
            assert!(rejection.is_none(), "{id}: {rejection:?}");
            assert_eq!(outcome.runs, 1, "{id}");
        }
        tried += 1;
    }
    assert!(tried > 100, "{tried}");
}

/// Each set of signatures has a time of its own, so one MAC is not that of all.
#[tokio::test]
async fn a_body_in_pieces_verifies_by_each_set_of_signatures() {
    let scheme = providers::persona();
    let (genuine, name) = (signed(&scheme), "persona-signature");
    let later = now().saturating_add(Duration::from_secs(1));
    let stranger = testing::sample(&scheme, later).sign(&scheme, wrong(&scheme));
    let [own, other] = [&genuine, &stranger.unwrap()]
        .map(|signed| signed.headers[name].to_str().unwrap().to_owned());
    for text in [format!("{own} {other}"), format!("{other} {own}")] {
        let both = with_header(&genuine, name, &text);
        let body = Frames::pieces(&both.body, 4);
        let outcome = deliver(&layer(&scheme), &both, body).await;
        outcome.answer.assert_handled(&text);
    }
}

#[tokio::test]
async fn empty_frames_change_nothing() {
    let signed = of_body(&providers::github(), "/", vec![b'x'; 1000]);
    let steps = (0..1000).flat_map(|_| (0..1000).map(|_| data(0)).chain([data(1)]));
    let outcome = deliver(&small_layer(), &signed, Frames::new(steps)).await;
    outcome.answer.assert_handled("a million empty frames");
}

/// Empty frames that never stop cost no byte of the limit, but they do cost time.
#[tokio::test(start_paused = true)]
async fn t_i5_endless_empty_frames_neither_hog_the_thread_nor_outlive_the_deadline() {
    let signed = of_body(&providers::github(), "/", "{}");
    // Without an end to the reading this test would not fail but hang, so there is one.
    let frames = Frames::new((0..3_000_000).map(|_| data(0)));
    let polls = frames.polls.clone();
    let delivery =
        tokio::spawn(async move { deliver(&layer(&providers::github()), &signed, frames).await });
    while polls.count() == 0 {
        yield_now().await;
    }
    assert!(polls.count() < 100_000, "nobody else had a turn");
    tokio::time::advance(31 * SECOND).await;
    let outcome = delivery.await.unwrap();
    let answer = outcome.answer;
    answer.assert_is("endless", 408, "body-timeout", "request timeout\n");
    assert!(outcome.polls < 200_000, "{}", outcome.polls);
}

// --- What reaches the handler.

#[tokio::test]
async fn a_body_of_one_frame_reaches_the_handler_without_a_copy() {
    let scheme = providers::github();
    let app = Router::new()
        .route(
            "/a",
            post(async |hook: VerifiedWebhook, body: Bytes| {
                assert_eq!(body.as_ptr(), hook.raw().as_ptr());
                format!("{:p}", hook.raw().as_ptr())
            }),
        )
        .layer(layer(&scheme));
    let signed = signed_to(&scheme, "/a");
    let sent = Bytes::from(signed.body.clone());
    let empty = || Step::Data(Bytes::new());
    for (name, steps) in [
        ("alone", vec![Step::Data(sent.clone())]),
        (
            "between empty ones",
            vec![empty(), Step::Data(sent.clone()), empty()],
        ),
        (
            "with trailers",
            vec![Step::Data(sent.clone()), Step::Trailers(HeaderMap::new())],
        ),
    ] {
        let answer = send(&app, with_body(&signed, Body::new(Frames::new(steps)))).await;
        assert_eq!(answer.text(), format!("{:p}", sent.as_ptr()), "{name}");
    }
}

/// Through the layer: no byte is changed, whatever the bytes are and however they come.
#[tokio::test]
async fn t_e1_the_handler_gets_the_bytes_that_were_sent() {
    let scheme = providers::github();
    let app = Router::new()
        .route(
            "/a",
            post(async |hook: VerifiedWebhook, body: Bytes| {
                assert_eq!(&body, hook.raw());
                body
            }),
        )
        .layer(layer(&scheme));
    let all_bytes: Vec<u8> = (0..=255).collect();
    for (name, body) in [
        ("white space", b" {\"a\" :1.0,\"a\":1}\r\n\n".to_vec()),
        ("escapes", "{\"a\":\"\\u00e9 é\"}".as_bytes().to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("no UTF-8", vec![0xff, 0xfe]),
        ("every byte", all_bytes),
        ("NUL", vec![0; 3]),
        ("nothing", Vec::new()),
    ] {
        let signed = of_body(&scheme, "/a", body.clone());
        for size in [1, 2, 3, 1000] {
            let request = with_body(&signed, Body::new(Frames::pieces(&body, size)));
            let answer = send(&app, request).await;
            assert_eq!(answer.status, 200, "{name}");
            assert_eq!(answer.body, body, "{name} in pieces of {size}");
        }
        for (at, changed) in (0..body.len()).map(|at| {
            let mut changed = body.clone();
            changed[at] ^= 1;
            (at, changed)
        }) {
            let answer = send(&app, with_body(&signed, Body::from(changed))).await;
            answer.assert_refused(&format!("{name} with another byte {at}"), "mismatch");
        }
    }
}

#[derive(Clone)]
struct Marker(u8);

/// T-L6.
#[tokio::test]
async fn t_l6_extensions_version_headers_and_size_are_kept() {
    let scheme = providers::github();
    let signed = with_header(&signed_to(&scheme, "/a?b=%20c"), "x-other", "kept");
    let length = signed.body.len();
    let service = layer(&scheme).layer(handler(move |request: Request| async move {
        assert_eq!(
            request.extensions().get::<Marker>().map(|marker| marker.0),
            Some(7)
        );
        assert_eq!(request.version(), Version::HTTP_2);
        assert_eq!(request.uri(), "/a?b=%20c");
        assert_eq!(request.headers()["x-other"], "kept");
        assert_eq!(
            request.body().size_hint().exact(),
            Some(u64::try_from(length).unwrap())
        );
        assert!(!request.body().is_end_stream());
        ok()
    }));
    for size in [1, 10_000] {
        let mut request = with_body(&signed, Frames::pieces(&signed.body, size));
        request.extensions_mut().insert(Marker(7));
        *request.version_mut() = Version::HTTP_2;
        send(&service, request).await.assert_handled("kept");
    }
}

/// The handler's answer goes out as it is.
#[tokio::test]
async fn the_answer_of_the_handler_is_kept() {
    let service = layer(&providers::github()).layer(handler(async |_| {
        let mut response = status(207);
        response
            .headers_mut()
            .insert("x-mine", HeaderValue::from_static("yes"));
        response.extensions_mut().insert(Marker(9));
        let mut trailers = HeaderMap::new();
        trailers.insert("x-late", HeaderValue::from_static("yes"));
        *response.body_mut() = Body::new(Frames::new([data(1), data(2), Step::Trailers(trailers)]));
        response
    }));
    let response = tower::ServiceExt::oneshot(service, request(&signed(&providers::github())))
        .await
        .unwrap();
    assert_eq!(response.status(), 207);
    assert_eq!(response.headers()["x-mine"], "yes");
    assert_eq!(
        response.extensions().get::<Marker>().map(|marker| marker.0),
        Some(9)
    );
    let body = response.into_body().collect().await.unwrap();
    assert_eq!(body.trailers().unwrap()["x-late"], "yes");
    assert_eq!(body.to_bytes(), "xxx");
}

/// T-I8.
#[tokio::test]
async fn t_i8_trailers_neither_count_nor_go_on() {
    let scheme = providers::github();
    let genuine = signed(&scheme);
    let late = without_header(&genuine, "x-hub-signature-256");
    let steps = || {
        [
            Step::Data(genuine.body.clone().into()),
            Step::Trailers(genuine.headers.clone()),
        ]
    };
    let outcome = deliver(&layer(&scheme), &late, Frames::new(steps())).await;
    outcome.answer.assert_refused("late", "missing");
    assert_eq!((outcome.runs, outcome.polls), (0, 0));

    let service = layer(&scheme).layer(handler(async |request: Request| {
        assert!(!request.headers().contains_key("x-admin"));
        assert!(
            request
                .into_body()
                .collect()
                .await
                .unwrap()
                .trailers()
                .is_none()
        );
        ok()
    }));
    let mut trailers = HeaderMap::new();
    trailers.insert("x-admin", HeaderValue::from_static("yes"));
    trailers.insert("x-hub-signature-256", HeaderValue::from_static("sha256=00"));
    let body = Frames::new([
        Step::Data(genuine.body.clone().into()),
        Step::Trailers(trailers),
    ]);
    send(&service, with_body(&genuine, body))
        .await
        .assert_handled("with trailers");
}

// --- Bodies that break.

#[tokio::test]
async fn a_body_that_breaks_off_is_answered_400() {
    let signed = of_body(&providers::github(), "/", "abcdef");
    for (name, steps) in [
        ("at once", vec![Step::Fail]),
        ("in the middle", vec![data(3), Step::Fail, data(3)]),
        ("at the end", vec![Step::Data("abcdef".into()), Step::Fail]),
    ] {
        let outcome = deliver(&layer(&providers::github()), &signed, Frames::new(steps)).await;
        outcome
            .answer
            .assert_is(name, 400, "body-unreadable", "bad request\n");
        assert_eq!(outcome.runs, 0, "{name}");
    }
}

// --- Compression where the scheme signs what is inside: T-I4.

fn quicknode_gzip(headers: &Signed, packed: Vec<u8>) -> Signed {
    let mut signed = with_header(headers, "content-encoding", "gzip");
    let length = packed.len().to_string();
    signed = with_header(&signed, "content-length", &length);
    signed.body = packed;
    signed
}

#[cfg(not(feature = "gzip"))]
#[tokio::test]
async fn gzip_is_answered_415_without_the_feature() {
    let scheme = providers::quicknode();
    let packed = quicknode_gzip(&signed(&scheme), vec![0x1f, 0x8b]);
    let outcome = deliver(&layer(&scheme), &packed, Frames::pieces(&packed.body, 1)).await;
    let text = "content encoding not supported\n";
    outcome
        .answer
        .assert_is("gzip", 415, "content-encoding", text);
    assert_eq!((outcome.runs, outcome.polls), (0, 0));
}

#[cfg(feature = "gzip")]
mod gzip {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn pack(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    #[tokio::test]
    async fn is_unpacked_where_the_scheme_signs_what_is_inside() {
        let scheme = providers::quicknode();
        let plain = signed(&scheme);
        let wanted = plain.body.clone();
        let service = layer(&scheme).layer(handler(move |request: Request| {
            let wanted = wanted.clone();
            async move {
                // What says how the body is packed has to fit the body that the handler gets.
                assert_eq!(request.headers().get("content-encoding"), None);
                assert_eq!(
                    request.headers()["content-length"].to_str().unwrap(),
                    wanted.len().to_string()
                );
                let body = request.into_body().collect().await.unwrap().to_bytes();
                assert_eq!(body, wanted);
                ok()
            }
        }));
        let packed = quicknode_gzip(&plain, pack(&plain.body));
        for size in [1, 10_000] {
            let body = Frames::pieces(&packed.body, size);
            send(&service, with_body(&packed, body))
                .await
                .assert_handled("unpacked");
        }
        send(
            &service,
            request(&with_header(
                &plain,
                "content-length",
                &plain.body.len().to_string(),
            )),
        )
        .await
        .assert_handled("not packed");
    }

    #[tokio::test]
    async fn t_i4_a_bomb_is_answered_413_and_rubbish_400() {
        let scheme = providers::quicknode();
        let plain = signed(&scheme);
        let limit = MIB;
        for (name, body, status) in [
            ("a bomb", pack(&vec![0; 50 * limit]), 413),
            ("one byte too much", pack(&vec![0; limit + 1]), 413),
            ("just not too much", pack(&vec![0; limit]), 401),
            ("rubbish", b"not gzip at all".to_vec(), 400),
            ("cut off", pack(&plain.body)[..20].to_vec(), 400),
            ("another body", pack(b"{}"), 401),
        ] {
            let packed = quicknode_gzip(&plain, body);
            let outcome =
                deliver(&layer(&scheme), &packed, Frames::pieces(&packed.body, 1000)).await;
            assert_eq!(outcome.answer.status.as_u16(), status, "{name}");
            assert_eq!(outcome.runs, 0, "{name}");
        }
    }

    #[tokio::test]
    async fn stays_415_for_every_other_scheme() {
        let scheme = providers::github();
        let plain = signed(&scheme);
        let packed = quicknode_gzip(&plain, pack(&plain.body));
        let outcome = deliver(&layer(&scheme), &packed, Frames::pieces(&packed.body, 1)).await;
        assert_eq!((outcome.answer.status.as_u16(), outcome.polls), (415, 0));
    }
}

// --- Over a real socket.

async fn github_server() -> (std::net::SocketAddr, Counter) {
    let runs = Counter::default();
    let layer = layer(&providers::github())
        .with_body_timeouts(Duration::from_millis(200), Duration::from_millis(400));
    (serve(layer.layer(counting(&runs))).await, runs)
}

/// T-I9.
#[tokio::test]
async fn t_i9_a_bad_header_is_answered_at_once_where_the_client_asks_before_it_sends_the_body() {
    let (address, runs) = github_server().await;
    let genuine = signed(&providers::github());
    let bad = without_header(&genuine, "x-hub-signature-256");
    let length = format!("content-length: {}", genuine.body.len());
    let expect = [length.as_str(), "expect: 100-continue"];

    let mut wire = Wire::connect(address).await;
    wire.write(wire_head(&bad, &expect) + "\r\n").await;
    let answer = wire.response().await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (401, REFUSED));

    let mut wire = Wire::connect(address).await;
    wire.write(wire_head(&genuine, &expect) + "\r\n").await;
    let go_on = wire.response().await.unwrap();
    assert_eq!(go_on.status, 100, "the positive control: {}", go_on.head);
    wire.write(&genuine.body).await;
    let answer = wire.response().await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, HANDLED));
    assert_eq!(runs.count(), 1);
}

/// T-L7: the unread body of a refused request is not taken for the next request.
#[tokio::test]
async fn t_l7_a_refused_request_does_not_poison_its_connection() {
    let scheme = providers::github();
    let genuine = signed(&scheme);
    let smuggled = wire_text(&genuine);
    let mut bodies = vec![Vec::new(), smuggled.clone()];
    bodies.push([vec![b'x'; 300_000], smuggled].concat());
    for (name, bad) in [
        (
            "an unread body",
            without_header(&genuine, "x-hub-signature-256"),
        ),
        ("a forged body", forged(&scheme)),
        (
            "a packed body",
            with_header(&genuine, "content-encoding", "gzip"),
        ),
    ] {
        for body in &bodies {
            let (address, runs) = github_server().await;
            let bad = Signed {
                body: body.clone(),
                ..bad.clone()
            };
            let mut wire = Wire::connect(address).await;
            wire.write(wire_text(&bad)).await;
            let refused = wire.response().await.unwrap();
            assert!(
                [401, 415].contains(&refused.status),
                "{name}: {}",
                refused.head
            );
            assert_eq!(runs.count(), 0, "{name}");
            // The connection may be closed by now, so a failing write is as good as a late end.
            let next = wire.ask_again(&wire_text(&genuine)).await;
            match next {
                Some(next) => {
                    assert_eq!(next.status, 200, "{name}: {}", next.head);
                    assert_eq!(runs.count(), 1, "{name}");
                }
                None => assert_eq!(runs.count(), 0, "{name}"),
            }
        }
    }
}

/// The small unread bodies that forgers send should not cost a connection.
#[tokio::test]
async fn a_connection_outlives_a_refused_request_with_a_small_body() {
    let scheme = providers::github();
    let (address, runs) = github_server().await;
    let genuine = signed(&scheme);
    let mut wire = Wire::connect(address).await;
    for _ in 0..3 {
        wire.write(wire_text(&without_header(&genuine, "x-hub-signature-256")))
            .await;
        assert_eq!(wire.response().await.unwrap().status, 401);
        wire.write(wire_text(&genuine)).await;
        assert_eq!(wire.response().await.unwrap().status, 200);
    }
    assert_eq!(runs.count(), 3);
}

#[tokio::test]
async fn t_i8_a_chunked_body_over_a_socket_is_accepted_and_its_trailers_are_not() {
    let (address, runs) = github_server().await;
    let genuine = signed(&providers::github());
    let signature = genuine.headers["x-hub-signature-256"].to_str().unwrap();
    let chunk = format!(
        "{:x}\r\n{}\r\n0\r\n",
        genuine.body.len(),
        std::str::from_utf8(&genuine.body).unwrap()
    );
    let chunked = ["transfer-encoding: chunked", "trailer: x-hub-signature-256"];

    let mut wire = Wire::connect(address).await;
    wire.write(wire_head(&genuine, &chunked) + "\r\n" + &chunk + "\r\n")
        .await;
    assert_eq!(wire.response().await.unwrap().status, 200);

    let late = without_header(&genuine, "x-hub-signature-256");
    let mut wire = Wire::connect(address).await;
    let trailer = format!("x-hub-signature-256: {signature}\r\n\r\n");
    wire.write(wire_head(&late, &chunked) + "\r\n" + &chunk + &trailer)
        .await;
    assert_eq!(wire.response().await.unwrap().status, 401);
    assert_eq!(runs.count(), 1);
}

#[tokio::test]
async fn t_i3_a_body_that_never_ends_is_answered_408_and_the_connection_is_closed() {
    let (address, runs) = github_server().await;
    let genuine = signed(&providers::github());
    for framing in ["transfer-encoding: chunked", "content-length: 1000"] {
        let mut wire = Wire::connect(address).await;
        wire.write(wire_head(&genuine, &[framing]) + "\r\n2\r\nxx\r\n")
            .await;
        let answer = wire.response().await.unwrap();
        assert_eq!(answer.status, 408, "{framing}");
        assert_eq!(answer.body, "request timeout\n", "{framing}");
        assert!(
            wire.response().await.is_none(),
            "{framing}: it should be closed"
        );
    }
    assert_eq!(runs.count(), 0);
}

#[tokio::test]
async fn t_i1_a_body_over_the_limit_is_answered_413_over_a_socket() {
    let scheme = providers::stripe();
    let runs = Counter::default();
    let address = serve(layer(&scheme).layer(counting(&runs))).await;
    let genuine = signed(&scheme);
    let mut wire = Wire::connect(address).await;
    wire.write(wire_head(&genuine, &["content-length: 1048577"]) + "\r\n")
        .await;
    assert_eq!(wire.response().await.unwrap().status, 413);

    let mut wire = Wire::connect(address).await;
    let chunk = format!("100000\r\n{}\r\n1\r\nx\r\n", "x".repeat(MIB));
    wire.write(wire_head(&genuine, &["transfer-encoding: chunked"]) + "\r\n" + &chunk)
        .await;
    let answer = wire.response().await.unwrap();
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (413, "payload too large\n")
    );
    assert_eq!(runs.count(), 0);
}

/// A client that goes away in the middle leaves nothing behind.
#[tokio::test]
async fn t_r12_a_client_that_breaks_off_harms_nobody() {
    let (address, runs) = github_server().await;
    let genuine = signed(&providers::github());
    for _ in 0..20 {
        let mut wire = Wire::connect(address).await;
        wire.write(wire_head(&genuine, &["content-length: 1000"]) + "\r\n{")
            .await;
        drop(wire);
    }
    let mut wire = Wire::connect(address).await;
    wire.write(wire_text(&genuine)).await;
    assert_eq!(wire.response().await.unwrap().status, 200);
    assert_eq!(runs.count(), 1);
}

/// Parsing starts once the signature is right: T-I12.
#[tokio::test]
async fn t_i12_a_forged_body_is_never_parsed() {
    let scheme = providers::github();
    let app = Router::new()
        .route("/a", post(async |_: VerifiedWebhook<Vec<u8>>| "parsed"))
        .layer(layer(&scheme));
    let deep = "[".repeat(100_000);
    for body in ["{", "no JSON", deep.as_str()] {
        let genuine = of_body(&scheme, "/a", body);
        let answer = send(&app, request(&genuine)).await;
        assert_eq!(answer.status, 422, "genuine, but no payload");
        let forged = with_header(
            &genuine,
            "x-hub-signature-256",
            &format!("sha256={}", "0".repeat(64)),
        );
        let answer = send(&app, request(&forged)).await;
        answer.assert_refused("forged", "mismatch");
    }
}
