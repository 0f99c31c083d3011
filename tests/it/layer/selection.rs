//! Which endpoint a request is for, and which layers can't be built.

use std::error::Error as _;

use axum::{Router, body::Body, routing::post};
use axum_webhook::{
    Endpoint, EndpointError, KeyringError, LayerError, Secret, VerifiedWebhook, WebhookLayer,
    providers,
    scheme::{Locate, Scheme},
    sign::Signed,
    testing::FixedClock,
};
use http::Response;
use tower::{Layer as _, Service};

use super::support::{
    Counter, Frames, REFUSED, counting, endpoint, forged_to, layer, now, request, right, send,
    signed_to, with_body,
};

/// A router whose handler names the endpoint that it was called for.
fn naming(path: &str) -> Router {
    Router::new().route(
        path,
        post(async |hook: VerifiedWebhook| hook.endpoint().to_owned()),
    )
}

fn at(scheme: &Scheme, path: &str) -> Endpoint {
    endpoint(scheme).with_path(path)
}

fn still(layer: Result<WebhookLayer, LayerError>) -> WebhookLayer {
    layer.unwrap().with_clock(FixedClock::new(now()))
}

/// That a delivery arrives at the endpoint called `name`, and its forgery nowhere.
async fn check<S>(service: &S, scheme: &Scheme, path: &str, name: &str)
where
    S: Service<http::Request<Body>, Response = Response<Body>> + Clone,
    S::Error: std::fmt::Debug,
{
    let answer = send(service, request(&signed_to(scheme, path))).await;
    assert_eq!(answer.status, 200, "{path}: {:?}", answer.rejection);
    assert_eq!(answer.text(), name, "{path}");
    let forged = send(service, request(&forged_to(scheme, path))).await;
    forged.assert_refused(path, "mismatch");
}

/// That no endpoint has this path: 404, and nobody looked at the body.
async fn check_unknown(layer: &WebhookLayer, signed: &Signed) {
    let (runs, body) = (Counter::default(), Frames::pieces(&signed.body, 1));
    let polls = body.polls.clone();
    let answer = send(&layer.layer(counting(&runs)), with_body(signed, body)).await;
    answer.assert_is(&signed.url, 404, "no-endpoint", "not found\n");
    assert_eq!((runs.count(), polls.count()), (0, 0), "{}", signed.url);
    assert!(answer.rejection.unwrap().endpoint().is_none());
}

// --- One endpoint.

#[tokio::test]
async fn a_fixed_endpoint_counts_on_every_path() {
    let github = providers::github();
    let app = naming("/{*path}").layer(layer(&github));
    for path in ["/a", "/a/b?c", "/webhooks/stripe"] {
        check(&app, &github, path, "github").await;
    }
}

// --- By path.

fn two_paths() -> WebhookLayer {
    still(WebhookLayer::by_path(vec![
        at(&providers::github(), "/webhooks/github"),
        at(&providers::stripe(), "/webhooks/{tenant}/stripe"),
    ]))
}

#[tokio::test]
async fn by_path_is_by_the_matched_path_or_the_one_received() {
    let app = naming("/webhooks/github")
        .merge(naming("/webhooks/{tenant}/stripe"))
        .layer(two_paths());
    check(&app, &providers::github(), "/webhooks/github", "github").await;
    check(&app, &providers::github(), "/webhooks/github?a=b", "github").await;
    for tenant in ["acme", "other", "%61"] {
        let path = format!("/webhooks/{tenant}/stripe");
        check(&app, &providers::stripe(), &path, "stripe").await;
    }
}

/// Whose handler runs, its keys count.
#[tokio::test]
async fn by_path_the_route_that_matched_wins_over_the_path_received() {
    let stripe = providers::stripe();
    let layer = still(WebhookLayer::by_path(vec![
        at(&providers::github(), "/webhooks/acme"),
        at(&stripe, "/webhooks/{tenant}"),
    ]));
    let app = naming("/webhooks/{tenant}").layer(layer);
    check(&app, &stripe, "/webhooks/acme", "stripe").await;
}

