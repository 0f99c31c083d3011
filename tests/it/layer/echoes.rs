//! Echoes: of schemes of one's own, with a token or in a body, and of no provider for a stranger: T-L4.

use axum::body::Body;
use axum_webhook::{
    Endpoint, Secret, WebhookLayer, providers,
    scheme::{
        ChallengeField, Charset, Expect, Expected, Handshake, HandshakeAnswer, Locate, Scheme,
    },
    sign::{Draft, Signed},
};
use http::{Method, Request};
use tower::Layer as _;

use super::support::{
    Answer, Counter, Frames, counting, forged, layer, layer_for, now, request, right, send, signed,
    with_body, without_header,
};

fn sign(scheme: &Scheme, body: &str, secret: Secret) -> Signed {
    Draft::new(body)
        .with_timestamp(now())
        .sign(scheme, secret)
        .unwrap()
}

#[track_caller]
fn check_answer(answer: &Answer, name: &str, kind: &str, text: &str) {
    assert_eq!(answer.status, 200, "{name}: {:?}", answer.rejection);
    assert_eq!(answer.text(), text, "{name}");
    assert_eq!(answer.header("content-type"), Some(kind), "{name}");
    assert_eq!(
        answer.header("x-content-type-options"),
        Some("nosniff"),
        "{name}"
    );
    assert!(answer.rejection.is_none(), "{name}");
}

const PLAIN: &str = "text/plain; charset=utf-8";

fn get(target: &str) -> Request<Body> {
    Request::get(target).body(Body::empty()).unwrap()
}

// --- Schemes of one's own.

/// Meta's way: a `GET` with a token that only Meta knows.
fn with_token() -> WebhookLayer {
    let mut scheme = providers::github();
    scheme.secret_parts = vec!["verify_token".to_owned()];
    scheme.handshakes = vec![Handshake {
        method: Method::GET,
        when: vec![
            Expect::text(Locate::query("hub.mode"), "subscribe"),
            Expect {
                at: Locate::query("hub.verify_token"),
                is: Expected::Secret {
                    secret: "verify_token".to_owned(),
                },
            },
        ],
        signed: false,
        pairs: false,
        challenge: Some(ChallengeField {
            at: Locate::query("hub.challenge"),
            charset: Charset::Digits,
            min: 1,
            max: 20,
        }),
        answer: HandshakeAnswer::text("{challenge}"),
    }];
    let secret = right(&providers::github())
        .with_part("verify_token", "meta token")
        .unwrap();
    layer_for(Endpoint::new(scheme, secret).unwrap())
}

#[tokio::test]
async fn an_echo_that_needs_a_token_needs_the_right_one() {
    let runs = Counter::default();
    let service = with_token().layer(counting(&runs));
    let ask = async |query: &str| send(&service, get(&format!("/?{query}"))).await;
    let answer =
        ask("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meta+token").await;
    check_answer(&answer, "right", PLAIN, "1158201444");
    for query in [
        "hub.mode=subscribe&hub.challenge=1158201444",
        "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=",
        "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meta",
        "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meta+tokens",
        "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=Meta+token",
        "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meta+token&hub.verify_token=meta+token",
        "hub.mode=unsubscribe&hub.challenge=1158201444&hub.verify_token=meta+token",
        "hub.challenge=1158201444&hub.verify_token=meta+token",
        "hub.mode=subscribe&hub.verify_token=meta+token",
        "hub.mode=subscribe&hub.challenge=%3Cb%3E&hub.verify_token=meta+token",
        "hub.mode=subscribe&hub.challenge=123456789012345678901&hub.verify_token=meta+token",
    ] {
        let answer = ask(query).await;
        answer.assert_is(query, 405, "method", "method not allowed\n");
    }
    assert_eq!(runs.count(), 0);
}

