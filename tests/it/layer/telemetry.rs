//! What a layer tells of each request: as events, as traces, as metrics; and what its report says.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::body::Body;
use axum_webhook::{
    Endpoint, Raw, Timestamp, VerifiedWebhook, WebhookLayer, providers,
    replay::{Claim, ClaimToken, MemoryReplayStore, ReplayKey, ReplayStore, StoreError},
    scheme::Scheme,
    telemetry::{Event, METRICS, MetricKind},
    testing::FixedClock,
};
use http::{Request, Response};
use serde_json::Value;
use tower::{Layer as _, ServiceExt as _};

use super::support::{
    Counter, counting, endpoint, forged, handler, layer, layer_for, now, of_body, ok, request,
    right, secret, send, signed, status,
};

type Heard = Arc<Mutex<Vec<String>>>;

/// What an event is, in one line.
fn line(event: &Event<'_>) -> String {
    match event {
        Event::Refused(rejection) => format!("refused {}", rejection.code()),
        Event::WouldBeRefused(rejection) => format!("would be refused {}", rejection.code()),
        Event::Verified(verified) => format!(
            "verified {} {} {:?} {}",
            verified.endpoint, verified.key_id, verified.skew_seconds, verified.body_bytes
        ),
        Event::Answered { endpoint, .. } => format!("answered {endpoint}"),
        Event::Duplicate { provider, .. } => format!("duplicate {provider}"),
        Event::Handled(handled) => {
            format!(
                "handled {} {}",
                handled.status.as_u16(),
                handled.settlement.name()
            )
        }
        Event::Abandoned { endpoint, .. } => format!("abandoned {endpoint}"),
        Event::StoreFailed { step, error, .. } => format!("store {} {error}", step.name()),
        Event::LeaseLost { endpoint, .. } => format!("lease lost {endpoint}"),
        Event::SettledLate { held, .. } => format!("settled late {held}"),
        _ => "another".to_owned(),
    }
}

fn heard_by(layer: WebhookLayer) -> (WebhookLayer, Heard) {
    let heard = Heard::default();
    let keep = Arc::clone(&heard);
    let layer = layer.on_event(move |event| keep.lock().unwrap().push(line(event)));
    (layer, heard)
}

#[track_caller]
fn check(name: &str, heard: &Heard, want: &[&str]) {
    let got: Vec<_> = heard.lock().unwrap().drain(..).collect();
    assert_eq!(got, want, "{name}");
}

/// A delivery of Standard Webhooks that was sent ten seconds ago.
fn late(scheme: &Scheme) -> axum_webhook::sign::Signed {
    let sent = Timestamp::from_unix_seconds(now().unix_seconds() - 10);
    axum_webhook::testing::sample(scheme, sent)
        .with_url("https://example.com/webhook")
        .sign(scheme, right(scheme))
        .unwrap()
}

#[tokio::test]
async fn each_end_of_a_request_is_one_event() {
    let scheme = providers::standard_webhooks();
    let (guarded, heard) = heard_by(layer(&scheme).with_replay_store(MemoryReplayStore::new()));
    let service = guarded.clone().layer(counting(&Counter::default()));
    let length = signed(&scheme).body.len();
    send(&service, request(&late(&scheme))).await;
    let verified = format!("verified standard-webhooks key-1 Some(10.0) {length}");
    check("handled", &heard, &[&verified, "handled 200 committed"]);
    send(&service, request(&late(&scheme))).await;
    check("again", &heard, &[&verified, "duplicate standard-webhooks"]);
    send(&service, request(&forged(&scheme))).await;
    check("forged", &heard, &["refused mismatch"]);

    let verified = format!("verified standard-webhooks key-1 Some(0.0) {length}");
    for (code, settled) in [
        (200, "committed"),
        (302, "committed"),
        (400, "committed"),
        (404, "released"),
        (429, "released"),
        (500, "released"),
    ] {
        let (guarded, heard) = heard_by(layer(&scheme).with_replay_store(MemoryReplayStore::new()));
        let service = guarded.layer(handler(move |_| async move { status(code) }));
        send(&service, request(&signed(&scheme))).await;
        let handled = format!("handled {code} {settled}");
        check("an answer", &heard, &[&verified, &handled]);
    }

    let (bare, heard) = heard_by(layer(&scheme));
    let service = bare.layer(counting(&Counter::default()));
    send(&service, request(&signed(&scheme))).await;
    check("no store", &heard, &[&verified, "handled 200 unguarded"]);
}