#[tokio::test]
async fn by_path_is_by_the_whole_path_wherever_the_layer_stands() {
    let inner = || naming("/github").merge(naming("/{tenant}/stripe"));
    let twice = |inner: Router| Router::new().nest("/v1", Router::new().nest("/webhooks", inner));
    let deep = || {
        still(WebhookLayer::by_path(vec![
            at(&providers::github(), "/v1/webhooks/github"),
            at(&providers::stripe(), "/v1/webhooks/{tenant}/stripe"),
        ]))
    };
    for (name, app) in [
        (
            "inside",
            Router::new().nest("/webhooks", inner().layer(two_paths())),
        ),
        (
            "outside",
            Router::new().nest("/webhooks", inner()).layer(two_paths()),
        ),
        (
            "inside a service",
            Router::new().nest_service("/webhooks", inner().layer(two_paths())),
        ),
    ] {
        println!("{name}");
        check(&app, &providers::github(), "/webhooks/github", "github").await;
        check(
            &app,
            &providers::stripe(),
            "/webhooks/acme/stripe",
            "stripe",
        )
        .await;
    }
    for (name, app) in [
        ("inside", twice(inner().layer(deep()))),
        ("outside", twice(inner()).layer(deep())),
    ] {
        println!("{name} two nests");
        check(&app, &providers::github(), "/v1/webhooks/github", "github").await;
        check(
            &app,
            &providers::stripe(),
            "/v1/webhooks/acme/stripe",
            "stripe",
        )
        .await;
    }
}

/// What the request claims to be changes nothing.
#[tokio::test]
async fn by_path_is_not_by_the_signature_header() {
    let app = naming("/webhooks/github")
        .merge(naming("/webhooks/{tenant}/stripe"))
        .layer(two_paths());
    let stripe = signed_to(&providers::stripe(), "/webhooks/github");
    send(&app, request(&stripe))
        .await
        .assert_refused("stripe", "missing");
    let github = signed_to(&providers::github(), "/webhooks/acme/stripe");
    send(&app, request(&github))
        .await
        .assert_refused("github", "missing");
}

#[tokio::test]
async fn a_path_of_no_endpoint_is_answered_404() {
    let github = providers::github();
    for path in [
        "/",
        "/webhooks",
        "/webhooks/githu",
        "/webhooks/github/",
        "/webhooks/githubb",
        "/webhooks//github",
        "//webhooks/github",
        "/Webhooks/github",
        "/webhooks/%67ithub",
        "/x/../webhooks/github",
        "/webhooks//stripe",
        "/webhooks/acme/eu/stripe",
        "/webhooks/acme/stripe/",
    ] {
        check_unknown(&two_paths(), &signed_to(&github, path)).await;
    }
    let app = naming("/open").layer(two_paths());
    let answer = send(&app, request(&signed_to(&github, "/open"))).await;
    answer.assert_is("a route", 404, "no-endpoint", "not found\n");
}

// --- By a segment of the path.

fn by_segment(pattern: &str) -> WebhookLayer {
    still(WebhookLayer::by_segment(
        pattern,
        vec![
            endpoint(&providers::github()),
            endpoint(&providers::stripe()).with_name("payments"),
        ],
    ))
}

#[tokio::test]
async fn by_segment_is_by_the_endpoints_name() {
    let app = naming("/webhooks/{provider}").layer(by_segment("/webhooks/{provider}"));
    check(&app, &providers::github(), "/webhooks/github", "github").await;
    check(
        &app,
        &providers::stripe(),
        "/webhooks/payments?x=y",
        "payments",
    )
    .await;

    let inner = naming("/{provider}").layer(by_segment("/webhooks/{provider}"));
    let app = Router::new().nest("/webhooks", inner);
    check(&app, &providers::github(), "/webhooks/github", "github").await;

    let app = naming("/{*path}").layer(by_segment("/{provider}/in"));
    check(&app, &providers::stripe(), "/payments/in", "payments").await;
}

#[tokio::test]
async fn a_segment_of_no_endpoint_is_answered_404() {
    let layer = by_segment("/webhooks/{provider}");
    for path in [
        "/webhooks/stripe",
        "/webhooks/",
        "/webhooks",
        "/webhooks/github/",
        "/webhooks/github/x",
        "/hooks/github",
        "/webhooks/GitHub",
        "/webhooks/%67ithub",
        "/webhooks/{provider}",
        "/",
    ] {
        check_unknown(&layer, &signed_to(&providers::github(), path)).await;
    }
}