/// A question without a signature whose token stands in the body.
#[tokio::test]
async fn a_question_in_a_body_is_read_and_needs_its_token() {
    let mut scheme = providers::github();
    scheme.secret_parts = vec!["token".to_owned()];
    scheme.handshakes = vec![Handshake {
        method: Method::POST,
        when: vec![Expect {
            at: Locate::json("/token"),
            is: Expected::Secret {
                secret: "token".to_owned(),
            },
        }],
        signed: false,
        pairs: false,
        challenge: Some(ChallengeField {
            at: Locate::json("/challenge"),
            charset: Charset::Alphanumeric,
            min: 1,
            max: 64,
        }),
        answer: HandshakeAnswer::json(r#"{{"challenge":"{challenge}"}}"#),
    }];
    let secret = || {
        right(&providers::github())
            .with_part("token", "t0ken")
            .unwrap()
    };
    let runs = Counter::default();
    let service =
        layer_for(Endpoint::new(scheme.clone(), secret()).unwrap()).layer(counting(&runs));

    let ask = |body: &str| {
        Request::post("/webhook")
            .header("content-type", "application/json")
            .body(Body::new(Frames::pieces(body.as_bytes(), 3)))
            .unwrap()
    };
    let answer = send(&service, ask(r#"{"token":"t0ken","challenge":"abc"}"#)).await;
    check_answer(
        &answer,
        "right",
        "application/json",
        r#"{"challenge":"abc"}"#,
    );
    for body in [
        r#"{"token":"token","challenge":"abc"}"#,
        r#"{"challenge":"abc"}"#,
        r#"{"token":"t0ken","challenge":"<b>"}"#,
        r#"{"token":"t0ken","token":"t0ken","challenge":"abc"}"#,
        "",
    ] {
        let answer = send(&service, ask(body)).await;
        answer.assert_refused(body, "missing");
    }
    assert_eq!(runs.count(), 0);
    // Deliveries are verified as ever.
    let genuine = sign(&scheme, r#"{"token":"t0ken"}"#, secret());
    send(&service, request(&genuine))
        .await
        .assert_handled("genuine");
    let mut forged = genuine;
    forged.body = b"{}".to_vec();
    let answer = send(&service, request(&forged)).await;
    answer.assert_refused("forged", "mismatch");
    // The limits of a body hold for a question too.
    let huge = with_body(
        &without_header(&signed(&providers::github()), "x-hub-signature-256"),
        Frames::pieces(&vec![b'x'; 26 << 20], 1 << 20),
    );
    assert_eq!(send(&service, huge).await.status, 413);
}

// --- No oracle.

/// Whatever a stranger writes, wherever they write it, no provider's endpoint writes it back, but
/// for those whose unsigned question is answered with its own word: as text that no browser
/// takes for anything else.
#[tokio::test]
async fn t_l4_nothing_that_a_stranger_writes_is_echoed() {
    const MARK: &str = "mark7777777777777777";
    const ECHOED: [(&str, &str, &str); 4] = [
        ("dropbox", "GET", "text/plain"),
        ("microsoft-graph", "POST", "text/plain"),
        ("monday", "POST", "application/json"),
        ("nylas", "GET", "text/plain"),
    ];
    for (id, scheme) in crate::signable() {
        let runs = Counter::default();
        let service = layer(&scheme).layer(counting(&runs));
        let query = [
            "bt_challenge",
            "hub.challenge",
            "challenge",
            "crc_token",
            "validationToken",
            "echo",
        ]
        .map(|name| format!("{name}={MARK}"))
        .join("&");
        let bodies = [
            format!(
                r#"{{"type":"url_verification","event":"endpoint.url_validation","challenge":"{MARK}","payload":{{"plainToken":"{MARK}"}}}}"#
            ),
            query.clone(),
            MARK.to_owned(),
        ];
        for method in ["GET", "HEAD", "POST", "OPTIONS", "PUT"] {
            for kind in [
                "application/json",
                "application/x-www-form-urlencoded",
                "text/plain",
            ] {
                for body in &bodies {
                    let mut request = Request::builder()
                        .method(method)
                        .uri(format!("/{MARK}?hub.mode=subscribe&{query}"))
                        .header("content-type", kind)
                        .header("x-mark", MARK)
                        .header("origin", MARK)
                        .body(Body::from(body.clone()))
                        .unwrap();
                    // Also beside a signature, which is wrong.
                    if kind == "text/plain" {
                        request.headers_mut().extend(forged(&scheme).headers);
                    }
                    let answer = send(&service, request).await;
                    let shown = format!("{:?} {}", answer.headers, answer.text());
                    let echoed = ECHOED.iter().find(|echo| (echo.0, echo.1) == (id, method));
                    // A question in the body has to be one.
                    if let Some((_, _, wanted)) = echoed
                        && (id != "monday" || *body == bodies[0])
                    {
                        let word = match id {
                            "monday" => format!(r#"{{"challenge":"{MARK}"}}"#),
                            _ => MARK.to_owned(),
                        };
                        assert_eq!(
                            (answer.status.as_u16(), answer.text()),
                            (200, &*word),
                            "{id}"
                        );
                        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
                        let kind = answer.header("content-type").unwrap();
                        assert!(kind.starts_with(wanted), "{id}: {kind}");
                        continue;
                    }
                    assert!(!shown.contains(MARK), "{id} {method} {kind}: {shown}");
                    // X gets a MAC of the mark, and the others nothing at all.
                    let is_answered = ["intercom", "mandrill", "trello"].contains(&id)
                        && method == "HEAD"
                        || (id, method) == ("x", "GET");
                    assert_eq!(
                        answer.status.is_success(),
                        is_answered,
                        "{id} {method} {kind}"
                    );
                }
            }
        }
        assert_eq!(runs.count(), 0, "{id}");
    }
}

/// The only answers that no signature is needed for are those that are documented.
#[test]
fn unsigned_questions_are_the_known_ones() {
    let unsigned: Vec<_> = providers::ALL
        .iter()
        .flat_map(|(id, describe)| {
            describe()
                .handshakes
                .into_iter()
                .map(move |hand| (*id, hand))
        })
        .filter(|(_, handshake)| !handshake.signed && !handshake.pairs)
        .map(|(id, handshake)| (id, handshake.method))
        .collect();
    assert_eq!(
        unsigned,
        [
            ("braintree", Method::GET),
            ("dropbox", Method::GET),
            ("intercom", Method::HEAD),
            ("mandrill", Method::HEAD),
            ("meta", Method::GET),
            ("microsoft-graph", Method::POST),
            ("monday", Method::POST),
            ("nylas", Method::GET),
            ("trello", Method::HEAD),
            ("woocommerce", Method::POST),
            ("worldline", Method::GET),
            ("x", Method::GET),
        ]
    );
}