#[tokio::test]
async fn what_the_handler_says_of_its_event_counts() {
    use axum::extract::FromRequestParts as _;

    async fn hook(request: Request<Body>) -> VerifiedWebhook {
        let mut parts = request.into_parts().0;
        VerifiedWebhook::<Raw>::from_request_parts(&mut parts, &())
            .await
            .unwrap()
    }

    let scheme = providers::standard_webhooks();
    let length = signed(&scheme).body.len();
    let verified = format!("verified standard-webhooks key-1 Some(0.0) {length}");

    let (guarded, heard) = heard_by(layer(&scheme).with_replay_store(MemoryReplayStore::new()));
    let service = guarded.layer(handler(move |request| async move {
        let hook = hook(request).await;
        assert!(hook.done().await.unwrap());
        status(500)
    }));
    send(&service, request(&signed(&scheme))).await;
    check("done early", &heard, &[&verified, "handled 500 committed"]);

    let (guarded, heard) = heard_by(layer(&scheme).with_replay_store(MemoryReplayStore::new()));
    let service = guarded.layer(handler(move |request| async move {
        let hook = hook(request).await;
        assert!(hook.retry_later());
        ok()
    }));
    send(&service, request(&signed(&scheme))).await;
    check(
        "a retry",
        &heard,
        &[&verified, "handled 200 released", "refused retry-asked"],
    );
}

#[tokio::test]
async fn questions_shadows_and_abandoned_handlers_are_events_too() {
    let slack = providers::slack();
    let (asked, heard) = heard_by(layer(&slack));
    let service = asked.layer(counting(&Counter::default()));
    let question = of_body(
        &slack,
        "/webhook",
        r#"{"type":"url_verification","challenge":"abc"}"#,
    );
    assert_eq!(send(&service, request(&question)).await.text(), "abc");
    check("a question", &heard, &["answered slack"]);

    let github = providers::github();
    let (shadow, heard) = heard_by(layer_for(endpoint(&github).with_shadow_mode()));
    let service = shadow.layer(counting(&Counter::default()));
    send(&service, request(&forged(&github))).await;
    check("a shadow", &heard, &["would be refused mismatch"]);
    let genuine = signed(&github);
    send(&service, request(&genuine)).await;
    let verified = format!("verified github key-1 None {}", genuine.body.len());
    check("a shadow", &heard, &[&verified, "handled 200 unguarded"]);

    let (left, heard) = heard_by(layer(&github));
    let service = left.layer(handler(|_| std::future::pending::<Response<Body>>()));
    let waiting = service.oneshot(request(&genuine));
    let waited = tokio::time::timeout(Duration::from_millis(1), waiting).await;
    assert!(waited.is_err());
    check(
        "a client that went away",
        &heard,
        &[&verified, "abandoned github"],
    );

    let (elsewhere, heard) = heard_by(
        WebhookLayer::by_path(vec![endpoint(&github).with_path("/other")])
            .unwrap()
            .with_clock(FixedClock::new(now())),
    );
    send(
        &elsewhere.layer(counting(&Counter::default())),
        request(&genuine),
    )
    .await;
    check("another path", &heard, &["refused no-endpoint"]);
}

/// A store that claims or fails, and fails to renew and, so many times, to commit.
#[derive(Debug)]
struct Failing {
    claims: bool,
    commits_failing: AtomicU32,
}

impl Failing {
    fn store(claims: bool) -> Self {
        Self {
            claims,
            commits_failing: AtomicU32::new(u32::MAX),
        }
    }
}

impl ReplayStore for Failing {
    async fn claim(&self, _: &ReplayKey, _: Duration) -> Result<Claim, StoreError> {
        if self.claims {
            let token = ClaimToken::new(1);
            Ok(Claim::New { token, fence: 1 })
        } else {
            Err(StoreError::new("down"))
        }
    }

    async fn renew(&self, _: &ReplayKey, _: ClaimToken, _: Duration) -> Result<bool, StoreError> {
        Err(StoreError::new("down"))
    }

    async fn commit(&self, _: &ReplayKey, _: ClaimToken, _: Duration) -> Result<bool, StoreError> {
        if self.commits_failing.load(Ordering::Relaxed) == 0 {
            return Ok(true);
        }
        self.commits_failing.fetch_sub(1, Ordering::Relaxed);
        Err(StoreError::new("down"))
    }