// --- By what the request carries.

fn detecting() -> WebhookLayer {
    still(WebhookLayer::by_detection(vec![
        endpoint(&providers::github()),
        endpoint(&providers::stripe()),
        endpoint(&providers::docusign()),
    ]))
}

#[tokio::test]
async fn detection_selects_the_one_endpoint_that_fits() {
    let app = naming("/a").layer(detecting());
    for (scheme, name) in [
        (providers::github(), "github"),
        (providers::stripe(), "stripe"),
        (providers::docusign(), "docusign"),
    ] {
        check(&app, &scheme, "/a", name).await;
    }
}

/// Which endpoints there are is nobody's business: the answer is that to a forgery, and the body stays unread.
#[tokio::test]
async fn detection_refuses_what_fits_none_or_several() {
    let (github, stripe) = (providers::github(), providers::stripe());
    let mut both = signed_to(&github, "/a");
    both.headers.extend(signed_to(&stripe, "/a").headers);
    let mut none = signed_to(&github, "/a");
    none.headers.clear();
    let mut other_prefix = signed_to(&github, "/a");
    other_prefix
        .headers
        .insert("x-hub-signature-256", "sha1=00".parse().unwrap());
    let mut get = signed_to(&github, "/a");
    get.method = http::Method::GET;
    for (name, signed) in [
        ("both", both),
        ("none", none),
        (
            "an endpoint that is not configured",
            signed_to(&providers::shopify(), "/a"),
        ),
        ("another prefix", other_prefix),
        ("another method", get),
    ] {
        let (runs, body) = (Counter::default(), Frames::pieces(&signed.body, 1));
        let polls = body.polls.clone();
        let answer = send(
            &detecting().layer(counting(&runs)),
            with_body(&signed, body),
        )
        .await;
        answer.assert_refused(name, "no-shape");
        assert_eq!((runs.count(), polls.count()), (0, 0), "{name}");
        assert!(answer.rejection.unwrap().endpoint().is_none(), "{name}");
    }
}

/// Wherever the signature stands in the head; the body is not read to find out whose it is.
#[tokio::test]
async fn detection_finds_every_signature_of_the_head() {
    let in_query = r#"
        id = "acme"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { query = "signature" }, encoding = "hex" }
        "#;
    let in_query = ("acme", toml::from_str(in_query).unwrap());
    let is_in_body =
        |at: &Locate| matches!(at, Locate::Json(_) | Locate::Form(_) | Locate::OnlyForm(_));
    let mut found = 0;
    for (id, scheme) in crate::signable().chain([in_query]) {
        let runs = Counter::default();
        let layer = still(WebhookLayer::by_detection(vec![endpoint(&scheme)]));
        let answer = send(
            &layer.layer(counting(&runs)),
            request(&signed_to(&scheme, "/a")),
        )
        .await;
        let mut places = scheme.shapes.iter().map(|shape| &shape.signature.at);
        if places.all(is_in_body) {
            answer.assert_refused(id, "no-shape");
        } else {
            answer.assert_handled(id);
            found += 1;
        }
    }
    assert!(found > 100, "{found}");
}

#[tokio::test]
async fn detection_does_not_guess_between_two_endpoints_of_one_provider() {
    let github = providers::github();
    let layer = still(WebhookLayer::by_detection(vec![
        endpoint(&github).with_name("one"),
        endpoint(&github).with_name("two"),
    ]));
    let answer = send(
        &naming("/a").layer(layer),
        request(&signed_to(&github, "/a")),
    )
    .await;
    assert_eq!((answer.status.as_u16(), answer.text()), (401, REFUSED));
}

// --- Layers that can't be built.

#[track_caller]
fn check_error(layer: Result<WebhookLayer, LayerError>, want: &LayerError, says: &str) {
    let error = layer.expect_err(says);
    assert_eq!(error, *want);
    let text = error.to_string();
    assert!(text.contains(says), "{text:?} should contain {says:?}");
}

#[test]
fn a_layer_without_an_endpoint_is_refused() {
    for layer in [
        WebhookLayer::by_path(Vec::new()),
        WebhookLayer::by_segment("/{name}", Vec::new()),
        WebhookLayer::by_detection(Vec::new()),
    ] {
        assert!(layer.as_ref().unwrap_err().source().is_none());
        check_error(layer, &LayerError::NoEndpoint, "no endpoint");
    }
}

#[test]
fn endpoints_that_could_be_mistaken_for_each_other_are_refused() {
    let github = providers::github();
    check_error(
        WebhookLayer::by_path(vec![endpoint(&github)]),
        &LayerError::NoPath("github".to_owned()),
        "\"github\" has no path",
    );
    check_error(
        WebhookLayer::by_path(vec![at(&github, "/a"), at(&providers::stripe(), "/a")]),
        &LayerError::DuplicatePath("/a".to_owned()),
        "the path \"/a\"",
    );
    let same_name = || vec![at(&github, "/a"), at(&github, "/b")];
    for layer in [
        WebhookLayer::by_path(same_name()),
        WebhookLayer::by_segment("/{name}", same_name()),
        WebhookLayer::by_detection(same_name()),
    ] {
        let want = LayerError::DuplicateName("github".to_owned());
        check_error(layer, &want, "the name \"github\"");
    }
}

#[test]
fn a_scheme_that_signs_the_url_needs_one() {
    for scheme in [
        providers::square(),
        providers::twilio(),
        providers::hubspot(),
        providers::mandrill(),
        // In what their tokens must say.
        #[cfg(feature = "jwt")]
        providers::messagebird(),
        #[cfg(feature = "jwt")]
        providers::monday(),
    ] {
        let want = LayerError::NoPublicUrl(scheme.id.clone());
        let bare = || Endpoint::new(scheme.clone(), right(&scheme)).unwrap();
        check_error(WebhookLayer::for_endpoint(bare()), &want, "public_url");
        check_error(
            WebhookLayer::new(scheme.clone(), right(&scheme)),
            &want,
            "public_url",
        );
        check_error(
            WebhookLayer::by_detection(vec![bare()]),
            &want,
            "public_url",
        );
        check_error(
            WebhookLayer::by_segment("/{x}", vec![bare()]),
            &want,
            "public_url",
        );
        let with_path = bare().with_path("/a");
        check_error(WebhookLayer::by_path(vec![with_path]), &want, "public_url");
    }
}

#[test]
fn a_pattern_has_exactly_one_segment_in_braces() {
    for pattern in [
        "", "/", "/a/b", "/{a}/{b}", "a/{b}", "{a}", "/x{a}", "/{a}x", "/{a",
    ] {
        let layer = WebhookLayer::by_segment(pattern, vec![endpoint(&providers::github())]);
        check_error(layer, &LayerError::Pattern(pattern.to_owned()), pattern);
    }
}

/// T-A1: no secret, no layer.
#[test]
fn a_layer_without_a_usable_secret_is_refused() {
    let no_secret: Vec<Secret> = Vec::new();
    let error = WebhookLayer::new(providers::github(), no_secret).unwrap_err();
    let LayerError::Endpoint(EndpointError::Keyring(KeyringError::NoSecret)) = &error else {
        panic!("{error:?}");
    };
    assert!(std::error::Error::source(&error).is_some());

    let short = Secret::new("whsec_MDEyMzQ1Njc4OWFiY2Rl").unwrap();
    let error = WebhookLayer::new(providers::standard_webhooks(), short).unwrap_err();
    assert!(error.to_string().contains("15 bytes"), "{error}");
    assert!(!error.to_string().contains("MDEyMzQ"), "{error}");
}

#[test]
fn a_scheme_that_the_linter_refuses_makes_no_layer() {
    let mut scheme = providers::github();
    scheme.shapes.clear();
    let error = WebhookLayer::new(scheme, right(&providers::github())).unwrap_err();
    let LayerError::Endpoint(EndpointError::Scheme(_)) = error else {
        panic!("{error:?}");
    };
}

#[test]
fn unguarded_endpoints_are_named() {
    let layer = WebhookLayer::by_detection(vec![
        endpoint(&providers::github()),
        endpoint(&providers::stripe()),
    ])
    .unwrap();
    assert_eq!(layer.unguarded(), ["github", "stripe"]);
    let layer = layer.with_replay_store(axum_webhook::replay::MemoryReplayStore::new());
    assert_eq!(layer.unguarded(), ["github"]);
}