    async fn release(&self, _: &ReplayKey, _: ClaimToken) -> Result<bool, StoreError> {
        Ok(false)
    }
}

#[tokio::test]
async fn a_store_that_fails_is_heard_of() {
    let scheme = providers::standard_webhooks();
    let verified = format!(
        "verified standard-webhooks key-1 Some(0.0) {}",
        signed(&scheme).body.len()
    );
    let down = || layer(&scheme).with_replay_store(Failing::store(false));
    let half = || layer(&scheme).with_replay_store(Failing::store(true));
    let open =
        layer_for(endpoint(&scheme).dangerous_fail_open()).with_replay_store(Failing::store(false));
    for (layer, code, want) in [
        (
            down(),
            200,
            &["store claim down", "refused store-unavailable"],
        ),
        (
            open,
            200,
            &["store claim-failed-open down", "handled 200 unguarded"],
        ),
        (
            half(),
            200,
            &["store settle down", "handled 200 not-stored"],
        ),
    ] {
        let (layer, heard) = heard_by(layer);
        let service = layer.layer(handler(move |_| async move { status(code) }));
        send(&service, request(&signed(&scheme))).await;
        check("a store", &heard, &[&verified, want[0], want[1]]);
    }
    let (layer, heard) = heard_by(half());
    let service = layer.layer(handler(|_| async { status(500) }));
    send(&service, request(&signed(&scheme))).await;
    check("a lease", &heard, &[&verified, "handled 500 lease-lost"]);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_lost_and_an_end_that_is_late_are_heard_of() {
    let scheme = providers::standard_webhooks();
    let length = signed(&scheme).body.len();
    let verified = format!("verified standard-webhooks key-1 Some(0.0) {length}");
    let leased = |store| {
        let endpoint = endpoint(&scheme).with_lease(Duration::from_secs(10));
        heard_by(layer_for(endpoint).with_replay_store(store))
    };

    let (layer, heard) = leased(Failing::store(true));
    let service = layer.layer(handler(|_| async {
        tokio::time::sleep(Duration::from_secs(15)).await;
        ok()
    }));
    send(&service, request(&signed(&scheme))).await;
    let down = "store renew down";
    let lost = "lease lost standard-webhooks";
    let end = ["store settle down", "handled 200 not-stored"];
    let want = [
        &verified, down, down, down, down, down, lost, end[0], end[1],
    ];
    check("lost", &heard, &want);

    let store = Failing::store(true);
    store.commits_failing.store(2, Ordering::Relaxed);
    let (layer, heard) = leased(store);
    let service = layer.layer(handler(|_| async { ok() }));
    send(&service, request(&signed(&scheme))).await;
    check("not yet", &heard, &[&verified, end[0], end[1]]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    check("late", &heard, &["settled late true"]);
}

/// The span is around the handler too, so what it logs has the endpoint beside it.
#[cfg(feature = "tracing")]
#[tokio::test]
async fn a_span_is_around_the_handler_with_its_fields() {
    use super::support::Log;

    let log = Log::capture();
    let scheme = providers::standard_webhooks();
    let service = layer_for(endpoint(&scheme).with_name("payments"))
        .with_replay_store(MemoryReplayStore::new())
        .layer(handler(|_| async {
            tracing::info!("inside");
            ok()
        }));
    send(&service, request(&late(&scheme))).await;
    let text = log.text();
    let inside = text
        .lines()
        .find(|line| line.ends_with("inside"))
        .expect("a line");
    for field in [
        "webhook{",
        "endpoint=\"payments\"",
        "provider=\"standard-webhooks\"",
        "key_id=\"key-1\"",
        "skew_seconds=10",
        "body_bytes=",
        "verify_micros=",
    ] {
        assert!(inside.contains(field), "{field}: {inside}");
    }
    send(&service, request(&forged(&scheme))).await;
    let text = log.text();
    let refused = text
        .lines()
        .find(|line| line.contains("webhook refused"))
        .expect("a line");
    for field in [
        "outcome=\"refused\"",
        "reason=\"mismatch\"",
        "code=\"mismatch\"",
        "diagnosis=\"mismatch\"",
        "hints=[",
    ] {
        assert!(refused.contains(field), "{field}: {refused}");
    }
}

// --- The pages and the dashboard.

fn page(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_page_of_metrics_is_what_the_code_says() {
    let listed: Vec<Vec<String>> = page("METRICS.md")
        .lines()
        .filter(|line| line.starts_with("| `webhook_"))
        .map(|line| {
            let cells = line.trim_matches('|').split(" | ");
            cells.map(|cell| cell.trim().replace('`', "")).collect()
        })
        .collect();
    let kept: Vec<Vec<String>> = METRICS
        .iter()
        .map(|metric| {
            let kind = match metric.kind {
                MetricKind::Counter => "counter",
                MetricKind::Gauge => "gauge",
                MetricKind::Histogram => "histogram",
                _ => "another",
            };
            vec![
                metric.name.to_owned(),
                kind.to_owned(),
                metric.labels.join(", "),
                metric.help.to_owned(),
            ]
        })
        .collect();
    assert_eq!(listed, kept);
}

/// The words of a query that could be a metric or a label.
fn words(query: &str) -> impl Iterator<Item = &str> {
    query.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
}

#[test]
fn each_query_of_the_dashboard_names_metrics_and_labels_that_exist() {
    let dashboard: Value = serde_json::from_str(&page("grafana.json")).unwrap();
    let mut queries: Vec<&str> = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            queries.push(target["expr"].as_str().unwrap());
        }
    }
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        let query = variable["query"].as_str().unwrap();
        queries.extend(query.contains("webhook_").then_some(query));
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for query in &queries {
        let mut metrics = words(query).filter(|word| word.starts_with("webhook_"));
        let name = metrics
            .next()
            .unwrap_or_else(|| panic!("no metric in {query}"));
        assert_eq!(metrics.next(), None, "{query}");
        let metric = METRICS.iter().find(|metric| match metric.kind {
            MetricKind::Histogram => name.strip_prefix(metric.name) == Some("_bucket"),
            _ => name == metric.name,
        });
        let metric = metric.unwrap_or_else(|| panic!("there is no {name}: {query}"));
        *seen.entry(metric.name).or_default() += 1;
        let by = query
            .split("by (")
            .nth(1)
            .map(|rest| rest.split(')').next().unwrap());
        let matched = query
            .split('{')
            .nth(1)
            .map(|rest| rest.split('}').next().unwrap());
        let matched = matched.unwrap_or_default().split(',');
        let matched = matched.filter_map(|pair| pair.split(['=', '!']).next());
        let labels = by.into_iter().flat_map(|by| by.split(", ")).chain(matched);
        for label in labels.filter(|label| !label.is_empty() && *label != "le") {
            assert!(metric.labels.contains(&label), "{label}: {query}");
        }
    }
    let all: Vec<_> = METRICS.iter().map(|metric| metric.name).collect();
    for name in all {
        assert!(seen.contains_key(name), "no panel shows {name}");
    }
}

// --- Metrics.

#[cfg(feature = "metrics")]
#[path = "../../../examples/support/prometheus.rs"]
mod prometheus;

#[cfg(feature = "metrics")]
mod recorded {
    use super::{
        super::support::{Wire, serve, wire_text},
        prometheus::Registry,
        *,
    };

    /// Runs `test` on this thread, with a recorder for this thread alone.
    fn record(test: impl Future<Output = ()>) -> String {
        let registry = Registry::default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        metrics::with_local_recorder(&registry, || {
            axum_webhook::telemetry::describe_metrics();
            runtime.block_on(test);
        });
        registry.render()
    }

    /// Requests that move every metric.
    async fn everything() {
        let scheme = providers::standard_webhooks();
        let guarded = layer(&scheme).with_replay_store(MemoryReplayStore::new());
        let service = guarded.layer(counting(&Counter::default()));
        for signed in [late(&scheme), late(&scheme), forged(&scheme)] {
            send(&service, request(&signed)).await;
        }
        let refusing = layer(&scheme)
            .with_replay_store(MemoryReplayStore::new())
            .layer(handler(|_| async { status(400) }));
        send(&refusing, request(&signed(&scheme))).await;
        let failing = layer(&scheme)
            .with_replay_store(Failing::store(false))
            .layer(counting(&Counter::default()));
        send(&failing, request(&signed(&scheme))).await;
        secret_files().await;
        tokio::time::pause();
        let losing = layer_for(endpoint(&scheme).with_lease(Duration::from_secs(10)))
            .with_replay_store(Failing::store(true))
            .layer(handler(|_| async {
                tokio::time::sleep(Duration::from_secs(15)).await;
                status(500)
            }));
        send(&losing, request(&signed(&scheme))).await;
        tokio::time::resume();
    }

    /// A secret's file that gets a new secret, and then none.
    async fn secret_files() {
        let github = providers::github();
        let name = format!("axum-webhook-{}-metrics", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, "the-first-secret-of-the-tests").unwrap();
        let secret = axum_webhook::Secret::from_file(&path).unwrap();
        let keys = axum_webhook::FileKeys::new(&github, secret).unwrap();
        let layer = layer_for(Endpoint::from_source(github.clone(), keys).unwrap());
        let service = layer.layer(counting(&Counter::default()));
        for text in ["the-next-secret-of-the-tests", ""] {
            std::fs::write(&path, text).unwrap();
            // A signature that fits no key is a reason to look.
            send(&service, request(&forged(&github))).await;
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn every_metric_is_kept_with_its_labels_and_no_other() {
        let text = record(everything());
        let mut seen = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, rest) = line.split_once('{').unwrap();
            let metric = METRICS.iter().find(|metric| {
                let rest = name.strip_prefix(metric.name);
                rest.is_some_and(|rest| ["", "_bucket", "_sum", "_count"].contains(&rest))
            });
            let metric = metric.unwrap_or_else(|| panic!("{line}"));
            let labels = rest.split('}').next().unwrap().split(',');
            let labels: Vec<_> = labels
                .map(|pair| pair.split('=').next().unwrap())
                .filter(|label| !["", "le"].contains(label))
                .collect();
            assert_eq!(labels, metric.labels, "{line}");
            seen.push(metric.name);
        }
        for metric in METRICS {
            assert!(seen.contains(&metric.name), "{}: {text}", metric.name);
            let help = format!("# HELP {} {}\n", metric.name, metric.help);
            assert!(text.contains(&help), "{help}");
        }
        let at = "endpoint=\"standard-webhooks\",provider=\"standard-webhooks\"";
        for (line, value) in [
            (
                format!("webhook_requests_total{{{at},outcome=\"handled\",reason=\"none\"}}"),
                "3",
            ),
            (
                format!("webhook_requests_total{{{at},outcome=\"duplicate\",reason=\"none\"}}"),
                "1",
            ),
            (
                format!("webhook_requests_total{{{at},outcome=\"refused\",reason=\"mismatch\"}}"),
                "1",
            ),
            (
                format!(
                    "webhook_requests_total{{{at},outcome=\"refused\",reason=\"store-unavailable\"}}"
                ),
                "1",
            ),
            (
                format!("webhook_key_matches_total{{{at},key_id=\"key-1\"}}"),
                "5",
            ),
            (format!("webhook_clock_skew_seconds_sum{{{at}}}"), "20"),
            (
                format!("webhook_duplicates_total{{{at},state=\"done\"}}"),
                "1",
            ),
            (format!("webhook_claims_in_flight{{{at}}}"), "0"),
            ("webhook_held_body_bytes{}".to_owned(), "0"),
            (
                format!(
                    "webhook_handler_answers_total{{{at},class=\"4xx\",settled=\"committed\"}}"
                ),
                "1",
            ),
            (
                format!("webhook_store_errors_total{{{at},step=\"claim\"}}"),
                "1",
            ),
            (format!("webhook_leases_lost_total{{{at}}}"), "1"),
            (
                "webhook_secret_files_total{result=\"used\"}".to_owned(),
                "1",
            ),
            (
                "webhook_secret_files_total{result=\"kept\"}".to_owned(),
                "1",
            ),
        ] {
            assert!(
                text.contains(&format!("{line} {value}\n")),
                "{line}: {text}"
            );
        }
    }

    /// No sender can make a new label: whatever a request says, the series are the same.
    #[test]
    fn nothing_of_a_request_becomes_a_label() {
        let text = record(async {
            let scheme = providers::standard_webhooks();
            let layer = WebhookLayer::by_path(vec![endpoint(&scheme).with_path("/webhook")])
                .unwrap()
                .with_clock(FixedClock::new(now()));
            let service = layer.layer(counting(&Counter::default()));
            for index in 0..100 {
                let mut signed = forged(&scheme);
                signed.url = format!("https://example.com/sender-{index}");
                signed
                    .headers
                    .insert("webhook-id", format!("sender-{index}").parse().unwrap());
                send(&service, request(&signed)).await;
                signed.url = "https://example.com/webhook".to_owned();
                send(&service, request(&signed)).await;
            }
        });
        assert!(!text.contains("sender-"), "{text}");
        let series = text
            .lines()
            .filter(|line| line.starts_with("webhook_requests_total"));
        assert_eq!(series.count(), 2, "{text}");
    }

    /// As Prometheus does it: over a socket, in its own words.
    #[test]
    fn prometheus_can_scrape_it() {
        let registry = Registry::default();
        let scraped = registry.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        metrics::with_local_recorder(&registry, || {
            runtime.block_on(async move {
                let scheme = providers::github();
                let page = axum::routing::get(async move || scraped.render());
                let app: axum::Router = axum::Router::new()
                    .route_service("/webhook", layer(&scheme).layer(counting(&Counter::default())))
                    .route("/metrics", page);
                let service = app.map_request(|request: Request<hyper::body::Incoming>| {
                    request.map(Body::new)
                });
                let address = serve(service).await;
                let mut wire = Wire::connect(address).await;
                wire.write(wire_text(&signed(&scheme))).await;
                assert_eq!(wire.response().await.unwrap().status, 200);
                wire.write("GET /metrics HTTP/1.1\r\nhost: example.com\r\n\r\n").await;
                let scraped = wire.response().await.unwrap();
                assert_eq!(scraped.status, 200);
                let want = "webhook_requests_total{endpoint=\"github\",provider=\"github\",outcome=\"handled\",\
                            reason=\"none\"} 1\n";
                assert!(scraped.body.contains(want), "{}", scraped.body);
                assert!(scraped.body.contains("# TYPE webhook_verify_seconds histogram\n"));
            });
        });
    }
}

// --- The report.

#[test]
fn the_report_says_what_a_layer_is_made_of() {
    let at = |offset| Timestamp::from_unix_seconds(now().unix_seconds() + offset);
    let github = providers::github();
    let hubspot = providers::hubspot_v1();
    let old = secret(&github, "old")
        .with_id("2024")
        .with_not_before(at(-400 * 86_400))
        .with_not_after(at(-86_400));
    let new = secret(&github, "new")
        .with_id("2025")
        .with_not_before(at(-86_400 - 7200));
    let again = secret(&github, "new").with_id("again");
    let weak = axum_webhook::Secret::new("changeme").unwrap();
    let layer = WebhookLayer::by_path(vec![
        Endpoint::new(github.clone(), [new, old])
            .unwrap()
            .with_name("ci")
            .with_path("/ci"),
        Endpoint::new(github, again)
            .unwrap()
            .with_name("cd")
            .with_path("/cd")
            .with_shadow_mode(),
        Endpoint::new(hubspot, weak).unwrap().with_path("/crm"),
    ])
    .unwrap()
    .with_clock(FixedClock::new(now()))
    .with_replay_store(MemoryReplayStore::new());
    assert_eq!(
        layer.report().to_string(),
        "\
endpoint ci at /ci: github
  check: hmac-sha256, covers the body; the age is not checked
  repeats: handled again, nothing signed identifies an event
  key 2025: live, for 1 d 2 h
  key 2024: not live, for 400 d 0 h, ends 2023-11-13T22:13:20Z
endpoint cd at /cd: github, only observed
  check: hmac-sha256, covers the body; the age is not checked
  repeats: handled again, nothing signed identifies an event
  key again: live
  warning: the secret \"again\" and \"2025\" of endpoint \"ci\" are the same one: a delivery to one could be sent to the other (secret-twice)
endpoint hubspot-v1 at /crm: hubspot-v1
  check: sha256, covers the body; the age is not checked
  repeats: told by their signed content
  key key-1: live
  warning: the secret \"key-1\" looks like a placeholder, not like the secret of a webhook (secret-kind)
  warning: the secret \"key-1\" has 8 bytes: fewer than 16 can be guessed (secret-short)
  scheme: \"sha256\" is weaker than what is usual today (weak-algorithm)
replay store: not asked
"
    );
}

#[tokio::test]
async fn the_full_report_says_whether_the_replay_store_answers() {
    let last = async |layer: WebhookLayer| {
        let report = layer.full_report().await.to_string();
        report.lines().last().unwrap().to_owned()
    };
    let github = providers::github();
    let none = layer(&github);
    assert_eq!(last(none.clone()).await, "replay store: none");
    let answers = none.clone().with_replay_store(MemoryReplayStore::new());
    assert_eq!(last(answers).await, "replay store: answers");
    let away = none.with_replay_store(axum_webhook::testing::FailingStore::new());
    let away = last(away).await;
    let start = "replay store: can't answer; until it can, deliveries get 503";
    assert!(away.starts_with(start), "{away}");
}
